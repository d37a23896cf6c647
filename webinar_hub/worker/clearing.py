"""What the leader does about people's data, in short steps: wishes to be deleted, and the nightly clean-up."""

from datetime import datetime, timedelta

from flask import Flask

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.log import get_logger
from webinar_hub.queries import erasures as queries
from webinar_hub.queries.house import KeptHouse
from webinar_hub.services import erasures, purging

log = get_logger("clearing")
STEPS = 20
"""So many at once: a ring must not wait long for them, and the next one goes on."""


CLEAR_EVERY = timedelta(minutes=1)
PURGE_EVERY = timedelta(minutes=10)
"""So long between two looks while nothing is left to do, by the clock that the demo moves."""


class Clearer:
    """One per process that may lead; the leader calls `look` at every ring, inside an app context."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._cleared_at: datetime | None = None
        self._purged_at: datetime | None = None

    def look(self) -> None:
        """Take some steps if it is time to; at the next ring again while there is more."""
        if _is_time(self._cleared_at, CLEAR_EVERY):
            self._cleared_at = None if carry_out(self._app) else clock.now()
        if _is_time(self._purged_at, PURGE_EVERY):
            self._purged_at = None if purge(self._app) else clock.now()


def _is_time(last: datetime | None, every: timedelta) -> bool:
    # A clock that was put back is no reason to wait until it is there again.
    return last is None or abs(clock.now() - last) >= every


def carry_out(app: Flask, *, most: int = STEPS) -> bool:
    """Take some steps of wishes to be deleted that are due; whether there may be more to do now."""
    if not queries.any_open():
        return False
    house: KeptHouse = app.extensions["house"]
    keep = house.now().retention["attendance"]
    with transaction():
        erasures.forget_unproven(clock.now())
    for _ in range(most):
        with transaction():
            done = erasures.carry_out_next(app.extensions["voice"](), keep_attendance=keep, now=clock.now())
        if not done:
            return False
        log.info("a wish to be deleted went on")
    return True


def purge(app: Flask, *, most: int = STEPS) -> bool:
    """Take some steps of tonight's clean-up; whether there may be more to do now."""
    periods = periods_of(app)
    for _ in range(most):
        with transaction():
            more = purging.take_next_step(periods, now=clock.now())
        if not more:
            return False
    return True


def periods_of(app: Flask) -> purging.Periods:
    """How long the owner wants things kept."""
    house: KeptHouse = app.extensions["house"]
    return purging.Periods(house.now().retention, house.now().zone)
