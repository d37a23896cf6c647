"""The mail server's limits, kept by all processes together: buckets are rows, the database's clock is the only one.

What the numbers mean is decided in `rules/pacing.py`; who asks is the worker. Where nothing is limited nobody asks.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from sqlalchemy import Table, bindparam, delete, or_, select, update

from webinar_hub.core.clock import lease_seconds
from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_new, insert_or_update
from webinar_hub.models import Pace
from webinar_hub.rules import pacing
from webinar_hub.rules.delivery import Claimed
from webinar_hub.rules.pacing import Admission, AtTheDoor, Bucket, Limits
from webinar_hub.services import outbox

PROBE = "probe"
# Buckets that have rested for a day say nothing any more.
KEPT = timedelta(days=1)

_TABLE = cast("Table", Pace.__table__)
_MOVE_ON = (
    update(_TABLE)
    .where(_TABLE.c.name == bindparam("row"))
    .values(next_at=bindparam("moved"), used=bindparam("taken"), lines=bindparam("standing"))
)


def admit(mails: Sequence[AtTheDoor], limits: Limits) -> tuple[Admission, float]:
    """Decide about claimed mails; also the present moment of the database's clock, from which slots are counted.

    Two statements, however many mails and domains there are: the rows are locked in the order of their names, so
    that two processes wait for each other and never both.
    """
    names = pacing.rows_needed(mails, limits)
    if not names:
        return pacing.admit(mails, {}, limits, 0.0), 0.0
    buckets, now = _locked(names)
    if len(buckets) < len(names):
        for name in names:
            insert_new(Pace, {"name": name, "next_at": 0.0, "used": 0, "lines": {}}, "name")
        buckets, now = _locked(names)
    admission = pacing.admit(mails, buckets, limits, now)
    _move_on(buckets)
    return admission, now


def _locked(names: Sequence[str]) -> tuple[dict[str, Bucket], float]:
    rows = db.session.execute(
        select(Pace.name, Pace.next_at, Pace.used, Pace.lines, lease_seconds())
        .where(Pace.name.in_(names))
        .order_by(Pace.name)
        .with_for_update()
    ).all()
    # The lock may have taken a moment to come: the last row knows the latest time.
    now = max((row[4] for row in rows), default=0.0)
    return {name: Bucket(next_at, used, dict(lines)) for name, next_at, used, lines, _ in rows}, now


def _move_on(buckets: Mapping[str, Bucket]) -> None:
    rows = [
        {"row": name, "moved": bucket.next_at, "taken": bucket.used, "standing": bucket.lines}
        for name, bucket in sorted(buckets.items())
    ]
    db.session.connection().execute(_MOVE_ON, rows)


def put_back(claimed: Sequence[Claimed], admission: Admission, *, seconds_now: float, now: datetime) -> None:
    """Give back what was not admitted, without an attempt: due as before, or again when its domain has a slot.

    A mail whose turn would come too late is due at its end, so that it is seen to expire.
    """
    outbox.record([_returned(item, admission, seconds_now, now) for item in claimed], now=now)


def _returned(item: Claimed, admission: Admission, seconds_now: float, now: datetime) -> outbox.Result:
    turn = admission.again.get(item.id)
    if turn is None:
        return outbox.Result(item, "queued", "Waits: all mails of this moment are used up.", burnt=False)
    due_at = now + timedelta(seconds=max(0.0, turn - seconds_now))
    due_at = min(due_at, item.expires_at) if item.expires_at else due_at
    return outbox.Result(item, "queued", "Waits for its turn at this domain.", due_at=due_at, burnt=False)


def refund(mails: int) -> None:
    """Give mails back to the day's quota that never reached the server."""
    buckets, now = _locked([pacing.TODAY])
    for today in buckets.values():
        pacing.charge(today, -mails, now)
        _move_on(buckets)


def may_probe(every: float) -> bool:
    """Whether this process may look now whether the mail server is back: one process in `every` seconds may.

    `used` says that the server is thought to be down; once somebody has found it back (`found_back`), the others
    need not wait.
    """
    down = {"used": 1, "next_at": lease_seconds(every)}
    free = or_(Pace.used == 0, Pace.next_at <= lease_seconds())
    statement = insert_or_update(Pace, {"name": PROBE, "lines": {}} | down, ["name"], down, where=free)
    return db.session.execute(statement.returning(Pace.name)).first() is not None


def found_back() -> None:
    """Tell the other processes that the mail server answers again."""
    db.session.execute(update(Pace).where(Pace.name == PROBE).values(used=0))


def forget() -> None:
    """Delete the buckets that have rested for a day; one that is missing has rested."""
    db.session.execute(delete(Pace).where(Pace.next_at < lease_seconds(-KEPT.total_seconds())))
