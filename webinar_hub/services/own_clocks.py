"""Keeps the broadcasts true that are due to each person on her own clock; the plan of the cohort is next door.

There is one row a bonus, however many people there are; `services/broadcasts.py` writes out whose turn it is.
"""

from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Cohort, Drop, Registration
from webinar_hub.rules.own_clock import LATE, OwnMessage, clocks, own_messages

RUNNING = "expanding"


def planned(cohort: Cohort) -> list[OwnMessage]:
    """What is due to each person at her own moment, as the rows stand now."""
    if cohort.state != "open" or cohort.archived_at is not None:
        return []
    drops = db.session.scalars(select(Drop).where(Drop.cohort_id == cohort.id)).all()
    return own_messages(clocks(drops), cohort.late_join)


def replan(cohort: Cohort, *, now: datetime) -> list[Broadcast]:
    """Compare with what is stored, and change what differs: what was sent stays. Gives those no longer wanted."""
    wanted = {message.key: message for message in planned(cohort)}
    rows = db.session.scalars(
        select(Broadcast).where(Broadcast.cohort_id == cohort.id, Broadcast.own_days.is_not(None)).with_for_update()
    ).all()
    stored = {row.key: row for row in rows}
    for key, message in wanted.items():
        _make_true(cohort, message, stored.get(key), now)
    return [row for key, row in stored.items() if key not in wanted]


def _make_true(cohort: Cohort, message: OwnMessage, row: Broadcast | None, now: datetime) -> None:
    at = message.clock.at.isoformat() if message.clock.at else ""
    if row is None:
        row = Broadcast(cohort_id=cohort.id, key=message.key, kind="drop", drop_id=message.drop_id)
        if message.key.endswith(LATE):
            # Who came late under another policy, and would have caught up by now, is not told of it all at once.
            row.own_through = message.clock.came_before(now)
    elif row.state == RUNNING and (row.own_days, row.own_at, row.own_after) == (
        message.clock.days,
        at,
        message.after,
    ):
        return
    if row.own_after != message.after and not message.key.endswith(LATE):
        # Others belong to it now: everybody is looked at, and `key` is unique, so nobody is told twice.
        row.own_through = None
    if row.state == "withdrawn":
        row.own_through = max(message.clock.came_before(now), row.own_through or message.clock.came_before(now))
    row.state, row.expanded_through, row.held_until = RUNNING, 0, None
    row.own_days, row.own_at, row.own_after = message.clock.days, at, message.after
    row.due_at = _next_turn(cohort, row, message, now)
    db.session.add(row)


def _next_turn(cohort: Cohort, row: Broadcast, message: OwnMessage, now: datetime) -> datetime:
    coming = [Registration.cohort_id == cohort.id]
    coming += [Registration.registered_at >= row.own_through] if row.own_through else []
    coming += [Registration.registered_at > message.after] if message.after else []
    first = db.session.scalar(select(func.min(Registration.registered_at)).where(*coming))
    # Nobody can be next who comes before this moment, so nothing is due earlier.
    return message.clock.opens(first or max(now, message.after or now))
