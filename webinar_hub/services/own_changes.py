"""What she may change about a place by herself, and until when (`Cohort.changes_close_at`)."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.models import Cohort
from webinar_hub.rules.changing import is_open
from webinar_hub.rules.places import HOLDS_SEAT
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services import audit, registrations
from webinar_hub.services.editing import edit


def cancel(person: int, registration: str, *, now: datetime) -> None:
    """Give her place back, while she may. Whoever has no seat yet may stop waiting for one at any time.

    Raises Conflict, saying until when it was and whom to ask; and what `registrations.cancel` raises.
    """
    row = registrations.hers(person, registration)
    if row.state in HOLDS_SEAT:
        demand_open(db.session.get_one(Cohort, row.cohort_id), now)
    registrations.cancel(person, registration, now=now)


def demand_open(cohort: Cohort, now: datetime) -> None:
    """Raises Conflict once the organizer no longer lets people change by themselves."""
    if is_open(cohort.changes_close_at, now):
        return
    raise Conflict(too_late(cohort))


def too_late(cohort: Cohort) -> str:
    """In words for her: since when, and whom to ask."""
    assert cohort.changes_close_at is not None  # noqa: S101  without an end nothing is too late
    words: str = _(
        "Changes closed on %(when)s in %(place)s. Please write to %(name)s, %(email)s.",
        when=when_in(cohort.changes_close_at, cohort.zone),
        place=place_of(cohort.zone),
        name=cohort.organizer_name,
        email=cohort.organizer_email,
    )
    return words


def close_at(cohort: str, wall: datetime | None, *, seen: int, actor: str, now: datetime) -> None:
    """Set until when people of the cohort with this key may change by themselves; None: while a session is ahead.

    `wall` is in the cohort's zone. Raises NotFound, EditedMeanwhile, Invalid for a time that clocks jump over.
    """
    row = db.session.scalars(select(Cohort).where(Cohort.key == cohort).with_for_update()).first()
    if row is None:
        raise NotFound()
    edit(row, seen)
    try:
        moment = None if wall is None else to_utc(wall, row.zone)
    except NonexistentTime as error:
        raise Invalid("closes", str(error)) from error
    before, row.changes_close_at = row.changes_close_at, moment
    said = [at.isoformat() if at else None for at in (before, moment)]
    audit.note(
        actor, "cohort.changed", f"cohort:{row.id}", now=now,
        before={"changes_close_at": said[0]}, after={"changes_close_at": said[1]},
    )  # fmt: skip
