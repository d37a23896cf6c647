"""A wish to change a cohort's dates (FEATURES B2, B3, B6): what it asks for, and how long it can be taken back."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from typing import Any, Literal, Protocol

What = Literal["move", "shift", "cancel", "cancel-cohort"]
Scope = Literal["this", "following", "all"]

# So long nobody is told of a change, so that it can be taken back.
WINDOW = timedelta(minutes=10)
# Whoever is expected within so long must hear of a change at once.
TOO_SOON_TO_WAIT = timedelta(hours=1)
# People read their mail once a day.
SHORT_NOTICE = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class Wish:
    """What somebody wants changed.

    "move": the session `key`, and with `scope` its followers or all sessions ahead, to the time of day and by the
    days that take it to `starts` (naive, in the cohort's zone), with a new length and title. "shift": everything
    ahead by `days`. "cancel": the session `key`; "cancel-cohort": all of it.
    """

    what: What
    key: str = ""
    starts: datetime | None = None
    minutes: int | None = None
    title: str = ""
    scope: Scope = "this"
    days: int = 0


def moved_along(wall: datetime, anchor: datetime, target: datetime) -> datetime:
    """Where a session at `wall` goes when one at `anchor` goes to `target`: by as many days, to its time of day.

    All are naive wall times, so that seven stays seven across a change of clocks.
    """
    days = target.date() - anchor.date()
    return datetime.combine(wall.date() + days, target.time())


def held_until(moments: Iterable[datetime], now: datetime) -> datetime | None:
    """Until when nobody is told of a change, or None where somebody has to hear of it at once.

    `moments` are the starts of the sessions concerned, before and after the change.
    """
    soonest = min((moment for moment in moments if moment > now), default=None)
    return None if soonest is not None and soonest - now < TOO_SOON_TO_WAIT else now + WINDOW


class Dated(Protocol):
    """A session or a drop."""

    id: Any
    version: Any


def fingerprint(cohort: Dated, sessions: Sequence[Any], drops: Sequence[Any]) -> str:
    """Stands for a cohort's dates as somebody saw them: it differs as soon as anybody has changed one of them."""
    seen = [cohort.id, cohort.version, getattr(cohort, "state", "")]
    seen += [(s.id, s.version, s.revision, s.wall_start, s.minutes, s.state, s.title) for s in sessions]
    seen += [(drop.id, drop.version, drop.wall_release) for drop in drops]
    return sha256(repr(seen).encode()).hexdigest()[:16]
