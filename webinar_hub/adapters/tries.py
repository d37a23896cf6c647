"""Counts tries in Redis, for a fleet whose database has enough to do.

The rules are those of `services/allowances.py`, which counts in the database where this does not answer.
"""

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

from webinar_hub.core import clock
from webinar_hub.core.config import ConfigError
from webinar_hub.core.log import Seldom, get_logger

# Somebody waits for her page: seconds that Redis may take, and seconds in which it is not asked again after that.
PATIENCE = 0.5
PAUSE = 5.0

# One round trip, and nobody comes between looking and counting. What is beyond the limit is not counted, so a
# refused try does not lengthen the wait; as in the database, where its transaction is rolled back.
COUNT = """
local since = tonumber(redis.call('HGET', KEYS[1], 'since'))
local used = tonumber(redis.call('HGET', KEYS[1], 'used') or 0)
local now, window, limit = tonumber(ARGV[1]), tonumber(ARGV[2]), tonumber(ARGV[3])
if not since or since <= now - window then
  since, used = now, 0
  redis.call('HSET', KEYS[1], 'since', ARGV[1])
end
if used < limit then
  redis.call('HSET', KEYS[1], 'used', used + 1)
  redis.call('PEXPIRE', KEYS[1], window)
end
return {used + 1, since}
"""
TAKE_BACK = """
if redis.call('HGET', KEYS[1], 'since') == ARGV[1] and tonumber(redis.call('HGET', KEYS[1], 'used')) > 0 then
  redis.call('HINCRBY', KEYS[1], 'used', -1)
end
"""
LOOK = "return {redis.call('HGET', KEYS[1], 'used') or 0, redis.call('HGET', KEYS[1], 'since')}"
FORGET = "return redis.call('DEL', KEYS[1])"

log = get_logger("tries")


class TriesAway(Exception):
    """Redis does not answer."""


class RedisTries:
    """Used by all threads of a process; nothing is connected before the first try."""

    def __init__(self, url: str) -> None:
        """Raises ConfigError where the package redis is not installed."""
        try:
            import redis  # noqa: PLC0415  optional dependency
            from redis.backoff import NoBackoff  # noqa: PLC0415  optional dependency
            from redis.retry import Retry  # noqa: PLC0415  optional dependency
        except ImportError as error:
            missing = "WEBINAR_HUB_REDIS_URL is set, but redis is not installed: pip install 'webinar-hub[fleet]'."
            raise ConfigError([missing]) from error
        self._trouble: type[Exception] = redis.RedisError
        # Tried once more at once: a connection that rested may have ended, which says nothing about Redis.
        self._client: Any = redis.Redis.from_url(
            url, socket_timeout=PATIENCE, socket_connect_timeout=PATIENCE, retry=Retry(NoBackoff(), 1)
        )
        self._count = self._client.register_script(COUNT)
        self._take_back = self._client.register_script(TAKE_BACK)
        self._look = self._client.register_script(LOOK)
        self._forget = self._client.register_script(FORGET)
        self._away_until = 0.0
        self._may_warn = Seldom(clock.monotonic)

    def count(self, name: str, *, limit: int, window: timedelta, now: datetime) -> tuple[int, datetime]:
        """Count one try; how many that makes in its window, and when (aware) the window began.

        Beyond `limit` it says `limit` + 1 and counts nothing. Raises TriesAway.
        """
        asked = [_milliseconds(now), int(window.total_seconds() * 1000), limit]
        used, since = self._ask(self._count, name, asked)
        return used, datetime.fromtimestamp(since / 1000, tz=UTC)

    def look(self, name: str) -> tuple[int, datetime] | None:
        """How many tries of a name are counted, and when (aware) their window began. Raises TriesAway."""
        found = self._ask(self._look, name, [])
        return (int(found[0]), datetime.fromtimestamp(int(found[1]) / 1000, tz=UTC)) if found[1] else None

    def forget(self, name: str) -> None:
        """Begin again with a name; where Redis does not answer, what was counted stays until its window ends."""
        with suppress(TriesAway):
            self._ask(self._forget, name, [])

    def take_back(self, name: str, since: datetime) -> None:
        """Forget one try of the window that began then; where Redis does not answer, it stays counted."""
        try:
            self._ask(self._take_back, name, [_milliseconds(since)])
        except TriesAway:
            log.info("try not taken back")

    def problem(self) -> str:
        """Why nothing can be counted, in words; "" when it can."""
        try:
            self._client.ping()
        except self._trouble as error:
            return f"Redis does not answer ({error})."
        return ""

    def close(self) -> None:
        """Close the connections."""
        self._client.close()

    def _ask(self, script: Any, name: str, values: list[int]) -> Any:
        if clock.monotonic() < self._away_until:
            raise TriesAway
        try:
            return script(keys=[f"webinar-hub:tries:{name}"], args=values)
        except self._trouble as error:
            self._away_until = clock.monotonic() + PAUSE
            if self._may_warn():
                log.warning("Redis does not answer: tries are counted in the database", error=repr(error))
            raise TriesAway from error


def _milliseconds(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)
