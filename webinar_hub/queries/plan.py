"""What will be sent to a cohort, when, to how many: the plan as an organizer reads it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, case, func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop, Person, Registration, Session
from webinar_hub.rules.audience import audience


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One message: due at a moment (aware UTC), about something, to `people`, of whom `done` have it already."""

    due_at: datetime
    kind: str
    about: str
    lead: timedelta | None
    state: str
    people: int
    done: int


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """The plan of one cohort, in order of time; `zone` is the organizer's."""

    title: str
    zone: str
    lines: tuple[PlanLine, ...]


def cohort_named(key: str) -> Cohort:
    """The cohort with this key. Raises NotFound naming those there are."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if cohort is None:
        known = ", ".join(db.session.scalars(select(Cohort.key).order_by(Cohort.key))) or "none yet"
        raise NotFound(f"There is no cohort {key!r}. Known cohorts: {known}.")
    return cohort


def cohort_plan(key: str) -> CohortPlan:
    """Everything that was or will be sent to a cohort at once; withdrawn messages are left out. Raises NotFound."""
    cohort = cohort_named(key)
    sent = _sent(cohort)
    rows = db.session.execute(
        select(Broadcast, subject())
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(Broadcast.cohort_id == cohort.id, Broadcast.state != "withdrawn")
        .order_by(Broadcast.due_at, Broadcast.id)
    )
    return CohortPlan(
        title=cohort.title,
        zone=cohort.zone,
        lines=tuple(_line(broadcast, about, sent.get(broadcast.id, (0, 0))) for broadcast, about in rows),
    )


def subject() -> ColumnElement[str]:
    """The title of what a broadcast is about; to be asked with its cohort, and its session and drop if it has one.

    The session of "cohort cancelled" is only there for the calendar entry that comes with that mail.
    """
    about_all = Broadcast.kind.in_(("cohort_cancelled", "thank_you"))
    return case((about_all, Cohort.title), else_=func.coalesce(Session.title, Drop.title, ""))


def _line(broadcast: Broadcast, about: str, sent: tuple[int, int]) -> PlanLine:
    lead = timedelta(minutes=broadcast.lead_minutes) if broadcast.lead_minutes else None
    people = audience_size(broadcast) if broadcast.state == "planned" else sent[0]
    return PlanLine(broadcast.due_at, broadcast.kind, about, lead, broadcast.state, people, sent[1])


def audience_size(broadcast: Broadcast, came_before: datetime | None = None) -> int:
    """How many people a broadcast would go to if it were due with the registrations of this moment.

    With `came_before` only those count who registered by then, too.
    """
    size: int | None = db.session.scalar(
        select(func.count())
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.cohort_id == broadcast.cohort_id,
            *audience(broadcast.kind, broadcast.due_at, broadcast.lead_minutes),
            *([Registration.registered_at <= came_before] if came_before else []),
        )
    )
    return size or 0


def _sent(cohort: Cohort) -> dict[int, tuple[int, int]]:
    """By broadcast: how many deliveries there are, and how many of them were sent."""
    rows = db.session.execute(
        select(Delivery.broadcast_id, func.count(), func.count().filter(Delivery.state == "sent"))
        .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .where(Broadcast.cohort_id == cohort.id)
        .group_by(Delivery.broadcast_id)
    )
    return {broadcast: (total, sent) for broadcast, total, sent in rows if broadcast is not None}
