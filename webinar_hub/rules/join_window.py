"""When a session's door is open: one decision for the button, the page and the POST that records a join."""

from datetime import datetime, timedelta
from typing import Literal

OPENS_BEFORE = timedelta(minutes=15)

SessionState = Literal["upcoming", "join_open", "live", "over", "cancelled"]


def opens_at(starts_at: datetime) -> datetime:
    """The moment from which the join button works."""
    return starts_at - OPENS_BEFORE


def session_state(starts_at: datetime, ends_at: datetime, *, cancelled: bool, now: datetime) -> SessionState:
    """Where a session stands; joining is possible while "join_open" or "live"."""
    if cancelled:
        return "cancelled"
    if now >= ends_at:
        return "over"
    if now >= starts_at:
        return "live"
    return "join_open" if now >= opens_at(starts_at) else "upcoming"


def seconds_to_open(starts_at: datetime, now: datetime) -> int:
    """Whole seconds until the button works, rounded up; 0 once it does."""
    return max(0, -int((now - opens_at(starts_at)).total_seconds() // 1))
