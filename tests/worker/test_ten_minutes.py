"""Ten minutes with a real worker, and with everything at once: everybody is told once, or never."""

import threading
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import given_cohort, outbox, session_row, sign_up
from tests.changing import MOVE, WEEK_LATER, apply, tell_now, undo
from tests.delivering import write_out
from tests.people import Person, mails_to
from webinar_hub.core import clock, wake
from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict
from webinar_hub.models import AuditEntry
from webinar_hub.rules.change import WINDOW, Wish
from webinar_hub.worker.running import Worker

ANN = Person("Ann Lee", "ann@x.example")
CANCEL = Wish("cancel", key="week-2")


def at_once(*acts: Callable[[], object]) -> list[BaseException]:
    """Do all of it at one moment, each in a thread; what was refused."""
    refused: list[BaseException] = []
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        ready.wait(20)
        try:
            act()
        except Exception as error:
            refused.append(error)

    threads = [threading.Thread(target=run, args=(act,)) for act in acts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
        assert not thread.is_alive()
    return refused


@pytest.fixture
def due(app: Flask, tmp_path: Path, travel: Traveller) -> int:
    """A change whose ten minutes are nearly over."""
    cohort = given_cohort(app, tmp_path)
    for number in range(5):
        sign_up(app, cohort, f"ann{number}@x.example")
    travel.shift(timedelta(minutes=1))
    change = apply(app, MOVE)
    travel.shift(WINDOW - timedelta(seconds=1))
    return change


def noted(app: Flask, action: str) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).where(AuditEntry.action == action)) or 0


def test_an_undo_against_the_clock(app: Flask, due: int, travel: Traveller) -> None:
    before = session_row(app).wall_start

    def ring() -> None:
        write_out(app)

    for _ in range(3):
        refused = at_once(lambda: undo(app, due), ring)
        assert all(isinstance(error, Conflict) for error in refused)
    travel.shift(timedelta(seconds=2))
    refused = at_once(ring, lambda: undo(app, due), ring)
    assert all(isinstance(error, Conflict) for error in refused)
    write_out(app)
    told, undone = len(outbox(app, kind="session_changed")), noted(app, "change.undone")
    assert (told, undone) in {(5, 0), (0, 1)}
    assert (session_row(app).wall_start == before) == (undone == 0)


def test_undone_by_two_at_once_it_is_undone_once(app: Flask, due: int) -> None:
    revision = session_row(app).revision
    assert at_once(lambda: undo(app, due), lambda: undo(app, due), lambda: undo(app, due)) == []
    assert noted(app, "change.undone") == 1
    assert session_row(app).revision == revision + 1


def test_undone_and_told_at_once_it_is_one_of_the_two(app: Flask, due: int) -> None:
    refused = at_once(lambda: undo(app, due), lambda: tell_now(app, due))
    assert all(isinstance(error, Conflict) for error in refused)
    write_out(app)
    told = len(outbox(app, kind="session_changed"))
    assert (told, noted(app, "change.undone")) in {(5, 0), (0, 1)}


def test_changed_again_while_it_is_undone(app: Flask, due: int, travel: Traveller) -> None:
    refused = at_once(lambda: undo(app, due), lambda: apply(app, CANCEL), lambda: apply(app, WEEK_LATER))
    assert all(isinstance(error, Conflict) for error in refused)
    travel.shift(2 * WINDOW)
    write_out(app)
    keys = [delivery.key for delivery in outbox(app)]
    assert len(keys) == len(set(keys))
    moved = {key.split(":")[1] for key in keys if ":session_changed:" in key}
    assert len(outbox(app, kind="session_changed")) == 5 * len(moved)


def test_a_real_worker_says_nothing_before_the_window_ends_and_everything_then(
    app: Flask, tmp_path: Path, worker: Worker
) -> None:
    year = clock.now().year + 1
    cohort = given_cohort(app, tmp_path, {"2026-12-08": f"{year}-12-07", "2026-12-12": f"{year}-12-11"})
    sign_up(app, cohort)
    patient(lambda: len(mails_to(app, ANN)) == 2)
    taken_back = apply(app, Wish("cancel", key="week-2"))
    undo(app, taken_back)
    starts = session_row(app).starts_at.replace(tzinfo=None) + timedelta(days=1)
    apply(app, Wish("move", key="week-1", starts=starts))
    assert not patient(lambda: len(mails_to(app, ANN)) > 2, seconds=1)
    clock.set_to(clock.now() + WINDOW, tmp_path / "clock")
    wake.ring()
    assert patient(lambda: len(mails_to(app, ANN)) == 3)
    assert "new time" in mails_to(app, ANN)[0].text
    assert not patient(lambda: len(mails_to(app, ANN)) > 3, seconds=1)


def patient(what: Callable[[], bool], seconds: float = 20) -> bool:
    """Whether it comes about within so many seconds."""
    until = clock.monotonic() + seconds
    while clock.monotonic() < until:
        if what():
            return True
        threading.Event().wait(0.05)
    return what()
