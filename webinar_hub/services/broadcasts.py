"""Broadcasts come due: their audience is written into the outbox by one statement a stretch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, time
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, String, and_, func, literal, or_, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Broadcast, Delivery, Drop, Person, Registration, Rhythm
from webinar_hub.rules.audience import audience
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.message_plan import DROP_LIFE
from webinar_hub.rules.own_clock import OwnClock
from webinar_hub.rules.segment import from_data, not_told_yet
from webinar_hub.services import reading_hours

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
    if broadcast.own_days is not None:
        return _expand_own(broadcast, now)
    upper = _end_of_stretch(broadcast)
    added = _write_out(broadcast, upper, now) if upper else 0
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


def _expand_own(broadcast: Broadcast, now: datetime) -> Expanded:
    """The same for one that is due to each person on her own clock: a stretch of those whose turn has come.

    It is never done: afterwards it is due when the next one's turn is, or would be if somebody came in now.
    """
    clock = own_clock_of(broadcast)
    if broadcast.expanded_through == 0:
        # All stretches of one turn look at the same people, however long they take.
        broadcast.due_at = now
    until = clock.came_before(broadcast.due_at)
    upper = _end_of_stretch(broadcast, *_came(broadcast, until))
    if upper:
        added = _write_out(broadcast, upper, now, until)
        broadcast.expanded_through = upper
        leave_work()
        return Expanded(added, more=True)
    after = broadcast.own_after
    coming = [Registration.cohort_id == broadcast.cohort_id, Registration.registered_at >= until]
    coming += [Registration.registered_at > after] if after else []
    next_one = db.session.scalar(select(func.min(Registration.registered_at)).where(*coming))
    broadcast.due_at = clock.opens(next_one or max(broadcast.due_at, after or broadcast.due_at))
    broadcast.own_through, broadcast.expanded_through, broadcast.expanded_at = until, 0, now
    leave_work()
    return Expanded(0, more=True)


def own_clock_of(broadcast: Broadcast) -> OwnClock:
    """The clock by which a broadcast is due to each person on her own."""
    at = time.fromisoformat(broadcast.own_at) if broadcast.own_at else None
    zone = db.session.scalar(select(Drop.zone).where(Drop.id == broadcast.drop_id))
    return OwnClock(broadcast.own_days or 1, at, zone or "UTC")


def _came(broadcast: Broadcast, until: datetime) -> list[ColumnElement[bool]]:
    """Those whose turn has come since it was looked the last time."""
    came = [Registration.registered_at < until]
    if broadcast.own_through is not None:
        came.append(Registration.registered_at >= broadcast.own_through)
    if broadcast.own_after is not None:
        came.append(Registration.registered_at > broadcast.own_after)
    return came


def _end_of_stretch(broadcast: Broadcast, *conditions: ColumnElement[bool]) -> int | None:
    """The last registration id of the next stretch, or None when everybody has been looked at."""
    stretch = (
        select(Registration.id)
        .where(
            Registration.cohort_id == broadcast.cohort_id, Registration.id > broadcast.expanded_through, *conditions
        )
        .order_by(Registration.id)
        .limit(STRETCH)
        .subquery()
    )
    last: int | None = db.session.scalar(select(func.max(stretch.c.id)))
    return last


def _write_out(broadcast: Broadcast, upper: int, now: datetime, until: datetime | None = None) -> int:
    """Write the deliveries of a stretch, each due at an hour that suits its reader; how many."""
    stretch = [
        Registration.cohort_id == broadcast.cohort_id,
        Registration.id > broadcast.expanded_through,
        Registration.id <= upper,
        *(_came(broadcast, until) if until is not None else []),
    ]
    due_at = now if until is not None else min(broadcast.held_until or broadcast.due_at, now)
    suited = reading_hours.suited(broadcast, stretch, due_at, now)
    return insert_selected(Delivery, COLUMNS, _audience(broadcast, stretch, suited, now))


def name_of(broadcast: Broadcast) -> str:
    """How its deliveries are called: whichever clock a bonus opens on, nobody is told of it twice."""
    if broadcast.own_days is not None:
        return f"drop:{broadcast.drop_id}:release"
    return broadcast.key if broadcast.round == 1 else f"{broadcast.key}@{broadcast.round}"


def _audience(
    broadcast: Broadcast, stretch: Sequence[ColumnElement[bool]], suited: reading_hours.Suited, now: datetime
) -> Any:
    moment = Delivery.due_at.type
    on_own_clock = broadcast.own_days is not None
    due_at = now if on_own_clock else broadcast.due_at
    expires_at = now + DROP_LIFE if on_own_clock else broadcast.expires_at
    return (
        select(
            literal(f"{name_of(broadcast)}:registration:") + Registration.id.cast(String), literal(broadcast.kind),
            Registration.id, literal(broadcast.id), literal(broadcast.session_id, Delivery.session_id.type),
            literal(broadcast.drop_id, Delivery.drop_id.type), literal("queued"),
            literal(priority_of(broadcast.kind)), literal(0), literal(now, moment),
            suited.due_at, literal(expires_at, moment),
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Rhythm, Rhythm.person_id == Person.id)
        .where(
            *stretch, *suited.conditions,
            *audience(
                broadcast.kind, due_at, broadcast.lead_minutes, now, from_data(broadcast.segment),
                session=broadcast.session_id, next_due=broadcast.expires_at,
            ),
            *([not_told_yet(broadcast.announcement_id)] if broadcast.announcement_id is not None else []),
        )
    )  # fmt: skip
