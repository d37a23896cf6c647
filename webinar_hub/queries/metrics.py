"""What the database says of itself when a Prometheus asks: five statements, and none of them reads what was sent.

Sent mails are counted as they go (`core/metrics.py`); here only open rows are looked at, which have an index of
their own, so a look costs the same after a million mails as after ten.
"""

from datetime import datetime, timedelta
from itertools import product

from sqlalchemy import distinct, func, select, text

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import db
from webinar_hub.core.metrics import Reading
from webinar_hub.models import AttendanceSegment, Broadcast, Cohort, Delivery, Session
from webinar_hub.models.delivery import OPEN_STATES
from webinar_hub.queries.health import LAG, silent_for
from webinar_hub.rules.delivery import ALL_PRIORITIES

OPEN_BROADCASTS = text("state IN ('planned', 'expanding')")
# How long after its end a session still counts as the evening that is being watched.
EVENING = timedelta(hours=12)


def readings(now: datetime, *, leader_lease: float) -> list[Reading]:
    """How late things are, what waits, who is held, who came; `leader_lease` in seconds."""
    return [
        _one("database_up", "1 while the database answers.", 1.0),
        *_clock(leader_lease),
        *_broadcasts(now),
        *_deliveries(now),
        *_people(now),
    ]


def without_database() -> list[Reading]:
    """All that can be said while the database does not answer."""
    return [_one("database_up", "1 while the database answers.", 0.0)]


def _one(name: str, meaning: str, value: float) -> Reading:
    return Reading(name, meaning, {(): value})


def _clock(leader_lease: float) -> list[Reading]:
    """How long ago the leader renewed its lease; nothing where no worker has ever run."""
    silent = silent_for(leader_lease)
    meaning = "Seconds since a worker last said that it rings the clock."
    return [Reading("clock_silent_seconds", meaning, {} if silent is None else {(): silent})]


def _broadcasts(now: datetime) -> list[Reading]:
    planned, overdue, oldest = db.session.execute(
        select(
            func.count(),
            func.count().filter(Broadcast.leaves_at() < now - LAG),
            func.min(Broadcast.leaves_at()),
        ).where(OPEN_BROADCASTS)
    ).one()
    return [
        _one("broadcasts_planned", "Messages of all plans that are still to come.", planned),
        _one("broadcasts_overdue", "Messages due for more than two minutes that nobody has taken up.", overdue),
        _one("broadcast_lag_seconds", "Seconds the longest due message has been waiting.", _late(oldest, now)),
    ]


def _deliveries(now: datetime) -> list[Reading]:
    held = Delivery.lease_until >= lease_moment()
    rows = db.session.execute(
        select(
            Delivery.state,
            Delivery.priority,
            func.count(),
            func.min(Delivery.due_at),
            func.count().filter(held),
        )
        .where(OPEN_STATES)
        .group_by(Delivery.priority, Delivery.state)
    ).all()
    depth: dict[tuple[str, ...], float] = dict.fromkeys(
        product(("queued", "sending"), map(str, ALL_PRIORITIES)), 0.0
    )
    depth |= {(state, str(priority)): float(number) for state, priority, number, *_ in rows}
    oldest = min((due for *_, due, _ in rows), default=None)
    sending = [(number, held_now) for state, _, number, _, held_now in rows if state == "sending"]
    total, alive = sum(number for number, _ in sending), sum(number for _, number in sending)
    return [
        Reading("deliveries", "Mails that wait or are on their way.", depth, ("state", "priority")),
        _one("delivery_lag_seconds", "Seconds the longest due mail has been waiting.", _late(oldest, now)),
        _one("leases_held", "Mails a living sender is busy with.", alive),
        _one("leases_run_out", "Mails whose sender died; the next one takes them over.", total - alive),
    ]


def _people(now: datetime) -> list[Reading]:
    seats = db.session.scalar(select(func.coalesce(func.sum(Cohort.seats_taken), 0)))
    tonight = select(Session.id).where(Session.starts_at <= now + EVENING, Session.ends_at >= now - EVENING)
    joined = db.session.scalar(
        select(func.count(distinct(AttendanceSegment.registration_id))).where(
            AttendanceSegment.session_id.in_(tonight)
        )
    )
    return [
        _one("registrations", "Places taken in all cohorts.", seats or 0),
        _one("people_joined", "People who pressed Join in the sessions of these twelve hours.", joined or 0),
    ]


def _late(due_at: datetime | None, now: datetime) -> float:
    return max(0.0, (now - due_at).total_seconds()) if due_at else 0.0
