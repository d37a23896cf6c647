"""Two at once, with threads that really meet: each seat is one person's, whoever is quicker."""

import threading
from collections import Counter
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update
from time_machine import Traveller

from tests.waiting import STAFF, come, done, leave, row, seats, small, standing, with_row
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.models import Cohort
from webinar_hub.services import approvals, places, registrations, settling


def at_once(*tasks: Callable[[], object]) -> Counter[str]:
    """Do everything at the same moment; how often each answer came, a refusal as "refused"."""
    together = threading.Barrier(len(tasks))

    def run(task: Callable[[], object]) -> str:
        together.wait(timeout=30)
        try:
            return str(task())
        except Conflict:
            return "refused"

    with ThreadPoolExecutor(len(tasks)) as pool:
        return Counter(pool.map(run, tasks))


def cohort_of(app: Flask) -> int:
    with app.app_context():
        return db.session.scalars(select(Cohort.id)).one()


def times(task: Callable[[], object], number: int) -> Sequence[Callable[[], object]]:
    return [task] * number


def test_two_cancels_at_once_free_a_seat_each_and_one_twice_frees_one(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    come(app, small(app, tmp_path, seats=2), "ann", "bea", "cleo", "dina", "eva")
    at_once(*times(lambda: leave(app, "ann"), 3), *times(lambda: leave(app, "bea"), 2))
    assert standing(app) == {
        "ann": "cancelled", "bea": "cancelled", "cleo": "offered", "dina": "offered", "eva": "waitlisted",
    }  # fmt: skip
    assert seats(app) == 2


def test_a_cancel_and_the_clock_and_an_organizer_offer_each_seat_once(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    come(app, small(app, tmp_path, seats=2), "ann", "bea", "cleo", "dina", "eva", "fay")
    with app.app_context(), transaction() as session:
        session.execute(update(Cohort).values(capacity=3))
    cohort, eva = cohort_of(app), row(app, "eva").id
    at_once(
        lambda: leave(app, "ann"),
        lambda: done(app, lambda: places.turn(cohort, now=clock.now())),
        lambda: done(app, lambda: places.turn(cohort, now=clock.now())),
        lambda: done(app, lambda: approvals.offer_now(eva, actor=STAFF, now=clock.now())),
    )
    # What was passed over because it was held is found by the next look.
    done(app, lambda: places.turn(cohort, now=clock.now()))
    assert Counter(standing(app).values()) == {"confirmed": 1, "cancelled": 1, "offered": 2, "waitlisted": 2}
    assert seats(app) == 3


@pytest.mark.parametrize("late", [timedelta(0), timedelta(hours=12)])
def test_accept_and_decline_and_expiry_at_once(
    app: Flask, tmp_path: Path, travel: Traveller, late: timedelta
) -> None:
    come(app, small(app, tmp_path, seats=1), "ann", "bea", "cleo")
    leave(app, "ann")
    travel.shift(late)
    cohort = cohort_of(app)
    answers = at_once(
        *times(lambda: with_row(app, "bea", lambda hers: settling.accept(hers, now=clock.now())), 3),
        lambda: done(app, lambda: places.turn(cohort, now=clock.now())),
    )
    done(app, lambda: places.turn(cohort, now=clock.now()))
    if late:
        assert answers["True"] == 0
        assert (standing(app)["bea"], standing(app)["cleo"]) == ("cancelled", "offered")
    else:
        assert answers["True"] == 3, "a double click is one yes"
        assert (standing(app)["bea"], standing(app)["cleo"]) == ("confirmed", "waitlisted")
    assert seats(app) == 1


def test_the_last_seat_has_one_of_those_who_are_approved_at_once(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    come(app, small(app, tmp_path, seats=1, needs_approval=True), "ann", "bea")
    tasks = [
        lambda name=name: done(app, lambda: approvals.approve(row(app, name).id, actor=STAFF, now=clock.now()))
        for name in ("ann", "bea", "ann", "bea")
    ]
    at_once(*tasks)
    assert sorted(standing(app).values()) == ["confirmed", "waitlisted"]
    assert seats(app) == 1


def test_an_edit_and_an_approval_and_a_cancel_at_once(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    come(app, small(app, tmp_path, seats=1, needs_approval=True, approval_again=True), "ann", "bea")
    ann = row(app, "ann").id
    done(app, lambda: approvals.approve(ann, actor=STAFF, now=clock.now()))
    done(app, lambda: approvals.approve(row(app, "bea").id, actor=STAFF, now=clock.now()))
    at_once(
        *times(lambda: with_row(app, "ann", lambda hers: settling.review_again(hers, clock.now())), 2),
        lambda: done(app, lambda: approvals.approve(ann, actor=STAFF, now=clock.now())),
    )
    assert standing(app)["ann"] in ("pending", "confirmed")
    assert (seats(app), standing(app)["bea"]) == (1, "waitlisted"), "her seat is hers, whoever was quicker"
    at_once(
        lambda: leave(app, "ann"),
        lambda: done(app, lambda: approvals.decline(ann, "", actor=STAFF, now=clock.now())),
    )
    assert (standing(app)["ann"] in ("cancelled", "declined"), standing(app)["bea"]) == (True, "offered")
    assert seats(app) == 1


def test_coming_back_leaving_and_being_offered_all_at_once(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    names = ("ann", "bea", "cleo", "dina", "eva", "fay")
    come(app, small(app, tmp_path, seats=2), *names)
    cohort = cohort_of(app)

    def back(name: str) -> object:
        hers = row(app, name)
        return done(app, lambda: registrations.come_back(hers.person_id, hers.public_id, now=clock.now()))

    for _ in range(2):
        at_once(
            *(lambda name=name: leave(app, name) for name in names[:4]),  # type: ignore[misc]
            *(lambda name=name: back(name) for name in names[:4]),  # type: ignore[misc]
            lambda: done(app, lambda: places.turn(cohort, now=clock.now())),
        )
    done(app, lambda: places.turn(cohort, now=clock.now()))
    # In any order: no seat is lost, none is sold twice, and nobody waits while one is free.
    waits = [name for name, state in standing(app).items() if state == "waitlisted"]
    assert seats(app) == 2 or not waits
