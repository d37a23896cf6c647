"""Waitlists move on by themselves: the worker's clock ends offers when they run out, and asks who is next."""

import time
from datetime import timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import update

from tests.waiting import come, leave, seats, small, standing
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.models import Registration, Session
from webinar_hub.models.registration import IS_OFFERED
from webinar_hub.worker.running import Worker


def until_it_is(app: Flask, wanted: dict[str, str], seconds: float = 30) -> None:
    end = time.monotonic() + seconds
    while standing(app) != wanted and time.monotonic() < end:
        time.sleep(0.05)
    assert standing(app) == wanted


def test_an_offer_ends_at_its_moment_and_the_next_one_is_asked(app: Flask, worker: Worker, tmp_path: Path) -> None:
    cohort = small(app, tmp_path, seats=1)
    with app.app_context(), transaction() as session:
        start = clock.now() + timedelta(days=3)
        session.execute(update(Session).values(starts_at=start, ends_at=start + timedelta(hours=1)))
    come(app, cohort, "ann", "bea", "cleo")
    leave(app, "ann")
    assert standing(app)["bea"] == "offered"
    with app.app_context(), transaction() as session:
        soon = clock.now() + timedelta(seconds=1)
        session.execute(update(Registration).where(IS_OFFERED).values(offer_until=soon))
    until_it_is(app, {"ann": "cancelled", "bea": "cancelled", "cleo": "offered"})
    assert seats(app) == 1
