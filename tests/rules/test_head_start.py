"""When a reminder to many begins, and what is said when it cannot be on time."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.head_start import ON_TIME, Crowd, expected, head_start, most_head_start

DUE = datetime(2026, 12, 8, 23, 0, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def reminder(people: int, lead: timedelta = HOUR, before: timedelta | None = DAY) -> Crowd:
    return Crowd("reminder", people, DUE, DUE + min(lead, HOUR), lead, before)


@pytest.mark.parametrize(
    ("people", "rate", "minutes"),
    [
        (2000, 0, 0),  # no limit
        (2000, 10, 0),  # 3 min 20 s
        (3000, 10, 0),  # exactly 5 minutes
        (6000, 10, 5),  # 10 minutes
        (2000, 1.5, 17.222),  # 22 min 13 s
        (20_000, 10, 28.333),  # 33 min 20 s
        (200_000, 10, 30),  # hours, but no more than half its lead
    ],
)
def test_a_reminder_to_many_begins_so_early_that_the_last_has_it_within_five_minutes(
    people: int, rate: float, minutes: float
) -> None:
    assert head_start(reminder(people), rate) / MINUTE == pytest.approx(minutes, abs=0.001)


def test_it_never_begins_before_the_reminder_before_it() -> None:
    assert head_start(reminder(10**6, HOUR, 70 * MINUTE), 10) == 10 * MINUTE
    assert head_start(reminder(10**6, HOUR, None), 10) == 30 * MINUTE


@pytest.mark.parametrize("kind", ["live", "drop", "thank_you", "session_changed"])
def test_nothing_else_begins_early(kind: str) -> None:
    assert head_start(Crowd(kind, 10**6, DUE), 1) == timedelta(0)


def test_what_is_late_all_the_same_is_told_in_numbers() -> None:
    run = expected(reminder(6000, HOUR, None), 1)
    assert (run.starts_at, run.ends_at) == (DUE - 30 * MINUTE, DUE + HOUR)
    assert run.late == 65 * MINUTE
    assert run.left_out == 600, "its sense is lost after an hour"
    # 6,000 in 35 minutes.
    assert run.rate_needed == 3


def test_we_are_live_is_late_when_it_takes_more_than_five_minutes() -> None:
    assert expected(Crowd("live", 2000, DUE), 10).late == timedelta(0)
    assert expected(Crowd("live", 6000, DUE), 10).late == 5 * MINUTE


def test_a_bonus_may_take_its_time() -> None:
    run = expected(Crowd("drop", 36_000, DUE, DUE + 6 * DAY), 10)
    assert (run.ends_at, run.late, run.left_out) == (DUE + HOUR, timedelta(0), 0)


@given(
    people=st.integers(0, 10**6),
    rate=st.floats(0.1, 1000),
    lead=st.timedeltas(MINUTE, 30 * DAY),
    more=st.none() | st.timedeltas(timedelta(0), 30 * DAY),
)
def test_the_rate_that_is_recommended_is_enough(
    people: int, rate: float, lead: timedelta, more: timedelta | None
) -> None:
    crowd = reminder(people, lead, None if more is None else lead + more)
    early = head_start(crowd, rate)
    assert timedelta(0) <= early <= most_head_start(crowd) <= lead / 2
    run = expected(crowd, rate)
    if run.late:
        assert early == most_head_start(crowd)
        assert expected(crowd, max(1, run.rate_needed)).late == timedelta(0)
    else:
        assert people / rate <= (early + ON_TIME).total_seconds() + 0.01
