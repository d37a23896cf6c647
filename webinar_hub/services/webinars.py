"""Writing down what a webinar says and who teaches in it: for the cohort file and the studio alike."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from itertools import count
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Cohort, Presenter, Webinar
from webinar_hub.rules import publishing
from webinar_hub.rules.cohort_file import PresenterPart, WebinarPart
from webinar_hub.rules.cohort_file.checks import slug_from
from webinar_hub.services import audit
from webinar_hub.services.editing import edit

LONGEST_KEY = 80


class NotReady(Conflict):
    """Something has to be added before this can be public; `missing` says all of it."""

    def __init__(self, missing: Sequence[publishing.Missing], why: str = "This cannot be published yet.") -> None:
        super().__init__(f"{why} {' '.join(each.words for each in missing)}")
        self.missing = tuple(missing)


_WORDS = ("title", "summary", "description", "audience", "level", "credit")


def find(slug: str) -> Webinar:
    """A webinar by the name in its address, locked for a change. Raises NotFound."""
    row = db.session.scalars(select(Webinar).where(Webinar.slug == slug).with_for_update()).first()
    if row is None:
        raise NotFound()
    return row


def start(title: str, now: datetime) -> Webinar:
    """A new webinar with nothing but its title; its address is made of that, with a number where it is taken."""
    values = {"title": title, "summary": "", "description": "", "credit": "", "created_at": now}
    made = insert_under_free_name(Webinar, "slug", slug_from(title, "webinar"), values)
    return db.session.get_one(Webinar, made)


def insert_under_free_name(model: Any, column: str, wanted: str, values: dict[str, Any]) -> int:
    """Insert a row under this name or, where somebody has it, the next one with a number; the row's id."""
    for name in _names(wanted):
        row = insert_new(model, {**values, column: name}, "id")
        if row is not None:
            return int(row.id)
    raise AssertionError("there is always a next number")


def _names(wanted: str) -> Iterator[str]:
    yield wanted[:LONGEST_KEY].strip("-")
    for number in count(2):
        # Whoever has a hundred of one name gets something that nobody has.
        ending = f"-{number}" if number < 100 else f"-{public_id()}"
        yield wanted[: LONGEST_KEY - len(ending)].strip("-") + ending


def write(webinar: Webinar, part: WebinarPart) -> None:
    """Have a webinar say what `part` says; its slug is not touched, as links lead there."""
    for name in _WORDS:
        setattr(webinar, name, getattr(part, name))
    webinar.outcomes = list(part.outcomes)
    webinar.agenda = [{"minutes": a.minutes, "title": a.title, "is_break": a.is_break} for a in part.agenda]
    webinar.faq = [{"question": q.question, "answer": q.answer} for q in part.faq]
    webinar.next_step_text = part.next_step.text if part.next_step else ""
    webinar.next_step_url = part.next_step.url if part.next_step else ""
    if part.visibility is not None:
        webinar.visibility = part.visibility
    db.session.flush()


def change(slug: str, part: WebinarPart, *, seen: int, actor: str, now: datetime) -> None:
    """Save an edit of the words.

    Raises NotFound, EditedMeanwhile, NotReady where the public would be promised credit without its parts.
    """
    webinar = find(slug)
    edit(webinar, seen)
    before, lacked = _kept(webinar), _lacks(webinar)
    write(webinar, part)
    _refuse_promise(webinar, lacked)
    audit.note(
        actor, "webinar.changed", f"webinar:{webinar.id}", now=now, **audit.difference(before, _kept(webinar))
    )


def _lacks(webinar: Webinar) -> list[publishing.Missing]:
    return publishing.missing_for_credit(webinar, webinar.presenters)


def _refuse_promise(webinar: Webinar, lacked: Sequence[publishing.Missing]) -> None:
    """What is public must not lack more than before; a draft may, and is looked at when it is published."""
    new = [each for each in _lacks(webinar) if each not in lacked]
    public = select(Cohort.id).where(
        Cohort.webinar_id == webinar.id, Cohort.state == "open", Cohort.archived_at.is_(None)
    )
    if new and db.session.scalar(public.limit(1)) is not None:
        raise NotReady(new, "This webinar is published, so it cannot promise credit before all of this is there.")


def _kept(webinar: Webinar) -> dict[str, Any]:
    names = (*_WORDS, "outcomes", "agenda", "faq", "next_step_text", "next_step_url")
    return {name: getattr(webinar, name) for name in names}


def change_presenters(
    slug: str, parts: Sequence[tuple[int | None, PresenterPart]], *, seen: int, actor: str, now: datetime
) -> None:
    """Save who teaches, in this order, each with the id of her row or None for somebody new.

    Whoever is not among them is removed, and her invites are taken back by `services/presenters.py`.
    Raises NotFound, EditedMeanwhile, NotReady as `change` does.
    """
    webinar = find(slug)
    edit(webinar, seen)
    lacked = _lacks(webinar)
    before = [presenter.name for presenter in webinar.presenters]
    known = {presenter.id: presenter for presenter in webinar.presenters}
    _arrange(webinar, [(known.pop(id_, None) if id_ is not None else None, part) for id_, part in parts])
    _refuse_promise(webinar, lacked)
    after = [part.name for _, part in parts]
    audit.note(actor, "webinar.presenters", f"webinar:{webinar.id}", now=now, before=before, after=after)


def set_presenters(webinar: Webinar, parts: Sequence[PresenterPart]) -> None:
    """Have these people teach; somebody of the same name is the same person.

    Another name may take over a row, but not one with an address: its invites are somebody's.
    """
    rows, named = list(webinar.presenters), {part.name for part in parts}
    known = {row.name: row for row in rows}
    free = [row for row in rows if row.name not in named and not row.email]
    _arrange(webinar, [(known.pop(part.name, None) or (free.pop(0) if free else None), part) for part in parts])


def _arrange(webinar: Webinar, pairs: Sequence[tuple[Presenter | None, PresenterPart]]) -> None:
    kept = [row for row, _ in pairs if row is not None]
    for row in list(webinar.presenters):
        if row not in kept:
            db.session.delete(row)
    # Out of each other's way first: two rows may not have one position, not even for a moment.
    for number, row in enumerate(kept):
        row.position = -1 - number
    db.session.flush()
    for position, (known, part) in enumerate(pairs):
        row = known or Presenter(webinar_id=webinar.id)
        row.position = position
        row.name, row.credentials, row.bio, row.disclosure = part.name, part.credentials, part.bio, part.disclosure
        if part.disclosure_other is not None:
            row.disclosure_other = part.disclosure_other
        if part.email is not None and part.email.casefold() != (row.email or "").casefold():
            # It is somebody else's from now on: the link that the old address was sent ends.
            row.email, row.link_nonce = part.email, nonce()
        db.session.add(row)
    db.session.flush()
    db.session.expire(webinar, ["presenters"])
