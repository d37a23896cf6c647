"""What one sender records must not be lost or overwritten by another (F3, F15)."""

import time

import pytest
from seeding import Hub
from sqlalchemy.exc import IntegrityError

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.models import Delivery
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import broadcasts, outbox
from webinar_hub.services.outbox import Result
from webinar_hub.worker.recorder import Recorder


def claim(number: int, *, lease: float = 60) -> list[Claimed]:
    """Claim so many deliveries as a sender does."""
    with transaction():
        return outbox.claim(number, lease=lease, now=clock.now())


def expand(hub: Hub, people: int) -> None:
    """Put a reminder for so many people into the outbox."""
    hub.people(people)
    hub.make_due()
    with transaction():
        broadcasts.expand_next(clock.now())


def only(hub: Hub, item: Claimed) -> Delivery:
    """The row of a claimed delivery."""
    [row] = hub.deliveries(key=item.key)
    return row


def test_a_result_is_not_lost_when_another_one_in_the_same_commit_fails(hub: Hub) -> None:
    with hub.app.app_context():
        expand(hub, 2)
        first, second = claim(2)
        recorder = Recorder()
        waiting = recorder.hand_in(Result(first, "sent", "250 taken"), ())
        broken = recorder.hand_in(Result(second, "no such state", "250 taken"), ())
        # Whoever waits first commits for both.
        with pytest.raises(IntegrityError):
            recorder.settle(broken)
        recorder.settle(waiting)
    assert only(hub, first).state == "sent"
    assert only(hub, second).state == "sending"


@pytest.mark.parametrize("late_result", ["sent", "failed", "queued"])
def test_who_has_lost_a_delivery_cannot_say_what_became_of_it(hub: Hub, late_result: str) -> None:
    with hub.app.app_context():
        expand(hub, 1)
        [lost] = claim(1, lease=0.01)
        time.sleep(0.05)
        [taken_over] = claim(1)
        with transaction():
            outbox.record([Result(lost, late_result, "from the past")], now=clock.now())
        assert (only(hub, lost).state, only(hub, lost).reply) == ("sending", None)
        with transaction():
            outbox.record([Result(taken_over, "sent", "250 taken")], now=clock.now())
            outbox.record([Result(lost, late_result, "from the past")], now=clock.now())
    assert (only(hub, lost).state, only(hub, lost).reply) == ("sent", "250 taken")


def test_a_mail_that_was_taken_is_sent_even_if_it_was_cancelled_meanwhile(hub: Hub) -> None:
    with hub.app.app_context():
        expand(hub, 2)
        taken, refused = claim(2)
        with transaction():
            outbox.cancel(Delivery.kind == "reminder")
            outbox.record(
                [Result(taken, "sent", "250 taken"), Result(refused, "queued", "450 later", due_at=clock.now())],
                now=clock.now(),
            )
    assert only(hub, taken).state == "sent"
    assert only(hub, refused).state == "cancelled"


def test_nobody_claims_what_has_lost_its_sense(hub: Hub) -> None:
    with hub.app.app_context():
        expand(hub, 2)
        with transaction():
            assert outbox.claim(2, lease=60, now=hub.first_start()) == []
            assert outbox.expire(hub.first_start()) == 2
    assert hub.states() == {"expired": 2}


def test_nobody_claims_what_somebody_holds(hub: Hub) -> None:
    with hub.app.app_context():
        expand(hub, 5)
        assert len(claim(3)) == 3
        assert len(claim(5)) == 2
        assert claim(5) == []
        assert not outbox.orphaned(clock.now())
