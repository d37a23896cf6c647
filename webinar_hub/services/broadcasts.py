"""Broadcasts come due: their audience is written into the outbox by one statement a stretch."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, String, func, literal, select, update

from webinar_hub.core.db import db, insert_selected, leave_work
from webinar_hub.models import Broadcast, Delivery, Person, Registration
from webinar_hub.rules.audience import audience
from webinar_hub.rules.delivery import priority_of

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


def expand_next(now: datetime) -> Expanded:
    """Write the deliveries of the next stretch of the broadcast that has been due longest."""
    broadcast = db.session.scalars(
        select(Broadcast)
        .where(Broadcast.state.in_(("planned", "expanding")), Broadcast.due_at <= now)
        .order_by(Broadcast.due_at, Broadcast.id)
        .limit(1)
        .with_for_update()
    ).first()
    if broadcast is None:
        return Expanded(0, more=False)
    upper = _end_of_stretch(broadcast)
    added = insert_selected(Delivery, COLUMNS, _audience(broadcast, upper, now)) if upper else 0
    broadcast.expanded_through = upper or broadcast.expanded_through
    broadcast.state = "expanding" if upper else "expanded"
    broadcast.expanded_at = now
    leave_work()
    return Expanded(added, more=True)


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
            literal(broadcast.due_at, moment), literal(broadcast.expires_at, moment),
        )
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.cohort_id == broadcast.cohort_id,
            Registration.id > broadcast.expanded_through,
            Registration.id <= upper,
            *audience(broadcast.kind, broadcast.due_at, broadcast.lead_minutes, now),
        )
    )  # fmt: skip
