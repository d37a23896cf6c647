"""What she may change about a place by herself, and until when (`Cohort.changes_close_at`)."""

from datetime import datetime

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.models import Cohort
from webinar_hub.rules.changing import is_open
from webinar_hub.rules.places import holds_seat
from webinar_hub.services import registrations


def cancel(person: int, registration: str, *, now: datetime) -> None:
    """Give her place back, while she may. Whoever has no seat yet may stop waiting for one at any time.

    Raises Conflict, saying until when it was and whom to ask; and what `registrations.cancel` raises.
    """
    row = registrations.hers(person, registration)
    if holds_seat(row.state, kept=row.seat_kept):
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
