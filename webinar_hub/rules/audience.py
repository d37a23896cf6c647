"""Who a broadcast is for, as conditions on Registration and Person: the outbox expands by them, the plan counts."""

from datetime import datetime, timedelta

from sqlalchemy import ColumnElement

from webinar_hub.models import Person, Registration
from webinar_hub.rules import segment
from webinar_hub.rules.delivery import registered_before, topic_of
from webinar_hub.rules.segment import Segment

EVERYBODY = Segment()


def audience(
    kind: str,
    due_at: datetime,
    lead_minutes: int | None,
    now: datetime | None = None,
    part: Segment = EVERYBODY,
) -> list[ColumnElement[bool]]:
    """The conditions for a broadcast of this kind, due then; a reminder has its lead in minutes.

    `part` of the cohort is what an announcement is for, and every other message for everybody with a place.
    Who came "later than `now`" came before the clock was put back: what is announced concerns her too (F17).
    """
    lead = timedelta(minutes=lead_minutes) if lead_minutes is not None else None
    came_in_time = Registration.registered_at <= registered_before(kind, due_at, lead)
    if now is not None and topic_of(kind) == "service":
        came_in_time |= Registration.registered_at > now
    conditions: list[ColumnElement[bool]] = [*segment.conditions(part), came_in_time]
    if topic_of(kind) != "service":
        # What belongs to her place is written out all the same: it becomes a task instead of a mail.
        conditions.append(Person.suppressed_at.is_(None))
    if topic_of(kind) == "reminders":
        conditions.append(Registration.reminders_off_at.is_(None))
    if topic_of(kind) == "bonuses":
        conditions.append(Registration.bonuses_off_at.is_(None))
    if topic_of(kind) == "news":
        conditions.append(segment.wants_news())
    return conditions
