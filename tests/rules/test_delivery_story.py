"""A delivery explained in words, in each of its states."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from webinar_hub.rules.delivery_story import DeliveryFacts, obstacle, retry_refusal, story
from webinar_hub.rules.outbox_filter import STATES

NOW = datetime(2026, 11, 24, 18, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
WAITING = DeliveryFacts(
    id=7,
    key="session:1:reminder:-PT1H:registration:3",
    kind="reminder",
    state="queued",
    attempts=0,
    created_at=NOW,
    due_at=NOW,
    expires_at=NOW + HOUR,
    composed_at=None,
    sent_at=None,
    reply="",
    lease="none",
    on_the_wire=False,
    about="Cues",
    cohort="Tuesday evenings",
    name="Ann Lee",
    email="ann@x.example",
    place_cancelled=False,
    session_cancelled=False,
    reminders_off=False,
    bonuses_off=False,
    suppressed=False,
    planned=True,
)
TRIED = replace(WAITING, attempts=2, composed_at=NOW - HOUR, reply="451 4.7.1 greylisted", due_at=NOW + HOUR / 4)


def told(facts: DeliveryFacts) -> str:
    return " ".join(story(facts, NOW, lambda moment: f"{moment:%H:%M}"))


def test_what_it_is_and_to_whom() -> None:
    words = told(WAITING)
    assert "Delivery 7 is the reminder about “Cues”, of Tuesday evenings." in words
    assert "Ann Lee <ann@x.example>" in words
    assert WAITING.key in words
    assert "No attempt" in words


@pytest.mark.parametrize(
    ("facts", "words"),
    [
        (WAITING, "due since 18:00: the next free sender takes it. It makes sense until 19:00"),
        (replace(WAITING, due_at=NOW + HOUR / 2), "It goes out on 18:30."),
        (replace(WAITING, due_at=NOW - HOUR), "That is late."),
        (replace(WAITING, due_at=NOW - HOUR, expires_at=NOW), "its sense passed on 18:00"),
        (replace(WAITING, expires_at=None), "it is tried until 18:00"),
        (TRIED, "2 times a sender has taken it up, first on 17:00. The last answer: 451 4.7.1 greylisted"),
        (TRIED, "It is tried again on 18:15."),
        (replace(WAITING, place_cancelled=True), "The place was given back. So it will be cancelled"),
        (replace(WAITING, suppressed=True), "suppressed"),
        (replace(TRIED, state="sending", lease="held"), "A sender is busy"),
        (replace(TRIED, state="sending", lease="run out"), "the next free sender takes it over"),
        (replace(TRIED, state="sent", sent_at=NOW, reply="250 ok"), "The mail server took it on 18:00."),
        (replace(TRIED, state="failed", reply="550 no such user"), "refused it for good"),
        (replace(TRIED, state="failed"), "“not now” until it made no sense"),
        (replace(TRIED, state="failed", reply="Cannot be composed: KeyError()"), "a fault of this program"),
        (replace(TRIED, state="failed"), "webinar-hub outbox retry 7"),
        (replace(TRIED, state="expired"), "makes no sense after 19:00"),
        (replace(TRIED, state="expired"), "retry --force 7"),
        (replace(TRIED, state="cancelled"), "It was cancelled before it was sent."),
        (replace(TRIED, state="cancelled", on_the_wire=True), "if the server takes it after all"),
        (replace(TRIED, by_hand=("By hand (Mara): cancelled it.",)), "By hand (Mara): cancelled it."),
    ],
)
def test_what_has_happened_and_what_comes_next(facts: DeliveryFacts, words: str) -> None:
    assert words in told(facts)


@pytest.mark.parametrize(
    ("facts", "is_one"),
    [
        (WAITING, False),
        (replace(WAITING, reminders_off=True), True),
        (replace(WAITING, bonuses_off=True), False),
        (replace(WAITING, kind="drop", bonuses_off=True), True),
        (replace(WAITING, kind="confirmation", reminders_off=True, bonuses_off=True), False),
        (replace(WAITING, session_cancelled=True), True),
        (replace(WAITING, kind="session_cancelled", session_cancelled=True), False),
        (replace(WAITING, kind="registration_cancelled", place_cancelled=True), False),
        (replace(WAITING, kind="my_link", place_cancelled=True), False),
    ],
)
def test_what_stands_in_the_way(facts: DeliveryFacts, is_one: bool) -> None:
    assert bool(obstacle(facts)) is is_one


@pytest.mark.parametrize(
    ("state", "ends_in", "on_the_wire", "refused", "forceable"),
    [
        ("failed", 1, False, False, False),
        ("failed", None, False, False, False),
        ("expired", 0, False, True, True),
        ("failed", -1, False, True, True),
        ("cancelled", 1, False, False, False),
        ("cancelled", 1, True, True, True),
        ("sent", 1, False, True, False),
        ("queued", 1, False, True, False),
        ("sending", 1, True, True, False),
    ],
)
def test_what_may_be_put_back(
    state: str, ends_in: int | None, on_the_wire: bool, refused: bool, forceable: bool
) -> None:
    end = None if ends_in is None else NOW + ends_in * HOUR
    words, can_be_forced = retry_refusal(state, end, NOW, on_the_wire=on_the_wire)
    assert (bool(words), can_be_forced) == (refused, forceable)


def test_a_stopped_mail_says_how_to_write_to_her_again() -> None:
    stopped = replace(WAITING, state="suppressed", suppressed=True)
    words = "`webinar-hub suppressions lift ann@x.example`, then `webinar-hub outbox retry 7`"
    assert words in told(stopped)
    assert "lift" not in told(replace(stopped, suppressed=False))


@pytest.mark.parametrize("state", STATES)
def test_every_state_has_its_words(state: str) -> None:
    assert len(told(replace(WAITING, state=state))) > 100
