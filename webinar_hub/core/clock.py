"""The only place that asks what time it is; everything else is told `now`.

Two clocks live here. `now()` is the time people mean, and the demo may move it. Leases between
processes run on the database's own clock, which nobody moves: a jump of the first must never make a
second worker believe that the first one is dead.
"""

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import ColumnElement, DateTime, Double, Float, literal, or_
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement

# No lease runs longer, in seconds: one that seems to was written by a clock that has been put back since.
LONGEST_LEASE = 600.0
LONGEST_LEADER_LEASE = 60.0
# SQLite has no clock but the machine's; this one goes on evenly when that jumps.
_steady_since = datetime.now(UTC) - timedelta(seconds=time.monotonic())

_moved_by = timedelta(0)
_playing_until: datetime | None = None


def now() -> datetime:
    """The present moment, aware, in UTC; ahead of real time by what the demo has moved it."""
    return datetime.now(UTC) + _moved_by


def real_now() -> datetime:
    """The present moment that nobody moves, for alarms that ring in real time."""
    return datetime.now(UTC)


def monotonic() -> float:
    """Seconds on a clock that only runs forward, for measuring how long something took."""
    return time.monotonic()


def steady_moment(seconds: float) -> str:
    """The moment so many seconds from now as SQLite stores it, on a clock that never jumps while we run (F17)."""
    moment = _steady_since + timedelta(seconds=time.monotonic() + seconds)
    return moment.strftime("%Y-%m-%d %H:%M:%S.%f")


def set_to(moment: datetime, remember_in: Path) -> None:
    """Move `now()` forward to `moment` (aware) and keep the shift in a file, so that a restart goes on there.

    A moment that has passed changes nothing: what was sent cannot be unsent.
    """
    global _moved_by
    _moved_by = max(_moved_by, moment - datetime.now(UTC))
    remember_in.write_text(str(_moved_by.total_seconds()))


def restore(remembered_in: Path) -> None:
    """Move `now()` to where `set_to` left it, or back to real time where nothing is remembered."""
    global _moved_by
    try:
        _moved_by = timedelta(seconds=float(remembered_in.read_text()))
    except FileNotFoundError:
        _moved_by = timedelta(0)


def play_until(moment: datetime) -> None:
    """Ask the demo's player to move the clock to `moment`, through everything that happens on the way."""
    global _playing_until
    _playing_until = moment


def playing_until() -> datetime | None:
    """Where the clock is being moved to, or None while it runs by itself."""
    return _playing_until


def stop_playing() -> None:
    """The clock has arrived."""
    global _playing_until
    _playing_until = None


class lease_moment(FunctionElement[datetime]):
    """SQL: the database's own present moment plus a number of seconds, for leases."""

    type = DateTime(timezone=True)
    inherit_cache = True

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(literal(float(seconds), Float()))


def ran_out(until: Any, longest: float = LONGEST_LEASE) -> ColumnElement[bool]:
    """SQL: whether a lease until then is over, or was written before the clock was put back (F17).

    `longest` is how many seconds a lease of its kind can have.
    """
    return or_(until < lease_moment(), until > lease_moment(longest))


@compiles(lease_moment, "sqlite")
def _sqlite_moment(element: lease_moment, compiler: Any, **options: Any) -> str:
    # Registered by core/db.py; the same text that SQLAlchemy stores, so that comparing texts compares moments.
    return f"steady_moment({compiler.process(element.clauses, **options)})"


@compiles(lease_moment, "postgresql")
def _postgres_moment(element: lease_moment, compiler: Any, **options: Any) -> str:
    # clock_timestamp, not now(): the transaction may have begun while waiting for a lock.
    return f"(clock_timestamp() + make_interval(secs => {compiler.process(element.clauses, **options)}))"


class lease_seconds(FunctionElement[float]):
    """SQL: the same moment as seconds since 1970, for what is reckoned with: the pace of mails."""

    type = Double()
    inherit_cache = True

    def __init__(self, seconds: float = 0.0) -> None:
        super().__init__(literal(float(seconds), Float()))


@compiles(lease_seconds, "sqlite")
def _sqlite_seconds(element: lease_seconds, compiler: Any, **options: Any) -> str:
    return f"((julianday(steady_moment(0)) - 2440587.5) * 86400.0 + {compiler.process(element.clauses, **options)})"


@compiles(lease_seconds, "postgresql")
def _postgres_seconds(element: lease_seconds, compiler: Any, **options: Any) -> str:
    seconds = compiler.process(element.clauses, **options)
    return f"(CAST(extract(epoch from clock_timestamp()) AS double precision) + {seconds})"
