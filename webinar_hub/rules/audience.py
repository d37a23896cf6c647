"""Who a broadcast is for, as conditions on Registration and Person: the outbox expands by them, the plan counts."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, func, literal, or_, select

from webinar_hub.models import Cohort, Membership, Organizer, Person, Registration, Rhythm, SessionChoice
from webinar_hub.rules import segment
from webinar_hub.rules.delivery import registered_before, topic_of
from webinar_hub.rules.places import HOPES, State
from webinar_hub.rules.segment import Segment
from webinar_hub.rules.staff import PERMITS, Permission, Role

EVERYBODY = Segment()
# Kinds that speak of one session, to whoever means to come to it.
ABOUT_SESSION = frozenset(("reminder", "live", "session_changed", "session_cancelled", "session_added"))
PAUSED = {
    "reminders": Rhythm.pauses_reminders,
    "bonuses": Rhythm.pauses_bonuses,
    "news": Rhythm.pauses_news,
}


def audience(
    kind: str,
    due_at: datetime,
    lead_minutes: int | None,
    now: datetime | None = None,
    part: Segment = EVERYBODY,
    *,
    reached: ColumnElement[bool] | None = None,
    session: int | None = None,
    next_due: datetime | None = None,
) -> list[ColumnElement[bool]]:
    """The conditions for a broadcast of this kind, due then; a reminder has its lead in minutes.

    `part` of the cohort is what an announcement is for, and every other message for everybody with a place.
    Another way to say that mail reaches somebody may be given as `reached`.
    `session` is the id of the one it speaks of; `next_due` when a reminder loses its sense.
    Who came "later than `now`" came before the clock was put back: what is announced concerns her too (F17).
    """
    lead = timedelta(minutes=lead_minutes) if lead_minutes is not None else None
    came_in_time = Registration.registered_at <= registered_before(kind, due_at, lead, next_due)
    if now is not None and topic_of(kind) == "service":
        came_in_time |= Registration.registered_at > now
    conditions: list[ColumnElement[bool]] = [*segment.conditions(part), came_in_time]
    if kind == "cohort_cancelled":
        # Whoever still hopes for a place is told that there is nothing to wait for.
        conditions[0] = Registration.state.in_((part.state, *sorted(HOPES - {State.UNPROVEN})))
    if topic_of(kind) != "service":
        # What belongs to her place is written out all the same: it becomes a task instead of a mail.
        conditions.append(Person.suppressed_at.is_(None) if reached is None else reached)
        conditions.append(~pauses(kind, due_at))
    if session is not None and kind in ABOUT_SESSION:
        conditions.append(~opted_out(session))
    if topic_of(kind) == "reminders":
        conditions.append(Registration.reminders_off_at.is_(None))
    if topic_of(kind) == "bonuses":
        conditions.append(Registration.bonuses_off_at.is_(None))
    if topic_of(kind) == "news":
        conditions.append(segment.wants_news())
    return conditions


def pauses(kind: str, at: datetime) -> ColumnElement[bool]:
    """Whether somebody registered pauses mails of this kind at that moment."""
    moment = literal(at, Rhythm.paused_at.type)
    # Named are the few, so that nobody else has to be looked up.
    return Registration.person_id.in_(
        select(Rhythm.person_id).where(
            PAUSED[topic_of(kind)].is_(True), Rhythm.paused_at <= moment, Rhythm.paused_until > moment
        )
    )


def opted_out(session: int) -> ColumnElement[bool]:
    """Whether somebody registered has opted out of this session of her series."""
    return Registration.id.in_(
        select(SessionChoice.registration_id).where(
            SessionChoice.session_id == session, SessionChoice.out.is_(True)
        )
    )


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
