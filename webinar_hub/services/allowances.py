"""Rate limits that several processes share and a restart does not reset."""

from datetime import datetime, timedelta
from hashlib import sha256

from sqlalchemy import case, delete

from webinar_hub.core.db import db, insert_or_update
from webinar_hub.core.errors import TooMany
from webinar_hub.models import Allowance


def spend(what: str, who: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one try of `what` by `who`; raises TooMany beyond `limit` tries in `window`.

    `who` is kept as a hash only. The refused try is rolled back with its transaction, so being refused does
    not lengthen the wait.
    """
    name = f"{what}:{sha256(who.encode()).hexdigest()[:40]}"
    over = Allowance.since <= now - window
    statement = insert_or_update(
        Allowance,
        {"name": name, "since": now, "used": 1},
        ["name"],
        {"used": case((over, 1), else_=Allowance.used + 1), "since": case((over, now), else_=Allowance.since)},
    ).returning(Allowance.used, Allowance.since)
    used, since = db.session.execute(statement).one()
    if used > limit:
        wait = int((since + window - now).total_seconds()) + 1
        words = f"That was often. Please try again in {_in_words(wait)}; nothing was lost."
        raise TooMany(words, retry_after=wait)


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def forget(before: datetime) -> None:
    """Delete the counts of windows that began before then."""
    db.session.execute(delete(Allowance).where(Allowance.since < before))
