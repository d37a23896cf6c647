"""Which reminders must begin before their moment because they go to many."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Cohort
from webinar_hub.rules.head_start import EARLIEST, Crowd, head_start


@dataclass(frozen=True, slots=True)
class HeadStart:
    """A broadcast that begins at `starts_at`, before it is due."""

    broadcast_id: int
    due_at: datetime
    starts_at: datetime


def head_starts(now: datetime, rate: float) -> list[HeadStart]:
    """Those of the next days that have not yet been written out early, at `rate` mails a second; one statement.

    Seats taken stand for the audience: they are never fewer, and cost no counting.
    """
    rows = db.session.execute(
        select(Broadcast.id, Broadcast.due_at, Broadcast.lead_minutes, Cohort.seats_taken, lead_before(Broadcast))
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .where(
            Broadcast.state.in_(("planned", "expanding")),
            Broadcast.due_at > now,
            Broadcast.is_free(now),
            Broadcast.due_at <= now + EARLIEST,
            Broadcast.kind == "reminder",
            or_(Broadcast.early.is_(None), Broadcast.early == "begun"),
        )
    )
    found = [(id_, due_at, head_start(_crowd(due_at, *facts), rate)) for id_, due_at, *facts in rows]
    return [HeadStart(id_, due_at, due_at - early) for id_, due_at, early in found if early]


def lead_before(broadcast: Any) -> Any:
    """The lead, in minutes, of the reminder that precedes a reminder of the same session."""
    other = aliased(Broadcast)
    return (
        select(func.min(other.lead_minutes))
        .where(
            other.session_id == broadcast.session_id,
            other.kind == "reminder",
            other.lead_minutes > broadcast.lead_minutes,
            other.state != "withdrawn",
        )
        .scalar_subquery()
    )


def _crowd(due_at: datetime, lead: int | None, people: int, before: int | None) -> Crowd:
    return Crowd("reminder", people, due_at, lead=minutes(lead), lead_before=minutes(before))


def minutes(number: int | None) -> timedelta | None:
    """So many minutes, or None."""
    return None if number is None else timedelta(minutes=number)
