"""Rate limits that several processes share and a restart does not reset.

They are counted in Redis where there is one, and in the database, which also stands in while Redis is away.
"""

from datetime import datetime, timedelta
from hashlib import sha256

from flask import current_app
from sqlalchemy import case, delete

from webinar_hub.adapters.tries import RedisTries, TriesAway
from webinar_hub.core.db import db, insert_or_update, on_rollback
from webinar_hub.core.errors import TooMany
from webinar_hub.models import Allowance


def spend(what: str, who: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one try of `what` by `who`; raises TooMany beyond `limit` tries in `window`.

    `who` is kept as a hash only. The refused try is rolled back with its transaction, so being refused does
    not lengthen the wait.
    """
    name = f"{what}:{sha256(who.encode()).hexdigest()[:40]}"
    used, since = _in_redis(name, limit, window, now) or _in_database(name, window, now)
    if used > limit:
        wait = int((since + window - now).total_seconds()) + 1
        words = f"That was often. Please try again in {_in_words(wait)}; nothing was lost."
        raise TooMany(words, retry_after=wait)


def _in_redis(name: str, limit: int, window: timedelta, now: datetime) -> tuple[int, datetime] | None:
    """Tries so far and since when, or None where no Redis answers."""
    tries: RedisTries | None = current_app.extensions["tries"]
    if tries is None:
        return None
    try:
        used, since = tries.count(name, limit=limit, window=window, now=now)
    except TriesAway:
        return None
    if used <= limit:
        on_rollback(lambda: tries.take_back(name, since))
    return used, since


def _in_database(name: str, window: timedelta, now: datetime) -> tuple[int, datetime]:
    over = Allowance.since <= now - window
    statement = insert_or_update(
        Allowance,
        {"name": name, "since": now, "used": 1},
        ["name"],
        {"used": case((over, 1), else_=Allowance.used + 1), "since": case((over, now), else_=Allowance.since)},
    ).returning(Allowance.used, Allowance.since)
    used, since = db.session.execute(statement).one()
    return used, since


def _in_words(seconds: int) -> str:
    minutes = -(-seconds // 60)
    return "a minute" if minutes == 1 else f"{minutes} minutes"


def forget(before: datetime) -> None:
    """Delete the counts of windows that began before then."""
    db.session.execute(delete(Allowance).where(Allowance.since < before))
