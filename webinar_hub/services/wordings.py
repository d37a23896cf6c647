"""Organizers' own words for a kind of mail: every save is a new version, and none is ever changed or lost."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import MailWording, Webinar
from webinar_hub.rules.wording import KINDS, problems
from webinar_hub.services import audit
from webinar_hub.services.editing import EditedMeanwhile


def save(webinar: str, kind: str, subject: str, body: str, *, seen: int, by: int, now: datetime) -> int:
    """Put these words in force for one webinar (its slug) or, with "", for all; the version's number.

    Raises Invalid naming field and line for what cannot be understood, EditedMeanwhile when another version than
    `seen` (0 for none) is in force, NotFound.
    """
    if kind not in KINDS or kind == "announcement":
        raise NotFound()
    for problem in problems(kind, subject, body):
        line = f"Line {problem.line}: " if problem.field == "body" else ""
        raise Invalid(problem.field, f"{line}{problem.words}")
    return _add(webinar, kind, " ".join(subject.split()), body, seen=seen, by=by, now=now)


def revert(webinar: str, kind: str, number: int, *, seen: int, by: int, now: datetime) -> int:
    """Put an earlier version in force again or, with 0, our own words; the new version's number.

    Raises EditedMeanwhile as `save` does, NotFound for a version there is not.
    """
    if number == 0:
        return _add(webinar, kind, "", "", seen=seen, by=by, now=now)
    earlier = db.session.scalars(
        select(MailWording).where(
            MailWording.webinar_id == _webinar(webinar), MailWording.kind == kind, MailWording.number == number
        )
    ).first()
    if earlier is None:
        raise NotFound("There is no such version.")
    return _add(webinar, kind, earlier.subject, earlier.body, seen=seen, by=by, now=now)


def _add(webinar: str, kind: str, subject: str, body: str, *, seen: int, by: int, now: datetime) -> int:
    webinar_id = _webinar(webinar)
    latest = db.session.scalars(
        select(MailWording)
        .where(MailWording.webinar_id == webinar_id, MailWording.kind == kind)
        .order_by(MailWording.number.desc())
        .limit(1)
    ).first()
    if (latest.number if latest else 0) != seen:
        raise EditedMeanwhile()
    values = {
        "webinar_id": webinar_id,
        "kind": kind,
        "number": seen + 1,
        "subject": subject,
        "body": body,
        "written_by": by,
        "written_at": now,
    }
    # The constraint decides between two at once: the second finds the number taken.
    if insert_new(MailWording, values, "id") is None:
        raise EditedMeanwhile()
    before = {"subject": latest.subject, "body": latest.body} if latest else None
    audit.note(
        f"organizer:{by}", "wording.saved", f"wording:{webinar or 'all'}:{kind}", now=now,
        before=before, after={"subject": subject, "body": body},
    )  # fmt: skip
    return seen + 1


def _webinar(slug: str) -> int | None:
    if not slug:
        return None
    found = db.session.scalar(select(Webinar.id).where(Webinar.slug == slug))
    if found is None:
        raise NotFound()
    return found
