"""When a drop that follows a session is released; whether somebody may open it is decided in entitlement.py."""

from datetime import datetime, time, timedelta


def release_after(starts: datetime, ends: datetime, *, days: int, at: time | None) -> datetime:
    """The wall time `days` days after a session, all naive in the cohort's zone.

    Days count from the day it starts, at `at`; without a time of day, from the moment it ends.
    """
    if at is None:
        return ends + timedelta(days=days)
    return datetime.combine(starts.date() + timedelta(days=days), at)
