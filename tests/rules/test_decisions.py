"""The small decisions: retries, who is reminded, when a door is open, who may come in, what is hers."""

from datetime import UTC, datetime, timedelta

import pytest

from webinar_hub.rules.delivery import (
    COMPOSE_ATTEMPTS,
    Retry,
    Stop,
    after_compose_error,
    after_deferral,
    priority_of,
    registered_before,
    topic_of,
)
from webinar_hub.rules.entitlement import drop_is_hers, link_is_valid
from webinar_hub.rules.join_window import seconds_to_open, session_state
from webinar_hub.rules.own_clock import DropClock
from webinar_hub.rules.registration import CohortFacts, closed_because, email_key, masked

NOW = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def deferral(attempts: int, expires_at: datetime | None = None, age: timedelta = HOUR) -> Retry | Stop:
    return after_deferral(attempts, created_at=NOW - age, expires_at=expires_at, now=NOW, jitter=0.0)


def test_the_first_retries_suit_greylisting_and_then_slow_down() -> None:
    waits = [deferral(attempts) for attempts in range(1, 10)]
    minutes = [int((wait.at - NOW) / MINUTE) for wait in waits if isinstance(wait, Retry)]
    assert minutes == [1, 5, 15, 30, 60, 120, 240, 240, 240]


def test_a_mail_without_an_end_is_tried_for_five_days() -> None:
    assert isinstance(deferral(9, age=4 * DAY), Retry)
    assert deferral(9, age=5 * DAY) == Stop("failed")


def test_a_mail_with_an_end_is_not_tried_beyond_it() -> None:
    assert isinstance(deferral(1, expires_at=NOW + 2 * MINUTE), Retry)
    assert deferral(1, expires_at=NOW + MINUTE) == Stop("expired")


def test_jitter_only_ever_delays() -> None:
    late = after_deferral(1, created_at=NOW, expires_at=None, now=NOW, jitter=1.0)
    assert isinstance(late, Retry)
    assert late.at == NOW + 1.2 * MINUTE


@pytest.mark.parametrize(
    ("attempts", "asked", "waits"),
    [(1, 600, 600), (1, 5, 5), (1, 0, 1), (1, -3, 1), (4, 5, 30 * 60), (4, 7200, 7200), (1, 1e12, 240 * 60)],
)
def test_a_provider_that_says_how_long_to_wait_is_believed_within_reason(
    attempts: int, asked: float, waits: int
) -> None:
    fate = after_deferral(attempts, created_at=NOW, expires_at=None, now=NOW, jitter=0.0, asked=asked)
    assert fate == Retry(NOW + timedelta(seconds=waits))


def test_a_wait_that_is_told_ends_with_the_sense_of_the_mail() -> None:
    fate = after_deferral(1, created_at=NOW, expires_at=NOW + MINUTE, now=NOW, jitter=0.0, asked=90.0)
    assert fate == Stop("expired")


def test_a_mail_that_cannot_be_composed_is_parked_after_some_tries() -> None:
    assert isinstance(after_compose_error(COMPOSE_ATTEMPTS - 1, now=NOW), Retry)
    assert after_compose_error(COMPOSE_ATTEMPTS, now=NOW) == Stop("failed")


def test_a_confirmation_outranks_a_reminder_and_a_reminder_a_bonus() -> None:
    assert priority_of("confirmation") < priority_of("reminder") < priority_of("drop")


def test_only_what_is_not_service_can_be_switched_off() -> None:
    assert {kind: topic_of(kind) for kind in ("live", "drop", "session_changed", "unheard_of")} == {
        "live": "reminders",
        "drop": "bonuses",
        "session_changed": "service",
        "unheard_of": "service",
    }


@pytest.mark.parametrize(
    ("kind", "lead", "skipped"),
    [
        ("reminder", 7 * DAY, 2 * HOUR),
        ("reminder", HOUR, HOUR),
        ("reminder", 10 * MINUTE, 10 * MINUTE),
        ("live", None, timedelta(0)),
        ("drop", None, timedelta(0)),
    ],
)
def test_who_came_a_moment_ago_is_not_reminded(kind: str, lead: timedelta | None, skipped: timedelta) -> None:
    assert registered_before(kind, NOW, lead) == NOW - skipped


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (NOW - 15 * MINUTE - timedelta(seconds=1), "upcoming"),
        (NOW - 15 * MINUTE, "join_open"),
        (NOW, "live"),
        (NOW + HOUR - timedelta(seconds=1), "live"),
        (NOW + HOUR, "over"),
    ],
)
def test_the_door_opens_to_the_second(moment: datetime, state: str) -> None:
    assert session_state(NOW, NOW + HOUR, cancelled=False, now=moment) == state
    assert session_state(NOW, NOW + HOUR, cancelled=True, now=moment) == "cancelled"
    assert (seconds_to_open(NOW, moment) == 0) == (state != "upcoming")


def facts(**changes: object) -> CohortFacts:
    values: dict[str, object] = {
        "state": "open",
        "enrolment_opens_at": None,
        "enrolment_closes_at": None,
        "last_end": NOW + DAY,
        "seats_left": None,
    }
    return CohortFacts(**values | changes)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({}, ""),
        ({"state": "cancelled"}, "cancelled"),
        ({"last_end": None}, "No session"),
        ({"last_end": NOW}, "over"),
        ({"enrolment_opens_at": NOW + MINUTE}, "not opened"),
        ({"enrolment_opens_at": NOW}, ""),
        ({"enrolment_closes_at": NOW}, "closed"),
        ({"seats_left": 0}, "full"),
        ({"seats_left": 1}, ""),
    ],
)
def test_why_nobody_can_come_in(changes: dict[str, object], words: str) -> None:
    reason = closed_because(facts(**changes), NOW)
    assert words in reason
    assert bool(reason) == bool(words)


@pytest.mark.parametrize("address", ["a@X.example", "A@x.EXAMPLE", " a@x.example".strip()])
def test_one_person_has_one_key(address: str) -> None:
    assert email_key(address) == "a@x.example"


@pytest.mark.parametrize(
    "address", ["a", "a@", "@x", "a b@x.example", "a@x.example\n", "a@x..example", "a@@x.example"]
)
def test_what_is_no_address_has_none(address: str) -> None:
    with pytest.raises(ValueError, match="name@example"):
        email_key(address)


def test_a_masked_address_shows_its_domain_only() -> None:
    assert masked("ann.lee@x.example") == "a…@x.example"


@pytest.mark.parametrize(
    ("policy", "registered", "hers"),
    [("all past drops", NOW, True), ("from now on", NOW, False), ("from now on", NOW - DAY, True)],
)
def test_late_joiners_get_the_past_as_the_cohort_says(policy: str, registered: datetime, hers: bool) -> None:
    release = NOW - HOUR
    assert drop_is_hers(DropClock(release, "UTC"), late_join=policy, registered_at=registered, now=NOW) is hers


def test_nothing_is_hers_before_its_second() -> None:
    drop = DropClock(NOW, "UTC")
    arguments = {"late_join": "all past drops", "registered_at": NOW - DAY}
    assert not drop_is_hers(drop, **arguments, now=NOW - timedelta(microseconds=1))
    assert drop_is_hers(drop, **arguments, now=NOW)


def test_links_end_some_time_after_the_cohort() -> None:
    assert link_is_valid(None, 10, NOW)
    assert link_is_valid(NOW - 9 * DAY, 10, NOW)
    assert not link_is_valid(NOW - 10 * DAY, 10, NOW)
