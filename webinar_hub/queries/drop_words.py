"""When a bonus opens, in words: what it counts from."""

from datetime import date, datetime, time

from webinar_hub.models import Drop, Session
from webinar_hub.rules.zones import clock_words


def follows(drop: Drop, session: Session | None) -> str:
    """What its moment counts from; "" for a fixed one."""
    if drop.enrolment_days is not None:
        return own_clock_words(drop.enrolment_days, drop.enrolment_at)
    if session is None:
        return ""
    days = {0: "on the day of", 1: "1 day after"}.get(drop.after_days, f"{drop.after_days} days after")
    if not drop.after_at:
        return f"{days} “{session.title}”, at the hour it ends"
    at = clock_words(datetime.combine(date.min, time.fromisoformat(drop.after_at)))
    return f"{days} “{session.title}”, at {at}"


def own_clock_words(days: int, at: str) -> str:
    """When it opens to each one, in words: "3 days after she came in, at 8:00 am"."""
    after = f"{days} {'day' if days == 1 else 'days'} after each one came in"
    return f"{after}, at {clock_words(datetime.combine(date.min, time.fromisoformat(at)))}" if at else after
