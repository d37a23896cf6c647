"""Watches the sign-up of each webinar for an attack; looks at most every few seconds, however many press a button.

Refused tries are gathered in this process and written down with the next look: a flood costs no statement each.
"""

import threading
from collections import Counter
from typing import cast

from flask import Flask, current_app

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.queries.protection import KeptAlarms
from webinar_hub.services import alarms
from webinar_hub.web.current import settings

LOOK_EVERY = 5.0
"""Seconds of real time between two looks at one webinar."""
MOST_KEPT = 1000
"""Webinars that are kept in mind; names that nobody has given, an attacker makes up by the thousand."""

log = get_logger("protection")


class Watch:
    """What one process has seen; used by all its threads."""

    def __init__(self) -> None:
        self.alarms = KeptAlarms()
        self.look_every = LOOK_EVERY
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()
        self._looked_at: dict[str, float] = {}

    def refused(self, slug: str) -> None:
        """Remember one refused try at a webinar's sign-up."""
        with self._lock:
            self._refused[slug] += 1

    def is_time(self, slug: str) -> int | None:
        """How many were refused since the last look; None while that, or the first try, was a moment ago."""
        moment = clock.monotonic()
        with self._lock:
            if len(self._looked_at) + len(self._refused) > MOST_KEPT:
                self._looked_at.clear()
                self._refused.clear()
            if moment - self._looked_at.setdefault(slug, moment) < self.look_every:
                return None
            self._looked_at[slug] = moment
            return self._refused.pop(slug, 0)


def attacked(slug: str) -> bool:
    """Whether a webinar is under attack just now."""
    return _watch().alarms.attacked(slug, clock.now())


def refused(slug: str) -> None:
    """Remember one refused try, and look whether there are too many."""
    _watch().refused(slug)
    look(slug)


def look(slug: str) -> None:
    """Look, unless that was a moment ago, whether what happens to a webinar is an attack."""
    refusals = _watch().is_time(slug)
    if refusals is None:
        return
    with transaction():
        reason = alarms.watch(slug, refusals, per_network=settings().sign_ups_per_hour, now=clock.now())
    if reason:
        log.warning("sign-up under attack", webinar=slug, reason=reason)
        forget()


def forget() -> None:
    """Have this process read anew which webinars are under attack."""
    _watch().alarms.forget()


def register(app: Flask) -> None:
    """Begin to watch."""
    app.extensions["watch"] = Watch()


def _watch() -> Watch:
    return cast(Watch, current_app.extensions["watch"])
