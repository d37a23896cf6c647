"""Who a broadcast is for, as conditions on Registration and Person: the outbox expands by them, the plan counts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select

from webinar_hub.models import Cohort, Membership, Organizer, Person, Registration
from webinar_hub.rules import segment
from webinar_hub.rules.delivery import registered_before, topic_of
from webinar_hub.rules.places import HOPES, State
from webinar_hub.rules.segment import Segment
from webinar_hub.rules.staff import PERMITS, Permission, Role

EVERYBODY = Segment()


def audience(
    kind: str,
    due_at: datetime,
    lead_minutes: int | None,
    now: datetime | None = None,
    part: Segment = EVERYBODY,
    *,
    reached: ColumnElement[bool] | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions for a broadcast of this kind, due then; a reminder has its lead in minutes.

    `part` of the cohort is what an announcement is for, and every other message for everybody with a place.
    Another way to say that mail reaches somebody may be given as `reached`.
    Who came "later than `now`" came before the clock was put back: what is announced concerns her too (F17).
    """
    lead = timedelta(minutes=lead_minutes) if lead_minutes is not None else None
    came_in_time = Registration.registered_at <= registered_before(kind, due_at, lead)
    if now is not None and topic_of(kind) == "service":
        came_in_time |= Registration.registered_at > now
    conditions: list[ColumnElement[bool]] = [*segment.conditions(part), came_in_time]
    if kind == "cohort_cancelled":
        # Whoever still hopes for a place is told that there is nothing to wait for.
        conditions[0] = Registration.state.in_((part.state, *sorted(HOPES - {State.UNPROVEN})))
    if topic_of(kind) != "service":
        # What belongs to her place is written out all the same: it becomes a task instead of a mail.
        conditions.append(Person.suppressed_at.is_(None) if reached is None else reached)
    if topic_of(kind) == "reminders":
        conditions.append(Registration.reminders_off_at.is_(None))
    if topic_of(kind) == "bonuses":
        conditions.append(Registration.bonuses_off_at.is_(None))
    if topic_of(kind) == "news":
        conditions.append(segment.wants_news())
    return conditions


def how_many(kind: str, webinar: int, cohort: int | None, part: Segment, now: datetime) -> Select[Any]:
    """Counts the people an announcement would go to at this moment: each once, in however many cohorts she is."""
    statement = (
        select(func.count(Registration.person_id.distinct()))
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Cohort.webinar_id == webinar, *audience(kind, now, None, now, part))
    )
    return statement.where(Cohort.id == cohort) if cohort is not None else statement


def others_who_write(webinar: int, organizer: int) -> Select[int, str, str]:
    """Those of the staff but her who may write to registrants of a webinar, and so agree to an announcement."""
    may_write = [role.value for role in Role if Permission.MESSAGES in PERMITS[role]]
    return (
        select(Organizer.id, Organizer.name, Organizer.email)
        .distinct()
        .join(Membership, Membership.organizer_id == Organizer.id)
        .where(
            Organizer.id != organizer,
            Organizer.active.is_(True),
            Membership.role.in_(may_write),
            or_(Membership.webinar_id.is_(None), Membership.webinar_id == webinar),
        )
    )
