"""What a mail does to her calendar, and how far ahead it says that the session is."""

from datetime import datetime, timedelta
from typing import Literal

DAY = timedelta(days=1)
LEAD_STEPS = (DAY, timedelta(hours=1), timedelta(minutes=10))
# Kinds that put a session into the calendar, and kinds that take it out again.
REQUESTS = frozenset(("confirmation", "invite", "session_changed", "session_added"))
# A reminder repeats the invite when there is time to act on it.
MAY_REQUEST = REQUESTS | {"reminder"}
# Kinds that make no sense any more once the session is at another time, or not hers.
ABOUT_ITS_TIME = ("reminder", "live", "invite", "session_changed", "session_added")
CANCELS = frozenset(("session_cancelled", "registration_cancelled", "cohort_cancelled", "calendar_cancel"))


def calendar_method(kind: str, lead: timedelta | None, *, takes_place: bool) -> Literal["REQUEST", "CANCEL"] | None:
    """The METHOD of a mail about a session (RFC 5546); a reminder repeats it while there is a day to act."""
    if kind in CANCELS:
        return "CANCEL"
    if not takes_place:
        return None
    return "REQUEST" if kind in REQUESTS or (kind == "reminder" and lead is not None and lead >= DAY) else None


def said_lead(planned: timedelta, starts_at: datetime, now: datetime) -> timedelta:
    """How far ahead the session is: the planned distance, or, if it is not true, the real one in round figures.

    A reminder to many may be early. Where it may say "tomorrow" it tells the real distance, rounded up, because a
    few minutes before midnight tomorrow is another day.
    """
    real = starts_at - now
    if real > planned and DAY / 2 <= planned < 2 * DAY:
        return -(-real // LEAD_STEPS[-1]) * LEAD_STEPS[-1]
    if abs(planned - real) <= planned / 8:
        return planned
    step = next(step for step in LEAD_STEPS if real >= 2 * step or step == LEAD_STEPS[-1])
    return max(step, round(real / step) * step)
