"""What a change of dates will do, found out by doing it and undoing it, as an organizer reads it."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from email import message_from_bytes
from email.policy import default
from typing import cast

from flask import current_app, url_for
from sqlalchemy import select

from webinar_hub.core.db import db, rehearsal
from webinar_hub.documents.email import Composer
from webinar_hub.documents.message_words import message_words
from webinar_hub.models import Change, Cohort, Drop, Session
from webinar_hub.queries import changes as seen
from webinar_hub.queries import consequences
from webinar_hub.queries.changes import Change as Line
from webinar_hub.queries.consequences import Example, Told
from webinar_hub.rules.change import Wish
from webinar_hub.services import changes, outbox, picture, sessions
from webinar_hub.web.current import hub

GROUPS = {"session": "Sessions", "bonus": "Bonuses", "mail:": "Messages"}
OTHER = "Cohort"


@dataclass(frozen=True, slots=True)
class Words:
    """A mail as one registrant reads it."""

    kind: str
    name: str
    subject: str
    text: str


@dataclass(frozen=True, slots=True)
class Preview:
    """What a wish would do at this moment; `seen` stands for the dates it was worked out from."""

    words: str
    seen: str
    is_held: bool
    groups: Mapping[str, Sequence[Line]]
    told: Sequence[Told]
    entries: int
    people: int
    mails: Sequence[Words]
    warnings: Sequence[str]


def preview(cohort_key: str, wish: Wish, *, actor: str, now: datetime) -> Preview:
    """Try a wish out and undo it. Raises what `services.changes.apply` raises."""
    with rehearsal(), outbox.untouched():
        cohort = sessions.find_cohort(cohort_key)
        standing = changes.standing(picture.rows_of(cohort))
        before = seen.snapshot(cohort_key)
        change = changes.apply(cohort_key, wish, seen=None, actor=actor, now=now)
        db.session.flush()
        lines = seen.differences(before, seen.snapshot(cohort_key))
        messages = consequences.announced(cohort, now)
        return Preview(
            words=change.words,
            seen=standing,
            is_held=change.until is not None,
            groups=_grouped(lines, _titles(cohort, Session) | _titles(cohort, Drop)),
            told=consequences.told(cohort, messages),
            entries=_entries(change),
            people=cohort.seats_taken,
            mails=[_as_read(example) for example in consequences.examples(cohort, messages, hub(), now)],
            warnings=list(consequences.warnings(cohort, change, now)),
        )


def _entries(change: Change) -> int:
    """How many calendar entries of each person change."""
    return len(change.after.get("sessions", {}))


def _titles(cohort: Cohort, model: type[Session | Drop]) -> dict[str, str]:
    rows = db.session.execute(select(model.key, model.title).where(model.cohort_id == cohort.id))
    return dict(list(rows))


def _grouped(lines: Iterable[Line], titles: Mapping[str, str]) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = {name: [] for name in (*GROUPS.values(), OTHER)}
    for line in lines:
        group = GROUPS.get(line.what.split(" ", 1)[0], OTHER)
        found[group].append(_named(line, titles))
    return {name: lines for name, lines in found.items() if lines}


def _named(line: Line, titles: Mapping[str, str]) -> Line:
    """The same line, with titles where the command line has keys."""
    first, _, rest = line.what.partition(" ")
    if first == "session":
        key, _, what = rest.partition(" ")
        words = f"“{titles.get(key, key)}”"
        if what == "cancelled":
            return Line(words, "takes place", "cancelled")
        return replace(line, what=words if what == "time" else f"{words} {what}")
    if first == "mail:":
        what, _, key = line.what.removeprefix("mail: ").removesuffix(")").rpartition(" (")
        about = titles.get(key)
        return replace(line, what=_capital(f"{what}: {about}" if about else rest))
    if first == "bonus":
        key, _, what = rest.partition(" ")
        return replace(line, what=f"“{titles.get(key, key)}” {what}")
    return replace(line, what=_capital(line.what))


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]


def _as_read(example: Example) -> Words:
    composer = cast(Composer, current_app.extensions["composer"])
    letter, reader = example.mail
    # Her own links open her own page: they are for nobody else to follow.
    reader = replace(reader, me_link=url_for("me.page", _external=True))
    message = message_from_bytes(composer.compose(letter, reader), policy=default)
    body = message.get_body(("plain",))
    text = str(body.get_content()) if body is not None else ""
    return Words(message_words(example.kind), example.name, str(message["Subject"]), text.strip())


def people_words(told: Sequence[Told]) -> Iterator[str]:
    """Who is mailed, a line a kind of mail."""
    for item in told:
        people = f"{item.people:,} {'person' if item.people == 1 else 'people'}"
        mails = f"{item.mails} mails each" if item.mails > 1 else "one mail each"
        yield f"{message_words(item.kind).capitalize()}: {mails}, to {people}."
