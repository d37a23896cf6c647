"""When an organizer's morning is, and what the mail of that morning is called."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo

AT = time(7, 0)
UNTIL = time(10, 0)
"""Whoever starts a worker later than this is not sent the morning at noon."""


def morning_of(now: datetime, zone: str) -> date | None:
    """The day whose digest is due at this moment on the clocks of `zone`; None outside the morning."""
    wall = now.astimezone(ZoneInfo(zone))
    return wall.date() if AT <= wall.time() < UNTIL else None


def key_of(organizer: int, day: date) -> str:
    """What the mail is, for ever: of two with one key the second is not written."""
    return f"digest:{organizer}:{day.isoformat()}"
