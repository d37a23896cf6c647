"""How often a form may be sent: Flask-Limiter at the doors, counting where every process looks.

It counts through `services/allowances.py`: in Redis where there is one, else in the database, and of whoever is
counted only a hash is kept. What a service counts inside its own transaction, as the sign-up does, it counts there
(docs/decisions/0012-one-count-of-tries.md).
"""

from collections.abc import Callable
from datetime import timedelta
from hashlib import sha256
from typing import Any, TypeVar, cast

from flask import Flask
from flask_limiter import Limiter, RateLimitExceeded
from limits import RateLimitItem
from limits.limits import GRANULARITIES
from limits.storage import Storage

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import TooMany
from webinar_hub.services import allowances
from webinar_hub.web.current import network

View = TypeVar("View", bound=Callable[..., Any])

SCHEME = "webinar-hub"


class SharedCounts(Storage):
    """What `limits` needs of a storage, in rows that all processes share. A window begins with its first try."""

    STORAGE_SCHEME = [SCHEME]  # noqa: RUF012  the library's own type

    @property
    def base_exceptions(self) -> tuple[type[Exception], ...]:
        """None that the library should turn into its own: a database that is away has its own answer."""
        return ()

    def incr(self, key: str, expiry: int, amount: int = 1) -> int:
        """Count `amount` more; how many that makes in the window of `expiry` seconds."""
        with transaction():
            return allowances.count(_name(key), amount, window=timedelta(seconds=expiry), now=clock.real_now())

    def get(self, key: str) -> int:
        """How many there are in the window."""
        return allowances.counted(_name(key), window=_window(key), now=clock.real_now())[0]

    def get_expiry(self, key: str) -> float:
        """When the window ends, in seconds since 1970."""
        used, since = allowances.counted(_name(key), window=_window(key), now=clock.real_now())
        return (since + _window(key)).timestamp() if used else clock.real_now().timestamp()

    def check(self) -> bool:
        """It counts in the database whatever happens to Redis, and without a database nothing works."""
        return True

    def reset(self) -> int | None:
        """Nobody may forget all counts at once."""
        raise NotImplementedError

    def clear(self, key: str) -> None:
        """Forget one."""
        with transaction():
            allowances.forget_one(_name(key))


limiter = Limiter(network, storage_uri=f"{SCHEME}://", strategy="fixed-window", headers_enabled=False)


def demand(what: str, limit: str, who: str, *, words: str = "") -> None:
    """Count one try of `what` by `who`, of whom `limit` ("5 per 15 minutes") are taken. Raises TooMany.

    `words` are said instead of how long to wait.
    """
    try:
        with limiter.shared_limit(limit, scope=what, key_func=lambda: who):
            pass
    except RateLimitExceeded as exceeded:
        raise refusal(exceeded.limit.limit, what, who, words) from None


def by_network(limit: str) -> Callable[[View], View]:
    """Let a view be posted to so often from one network; whoever comes more often reads how long to wait."""
    decorated: Callable[[View], View] = cast("Any", limiter.limit(limit, methods=["POST"]))
    return decorated


def refusal(item: RateLimitItem, what: str, who: str, words: str = "") -> TooMany:
    """How long whoever was refused has to wait, in words and seconds."""
    ends = limiter.limiter.get_window_stats(item, who, what).reset_time
    wait = max(1, int(ends - clock.real_now().timestamp()) + 1)
    return TooMany(words or allowances.often(wait), retry_after=wait)


def exceeded(problem: RateLimitExceeded) -> TooMany:
    """What a decorated view is to say when it was posted to too often."""
    return refusal(problem.limit.limit, *_scope_and_who())


def register(app: Flask) -> None:
    """Watch over the views that are marked."""
    limiter.init_app(app)


def _scope_and_who() -> tuple[str, str]:
    current = limiter.current_limit
    who, what = current.request_args if current else ("", "")
    return what, who


def _name(key: str) -> str:
    return f"door:{sha256(key.encode()).hexdigest()[:40]}"


def _window(key: str) -> timedelta:
    """The library ends a key with how many of which unit make a window (`RateLimitItem.key_for`)."""
    *_, multiples, unit = key.rsplit("/", 2)
    return timedelta(seconds=int(multiples) * GRANULARITIES[unit].GRANULARITY.seconds)
