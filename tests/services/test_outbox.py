"""The outbox: who may hold a delivery, and what becomes of it whoever comes too late."""

import threading
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from time_machine import Traveller

from tests.building import NOW, given_cohort, outbox, sign_up
from webinar_hub.core.db import transaction
from webinar_hub.models import Delivery
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import outbox as service
from webinar_hub.services.outbox import Result

LATER = NOW + timedelta(minutes=5)
RAN_OUT = -1.0
"""A lease, in seconds of the database's clock, that has ended when it begins."""


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def inside(app: Flask, cohort: str) -> Iterator[None]:
    """One person has signed up, and what follows happens inside the app."""
    sign_up(app, cohort)
    with app.app_context():
        yield


def claim(*, lease: float = 45.0, now: datetime = NOW, limit: int = 50) -> list[Claimed]:
    with transaction():
        return service.claim(limit, lease=lease, now=now)


def waiting(most: int, now: datetime = NOW) -> int:
    with transaction():
        return service.waiting(most, now=now)


def record(held: Claimed, state: str, *, due_at: datetime | None = None, burnt: bool = True) -> None:
    with transaction():
        service.record([Result(held, state, f"it is {state}", due_at, burnt)], now=NOW)


def cancel() -> None:
    with transaction():
        service.cancel(Delivery.kind == "confirmation")


def confirmation(app: Flask) -> Delivery:
    (found,) = outbox(app, kind="confirmation")
    return found


def test_signing_up_leaves_exactly_one_confirmation(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort)
    assert [(d.kind, d.state, d.due_at) for d in outbox(app)] == [("confirmation", "queued", NOW)]


@pytest.mark.usefixtures("inside")
class TestClaiming:
    def test_what_could_be_claimed_is_counted_no_further_than_asked(self, app: Flask, cohort: str) -> None:
        assert (waiting(10), waiting(10, now=NOW - timedelta(seconds=1))) == (1, 0)
        sign_up(app, cohort, email="second@example.org")
        assert (waiting(10), waiting(1)) == (2, 1)
        claim(limit=1)
        assert waiting(10) == 1
        claim(lease=RAN_OUT)
        assert waiting(10) == 1

    def test_a_claimed_delivery_is_leased(self, app: Flask) -> None:
        (held,) = claim()
        row = confirmation(app)
        assert (row.state, row.lease_token, row.attempts) == ("sending", held.lease_token, 1)
        assert row.lease_until is not None

    def test_it_is_nobody_elses_while_the_lease_runs(self) -> None:
        assert len(claim()) == 1
        assert claim() == []

    def test_it_is_taken_again_when_the_lease_ran_out(self) -> None:
        (dead,) = claim(lease=RAN_OUT)
        (rescued,) = claim(now=LATER)
        assert rescued.id == dead.id
        assert rescued.lease_token != dead.lease_token
        assert rescued.attempts == 2
        assert rescued.composed_at == dead.composed_at, "a second attempt has the same Date, so the same bytes"

    def test_what_is_not_due_yet_stays(self) -> None:
        assert claim(now=NOW - timedelta(seconds=1)) == []

    def test_what_waits_for_a_person_goes_before_what_may_take_its_time(self, app: Flask, cohort: str) -> None:
        registration = confirmation(app).registration_id
        with transaction():
            service.enqueue("drop:1", "drop", registration, now=NOW - timedelta(hours=1))
        assert [held.kind for held in claim(limit=1)] == ["confirmation"]


def test_two_that_claim_at_once_never_share_a_row(app: Flask, cohort: str) -> None:
    people = 40
    for number in range(people):
        sign_up(app, cohort, f"person{number}@x.example")
    claimed: list[int] = []
    gate = threading.Barrier(4)

    def work() -> None:
        gate.wait()
        with app.app_context():
            for _ in range(people):
                claimed.extend(row.id for row in claim(limit=3))

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == people
    assert len(set(claimed)) == people


@pytest.mark.usefixtures("inside")
class TestRecording:
    @pytest.mark.parametrize("state", ["sent", "failed", "queued"])
    def test_who_has_lost_the_lease_changes_nothing(self, app: Flask, state: str) -> None:
        (dead,) = claim(lease=RAN_OUT)
        (rescued,) = claim()
        record(dead, state, due_at=LATER)
        row = confirmation(app)
        assert (row.state, row.lease_token, row.due_at, row.reply) == ("sending", rescued.lease_token, NOW, None)

    def test_what_was_sent_says_when_and_what_the_server_said(self, app: Flask) -> None:
        (held,) = claim()
        record(held, "sent")
        row = confirmation(app)
        assert (row.state, row.sent_at, row.reply) == ("sent", NOW, "it is sent")
        assert (row.lease_token, row.lease_until) == (None, None)
        assert held.id not in [row.id for row in claim(now=LATER)]

    def test_a_retry_waits_until_it_is_due_again(self, app: Flask) -> None:
        (held,) = claim()
        record(held, "queued", due_at=LATER)
        assert claim() == []
        (again,) = claim(now=LATER)
        assert (again.id, again.attempts) == (held.id, 2)

    def test_an_attempt_that_never_reached_the_server_does_not_count(self, app: Flask) -> None:
        (held,) = claim()
        record(held, "queued", burnt=False)
        (again,) = claim()
        assert again.attempts == 1

    def test_what_was_cancelled_while_it_was_sent_is_not_tried_again(self, app: Flask) -> None:
        (held,) = claim()
        cancel()
        record(held, "queued", due_at=LATER)
        assert confirmation(app).state == "cancelled"
        assert claim(now=LATER) == []

    def test_what_was_cancelled_too_late_is_sent_all_the_same(self, app: Flask) -> None:
        (held,) = claim()
        cancel()
        record(held, "sent")
        assert confirmation(app).state == "sent", "the server has it: that is the truth"


@pytest.mark.usefixtures("inside")
class TestExpiring:
    def end(self, app: Flask) -> datetime:
        expires_at = confirmation(app).expires_at
        assert expires_at is not None
        return expires_at

    def expire(self, now: datetime) -> int:
        with transaction():
            return service.expire(now)

    def test_what_has_lost_its_sense_ends_unsent(self, app: Flask) -> None:
        end = self.end(app)
        assert self.expire(end - timedelta(seconds=1)) == 0
        assert claim(now=end) == [], "nobody may send it any more"
        assert self.expire(end) == 1
        assert confirmation(app).state == "expired"

    def test_what_is_being_sent_is_left_to_its_sender(self, app: Flask) -> None:
        (held,) = claim()
        assert self.expire(self.end(app)) == 0
        record(held, "sent")
        assert confirmation(app).state == "sent"

    def test_what_its_sender_left_behind_expires_too(self, app: Flask) -> None:
        claim(lease=RAN_OUT)
        assert self.expire(self.end(app)) == 1


def test_what_was_due_before_the_clock_was_put_back_is_due_still(app: Flask, cohort: str) -> None:
    """F17; what lies ahead of the later of both moments keeps its own."""
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example")
    before, now = NOW + timedelta(hours=1), NOW
    with app.app_context(), transaction() as session:
        first, second = session.query(Delivery).order_by(Delivery.id)
        first.due_at, second.due_at = before, before + timedelta(seconds=1)
    with app.app_context(), transaction():
        assert service.hurry(before, now=now) == 1
    assert [mail.due_at for mail in outbox(app)] == [now, before + timedelta(seconds=1)]
