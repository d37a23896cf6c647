"""When a reminder to many has to begin so that everybody has it on time, and what to say when that cannot be."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil

# A message to many is on time when the last one has it so long after its moment (FEATURES D12).
ON_TIME = timedelta(minutes=5)
# No reminder begins earlier than this, whatever its lead and however many people there are.
EARLIEST = timedelta(days=4)
TIMED = ("reminder", "live")
"""Kinds that speak of a moment; others may take their time."""


@dataclass(frozen=True, slots=True)
class Crowd:
    """A message to `people`: its moment, its end, a reminder's lead and the lead of the reminder before it."""

    kind: str
    people: int
    due_at: datetime
    expires_at: datetime | None = None
    lead: timedelta | None = None
    lead_before: timedelta | None = None


@dataclass(frozen=True, slots=True)
class Run:
    """From when to when a message leaves; the last one gets it `late` (beyond ON_TIME), `left_out` people get none.

    `rate_needed` is how many mails a second would bring everybody's on time.
    """

    starts_at: datetime
    ends_at: datetime
    late: timedelta
    left_out: int
    rate_needed: int


def most_head_start(crowd: Crowd) -> timedelta:
    """How much too early a message may begin: never before the reminder before it, never by half its lead.

    Only reminders may: they say how far away the session is, and can say that truly at any time.
    """
    if crowd.kind != "reminder" or crowd.lead is None:
        return timedelta(0)
    most = min(crowd.lead / 2, EARLIEST)
    return most if crowd.lead_before is None else max(timedelta(0), min(most, crowd.lead_before - crowd.lead))


def head_start(crowd: Crowd, rate: float) -> timedelta:
    """How much before its moment a message begins, at `rate` mails a second (0 is no limit)."""
    wanted = _needs(crowd, rate) - ON_TIME
    return max(timedelta(0), min(wanted, most_head_start(crowd)))


def expected(crowd: Crowd, rate: float) -> Run:
    """How the message will leave if it has all mails of that time for itself."""
    starts_at = crowd.due_at - head_start(crowd, rate)
    ends_at = starts_at + _needs(crowd, rate)
    late = ends_at - crowd.due_at - ON_TIME if crowd.kind in TIMED else timedelta(0)
    left_out = 0
    if rate and crowd.expires_at is not None and ends_at > crowd.expires_at:
        left_out = min(crowd.people, ceil((ends_at - crowd.expires_at).total_seconds() * rate))
    return Run(
        starts_at=starts_at,
        ends_at=min(ends_at, crowd.expires_at or ends_at),
        late=max(timedelta(0), late),
        left_out=left_out,
        rate_needed=ceil(crowd.people / (ON_TIME + most_head_start(crowd)).total_seconds()),
    )


def _needs(crowd: Crowd, rate: float) -> timedelta:
    return timedelta(seconds=crowd.people / rate) if rate else timedelta(0)
