"""Is everything that should happen happening? Read by `/healthz`, the worker and the demo."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Select, and_, func, literal, or_, select, type_coerce, union_all

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import UtcDateTime, db
from webinar_hub.models import Broadcast, Delivery, Lease
from webinar_hub.models.delivery import OPEN_STATES
from webinar_hub.rules.delivery import ALL_PRIORITIES

# FEATURES G5: the scheduler may not lag more than this.
LAG = timedelta(minutes=2)
CLOCK = "clock"
# So long a mail may wait before organizers are told: greylisting costs the first minutes (RELIABILITY F9).
DELAYED = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class HealthView:
    """`ok` decides between 200 and 503; `lines` say why, in plain words."""

    ok: bool
    lines: tuple[str, ...]


def health(now: datetime, *, leader_lease: float) -> HealthView:
    """Whether some worker rings the clock, and whether it keeps up."""
    problems = []
    # A leader renews its lease all the time: one that ended long ago means that nobody rings.
    rung = db.session.execute(
        select(Lease.until > lease_moment(leader_lease - LAG.total_seconds())).where(Lease.name == CLOCK)
    ).scalar()
    if rung is None:
        problems.append("No worker has run yet: start `webinar-hub worker` or `webinar-hub serve`.")
    elif not rung:
        problems.append("The clock has not been rung for two minutes: no worker is running.")
    overdue = db.session.scalar(
        select(func.count())
        .select_from(Broadcast)
        .where(Broadcast.state.in_(("planned", "expanding")), Broadcast.leaves_at() < now - LAG)
    )
    if overdue:
        problems.append(f"{overdue} messages have been due for more than two minutes without being taken up.")
    problems += _mails_left_lying(now)
    return HealthView(ok=not problems, lines=tuple(problems))


def _mails_left_lying(now: datetime) -> list[str]:
    """Mails due for long, while nothing moves. One that is to be tried again later is not due until then."""
    late = select(func.count()).where(
        OPEN_STATES,
        Delivery.state == "queued",
        Delivery.due_at < now - LAG,
        or_(Delivery.expires_at.is_(None), Delivery.expires_at > now),
    )
    number = db.session.scalar(late) or 0
    # Ten thousand at once take their time: as long as new ones are being sent, the rest only waits for its turn.
    if not number or db.session.scalar(_moving().limit(1)) is not None:
        return []
    return [f"{number} mails have been due for more than two minutes and do not go out: is the mail server well?"]


def delayed_since(now: datetime) -> datetime | None:
    """Since when a mail has been waiting for more than five minutes while none goes out; None while all is well.

    One statement that looks at open rows only: every page of the studio asks it.
    """
    waiting = (
        select(Delivery.due_at)
        .where(
            OPEN_STATES,
            Delivery.state == "queued",
            Delivery.priority.in_(ALL_PRIORITIES),
            Delivery.due_at < now - DELAYED,
            or_(Delivery.expires_at.is_(None), Delivery.expires_at > now),
            ~_moving().exists(),
        )
        .order_by(Delivery.priority, Delivery.due_at)
        .limit(1)
    )
    found: datetime | None = db.session.scalar(waiting)
    return found


def next_due() -> datetime | None:
    """When the next thing is to be done: a broadcast to expand or a delivery to send; in the past if it is late.

    Deliveries under a lease are somebody's business already and do not count.
    """
    # The index of what is open is only taken where its condition is written out.
    waiting = and_(OPEN_STATES, Delivery.state == "queued")
    ahead = Broadcast.state.in_(("planned", "expanding"))
    earliest = union_all(
        select(func.min(Broadcast.due_at).label("due_at")).where(ahead, Broadcast.held_until.is_(None)),
        select(func.min(Broadcast.leaves_at())).where(ahead, Broadcast.held_until.is_not(None)),
        *(
            select(func.min(Delivery.due_at)).where(waiting, Delivery.priority == literal(priority))
            for priority in ALL_PRIORITIES
        ),
    ).subquery()
    found: datetime | None = db.session.scalar(select(func.min(earliest.c.due_at)))
    return found


def unfinished(now: datetime) -> bool:
    """Whether anything due by now has not come to its end, be it waiting, leased or half expanded."""
    ahead = Broadcast.state.in_(("planned", "expanding"))
    broadcasts = select(Broadcast.id).where(ahead, Broadcast.due_at <= now, Broadcast.is_free(now))
    open_and_due = OPEN_STATES, Delivery.priority.in_(ALL_PRIORITIES), Delivery.due_at <= now
    # In the order of the index, or PostgreSQL reads the history first, hoping to come upon one soon.
    deliveries = select(Delivery.id).where(*open_and_due).order_by(Delivery.priority, Delivery.due_at)
    return any(db.session.scalar(statement.limit(1)) is not None for statement in (broadcasts, deliveries))


def _moving() -> Select[int]:
    """Mails that are being sent at this moment.

    One that came back because no server answered has the reason in `reply`, and proves nothing.
    """
    return select(Delivery.id).where(
        OPEN_STATES, Delivery.state == "sending", Delivery.lease_until > lease_moment(), Delivery.reply.is_(None)
    )


def silent_for(leader_lease: float) -> float | None:
    """Seconds since a worker last said that it rings the clock, None where none ever did."""
    row = db.session.execute(
        select(Lease.until, type_coerce(lease_moment(), UtcDateTime)).where(Lease.name == CLOCK)
    ).first()
    return max(0.0, leader_lease - (row[0] - row[1]).total_seconds()) if row else None
