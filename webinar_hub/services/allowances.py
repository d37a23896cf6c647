"""Rate limits that several processes share and a restart does not reset.

They are counted in Redis where there is one, and in the database, which also stands in while Redis is away.
"""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache, partial
from hashlib import sha256
from typing import Any

from flask import current_app
from sqlalchemy import Select, bindparam, case, delete, literal_column, select, text, union_all

from webinar_hub.adapters.tries import RedisTries, TriesAway
from webinar_hub.core.db import db, on_rollback
from webinar_hub.core.errors import TooMany
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.core.language import ngettext
from webinar_hub.models import Allowance

Counts = dict[str, tuple[int, datetime]]
"""By name: how many tries there are in the window that began then."""


@dataclass(frozen=True, slots=True)
class Counted:
    """What is only counted, under a name that says nothing of anybody."""

    name: str
    limit: int = sys.maxsize >> 16


@dataclass(frozen=True, slots=True)
class Try:
    """One more try of `what` by `who`, of which there may be `limit` in a window.

    `refusal` is said to whoever tries more often; without one she reads how long to wait.
    """

    what: str
    who: str
    limit: int
    refusal: str = ""

    @property
    def name(self) -> str:
        """The row it is counted in; of `who` only a hash is kept."""
        return f"{self.what}:{sha256(self.who.encode()).hexdigest()[:40]}"


def spend(what: str, who: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Count one try; errors as in `spend_each`."""
    spend_each([Try(what, who, limit)], window=window, now=now)


def demand_left(what: str, who: str, *, limit: int, window: timedelta, now: datetime) -> None:
    """Raises TooMany where the next try would be one too many; nothing is counted.

    For what is counted only when it was wrong: whoever has guessed too often is not told that a guess was right.
    """
    each = Try(what, who, limit)
    used, since = counted(each.name, window=window, now=now)
    if used >= limit:
        raise _too_many(each, since, window, now)


def spend_each(tries: Iterable[Try], *, window: timedelta, now: datetime) -> None:
    """Count tries, all in one statement if in the database; raises TooMany for the first too many in its window.

    A refused try is rolled back with its transaction, so being refused does not lengthen the wait.
    """
    # In one order for everybody, or two that count the same rows could wait for each other.
    several = dict(sorted(Counter(tries).items(), key=lambda pair: pair[0].name))
    counted = _in_redis(several, window, now) or _in_database(several, window, now)
    for each in several:
        used, since = counted[each.name]
        if used > each.limit:
            raise _too_many(each, since, window, now)


def _too_many(each: Try, since: datetime, window: timedelta, now: datetime) -> TooMany:
    wait = int((since + window - now).total_seconds()) + 1
    return TooMany(each.refusal or often(wait), retry_after=wait)


def _in_redis(tries: Mapping[Any, int], window: timedelta, now: datetime) -> Counts | None:
    """None where there is no Redis, or it does not answer."""
    redis: RedisTries | None = current_app.extensions["tries"]
    if redis is None:
        return None
    try:
        return {each.name: _count(redis, each, times, window, now) for each, times in tries.items()}
    except TriesAway:
        return None


def _count(redis: RedisTries, each: Any, times: int, window: timedelta, now: datetime) -> tuple[int, datetime]:
    for _ in range(times):
        used, since = redis.count(each.name, limit=each.limit, window=window, now=now)
        if used <= each.limit:
            on_rollback(partial(redis.take_back, each.name, since))
    return used, since


def _in_database(tries: Mapping[Any, int], window: timedelta, now: datetime) -> Counts:
    values: dict[str, Any] = {"now": now, "over": now - window}
    for position, (each, times) in enumerate(tries.items()):
        values |= {f"name_{position}": each.name, f"times_{position}": times}
    statement = _spending(len(tries), db.engine.dialect.name)
    rows = db.session.connection().execute(statement, values)
    return {name: (used, since) for name, used, since in rows}


@cache
def _spending(tries: int, dialect: str) -> Any:
    """Built once for each kind of database: it is part of every sign-up."""
    moment = Allowance.since.type
    now, over = bindparam("now", type_=moment), Allowance.since <= bindparam("over", type_=moment)
    more = literal_column("excluded.used", Allowance.used.type)
    return insert_or_update(
        Allowance,
        union_all(*(_row(position, now) for position in range(tries))),
        ["name"],
        {
            "used": case((over, more), else_=Allowance.used + more),
            "since": case((over, now), else_=Allowance.since),
        },
    ).returning(Allowance.name, Allowance.used, Allowance.since)


def _row(position: int, now: Any) -> Select[Any]:
    name = bindparam(f"name_{position}", type_=Allowance.name.type).label("name")
    times = bindparam(f"times_{position}", type_=Allowance.used.type).label("used")
    return select(name, now.label("since"), times).where(text("1 = 1"))


def often(seconds: int) -> str:
    """What is said to whoever has to wait so many seconds."""
    words: str = ngettext(
        "Too many tries. Please try again in a minute; nothing was lost.",
        "Too many tries. Please try again in %(num)s minutes; nothing was lost.",
        -(-seconds // 60),
    )
    return words


def count(name: str, times: int, *, window: timedelta, now: datetime) -> int:
    """Count `times` more of a name, without a limit; how many that makes in its window."""
    each = Counted(name)
    used, _ = (_in_redis({each: times}, window, now) or _in_database({each: times}, window, now))[name]
    return used


def counted(name: str, *, window: timedelta, now: datetime) -> tuple[int, datetime]:
    """How many of a name there are in the window under way, and when that began; 0 and now where none is."""
    redis: RedisTries | None = current_app.extensions["tries"]
    found = None
    if redis is not None:
        with suppress(TriesAway):
            found = redis.look(name)
    if found is None:
        row = db.session.execute(select(Allowance.used, Allowance.since).where(Allowance.name == name)).first()
        found = (row.used, row.since) if row else None
    return found if found and found[1] > now - window else (0, now)


def forget_one(name: str) -> None:
    """Begin again with a name."""
    redis: RedisTries | None = current_app.extensions["tries"]
    if redis is not None:
        redis.forget(name)
    db.session.execute(delete(Allowance).where(Allowance.name == name))


def forget(before: datetime) -> None:
    """Delete the counts of windows that began before then."""
    db.session.execute(delete(Allowance).where(Allowance.since < before))
