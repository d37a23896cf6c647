"""Who needs something to take part fully: per cohort for the staff, and as something that needs them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Accommodation, Cohort, Organizer, Person, Registration
from webinar_hub.rules.accommodations import in_words
from webinar_hub.rules.places import GONE

SHOWN = 200


@dataclass(frozen=True, slots=True)
class WishLine:
    """What one person needs; `arranged_at` is None while it waits, `by` is who arranged it."""

    id: int
    person: int
    name: str
    email: str
    what: str
    asked_at: datetime
    due_at: datetime
    arranged_at: datetime | None
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class OpenWishes:
    """How many wishes of a cohort wait, and until when the first has to be arranged."""

    cohort: str
    cohort_key: str
    zone: str
    number: int
    due_at: datetime


def of_cohort(cohort: int) -> list[WishLine]:
    """Those of a cohort, what waits first; one statement."""
    rows = db.session.execute(
        select(Accommodation, Person.id, Person.name, Person.email, Organizer.name)
        .join(Registration, Registration.id == Accommodation.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Organizer, Organizer.id == Accommodation.arranged_by)
        .where(Registration.cohort_id == cohort, Registration.state.not_in(GONE))
        .order_by(Accommodation.arranged_at.is_not(None), Accommodation.due_at, Accommodation.id)
        .limit(SHOWN)
    )
    return [
        WishLine(
            row.id, person, name, email, in_words(row.needs, row.words), row.asked_at, row.due_at, row.arranged_at,
            by or "", row.note,
        )
        for row, person, name, email, by in rows
    ]  # fmt: skip


def waiting(webinars: Collection[int] | None) -> list[OpenWishes]:
    """The cohorts of these webinars (None: of all) in which something waits, the soonest first; one statement."""
    due = func.min(Accommodation.due_at, type_=Accommodation.due_at.type)
    statement = (
        select(Cohort.title, Cohort.key, Cohort.zone, func.count(), due)
        .select_from(Accommodation)
        .join(Registration, Registration.id == Accommodation.registration_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Accommodation.arranged_at.is_(None), Registration.state.not_in(GONE), Cohort.state != "cancelled")
        .group_by(Cohort.id)
        .order_by(due, Cohort.id)
        .limit(8)
    )
    if webinars is not None:
        statement = statement.where(Cohort.webinar_id.in_(webinars))
    return [OpenWishes(*row) for row in db.session.execute(statement)]


def notes(registrations: Collection[int | None]) -> dict[int, str]:
    """What each of these is told about what was arranged for her; one statement, none for nobody."""
    if not registrations:
        return {}
    asked = Accommodation.registration_id.in_(registrations)
    rows = db.session.execute(select(Accommodation.registration_id, Accommodation.note).where(asked))
    return {registration: note for registration, note in rows}
