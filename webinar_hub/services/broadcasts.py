"""Broadcasts come due: their audience is written into the outbox by one statement a stretch."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, String, and_, func, literal, or_, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Broadcast, Delivery, Person, Registration
from webinar_hub.rules.audience import audience
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.segment import from_data, not_told_yet

# Registrations looked at in one transaction, so that no lock is held for longer than a moment.
STRETCH = 5000
COLUMNS = [
    "key", "kind", "registration_id", "broadcast_id", "session_id", "drop_id", "state", "priority", "attempts",
    "created_at", "due_at", "expires_at",
]  # fmt: skip


@dataclass(frozen=True, slots=True)
class Expanded:
    """What one call has done: `more` says that something due is left."""

    deliveries: int
    more: bool


def miss_expired(now: datetime) -> int:
    """Mark as missed what should have gone out while nobody was here to ring, and makes no sense now; how many."""
    statement = (
        update(Broadcast)
        .where(Broadcast.state.in_(("planned", "expanding")), Broadcast.expires_at <= now)
        .values(state="missed")
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


NOBODY_EARLY: Mapping[int, datetime] = {}


def expand_next(now: datetime, early: Mapping[int, datetime] = NOBODY_EARLY) -> Expanded:
    """Write the deliveries of the next stretch of the broadcast that has been due longest.

    Those in `early`, by id with the moment they are due, go to many and begin before it. At the moment itself
    everybody is looked at once more, for those who came meanwhile; `key` is unique, so nobody is told twice.
    """
    broadcast = db.session.scalars(
        select(Broadcast)
        .where(Broadcast.state.in_(("planned", "expanding")), Broadcast.is_free(now), _begins(now, early))
        .order_by(Broadcast.due_at, Broadcast.id)
        .limit(1)
        .with_for_update()
    ).first()
    if broadcast is None:
        return Expanded(0, more=False)
    try:
        from_data(broadcast.segment)
    except ValueError:
        # A row of a newer release, after going back: nobody may be written to by guess, and the rest must go on.
        broadcast.state = "missed"
        return Expanded(0, more=True)
    upper = _end_of_stretch(broadcast)
    added = insert_selected(Delivery, COLUMNS, _audience(broadcast, upper, now)) if upper else 0
    _note(broadcast, upper, now)
    leave_work()
    return Expanded(added, more=True)


def _begins(now: datetime, early: Mapping[int, datetime]) -> Any:
    first_time = or_(Broadcast.early.is_(None), Broadcast.early == "begun")
    # One that was moved a moment ago is no longer meant.
    named = (and_(Broadcast.id == id_, Broadcast.due_at == due_at, first_time) for id_, due_at in early.items())
    return or_(Broadcast.due_at <= now, *named)


def _note(broadcast: Broadcast, upper: int | None, now: datetime) -> None:
    """Write down how far the expansion has come: through `upper`, or to the end."""
    begun_early = broadcast.early == "begun" or (now < broadcast.due_at and broadcast.early is None)
    broadcast.state = "expanding" if upper or begun_early else "expanded"
    if begun_early:
        broadcast.early = "begun" if upper else "done"
    broadcast.expanded_through = upper or (0 if begun_early else broadcast.expanded_through)
    broadcast.expanded_at = now


def _end_of_stretch(broadcast: Broadcast) -> int | None:
    """The last registration id of the next stretch, or None when everybody has been looked at."""
    stretch = (
        select(Registration.id)
        .where(Registration.cohort_id == broadcast.cohort_id, Registration.id > broadcast.expanded_through)
        .order_by(Registration.id)
        .limit(STRETCH)
        .subquery()
    )
    last: int | None = db.session.scalar(select(func.max(stretch.c.id)))
    return last


def _audience(broadcast: Broadcast, upper: int, now: datetime) -> Any:
    name = broadcast.key if broadcast.round == 1 else f"{broadcast.key}@{broadcast.round}"
    moment = Delivery.due_at.type
    return (
        select(
            literal(f"{name}:registration:") + Registration.id.cast(String), literal(broadcast.kind),
            Registration.id, literal(broadcast.id), literal(broadcast.session_id, Delivery.session_id.type),
            literal(broadcast.drop_id, Delivery.drop_id.type), literal("queued"),
            literal(priority_of(broadcast.kind)), literal(0), literal(now, moment),
            literal(min(broadcast.held_until or broadcast.due_at, now), moment),
            literal(broadcast.expires_at, moment),
        )
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.cohort_id == broadcast.cohort_id,
            Registration.id > broadcast.expanded_through,
            Registration.id <= upper,
            *audience(broadcast.kind, broadcast.due_at, broadcast.lead_minutes, now, from_data(broadcast.segment)),
            *([not_told_yet(broadcast.announcement_id)] if broadcast.announcement_id is not None else []),
        )
    )  # fmt: skip
