"""When senders may knock at a mail server that did not answer."""

import threading
from itertools import pairwise

import pytest

from webinar_hub.worker.breaker import LATELY, LONGEST_PAUSE, LOOK_EVERY, REST, Breaker


class Clock:
    """A clock that stands until it is moved."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def time() -> Clock:
    return Clock()


def in_another_sender(breaker: Breaker) -> bool:
    answers: list[bool] = []
    thread = threading.Thread(target=lambda: answers.append(breaker.may_try()))
    thread.start()
    thread.join()
    return answers[0]


def test_an_outage_begins_once_and_ends_once(time: Clock) -> None:
    told: list[str] = []
    breaker = Breaker(time, found_back=lambda: told.append("found back"))
    assert [breaker.worked(), breaker.failed(), breaker.failed()] == [False, True, False]
    assert breaker.is_open
    assert [breaker.worked(), breaker.worked()] == [True, False]
    assert told == ["found back"]


def test_in_each_pause_one_sender_knocks_and_the_pauses_grow(time: Clock) -> None:
    breaker = Breaker(time)
    breaker.failed()
    knocks = []
    for _ in range(1000):
        if breaker.may_try():
            assert not in_another_sender(breaker)
            knocks.append(time.now)
            breaker.failed()
        time.now += 0.1
    pauses = [later - earlier for earlier, later in pairwise(knocks)]
    assert min(pauses) >= 1.0
    assert max(pauses) == pytest.approx(LONGEST_PAUSE, abs=0.2)


def test_another_process_may_have_the_turn(time: Clock) -> None:
    turns = [False, False, True]
    breaker = Breaker(time, may_look=lambda: turns.pop(0))
    breaker.failed()
    time.now += 1
    for wanted in (False, False, True):
        assert breaker.may_try() is wanted
        assert not breaker.may_try(), "it does not ask again at once"
        time.now += LOOK_EVERY


def test_nobody_is_asked_while_the_server_answers(time: Clock) -> None:
    breaker = Breaker(time, may_look=lambda: pytest.fail("a statement for nothing"))
    assert breaker.may_try()
    breaker.worked()
    assert breaker.may_try()


def test_a_sender_for_whom_there_is_no_room_rests_and_the_others_go_on(time: Clock) -> None:
    breaker = Breaker(time)
    breaker.worked()
    assert not breaker.failed(crowded=True)
    assert not breaker.is_open
    assert not breaker.may_try()
    assert in_another_sender(breaker)
    time.now += REST
    assert breaker.may_try()


def test_a_server_that_has_room_for_nobody_is_down(time: Clock) -> None:
    breaker = Breaker(time)
    assert breaker.failed(crowded=True), "nobody ever got through"
    breaker.worked()
    time.now += LATELY
    assert breaker.failed(crowded=True)
