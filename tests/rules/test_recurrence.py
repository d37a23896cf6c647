"""Weekly evenings keep their hour over every clock change and their number over every skipped week."""

from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules.recurrence import weekly
from webinar_hub.rules.zones import to_utc


def wall(written: str) -> datetime:
    return datetime.fromisoformat(written)


@pytest.mark.parametrize(
    ("name", "first", "utc_hours"),
    [
        ("America/New_York", "2026-03-03T19:00", [0, 23, 23]),
        ("America/New_York", "2026-10-27T19:00", [23, 0, 0]),
        ("Europe/Berlin", "2026-03-24T19:00", [18, 17, 17]),
        ("Europe/Berlin", "2026-10-20T19:00", [17, 18, 18]),
    ],
)
def test_seven_in_the_evening_stays_seven_over_a_clock_change(name: str, first: str, utc_hours: list[int]) -> None:
    evenings = weekly(wall(first), 3)
    assert [evening.hour for evening in evenings] == [19, 19, 19]
    assert [to_utc(evening, name).hour for evening in evenings] == utc_hours


def test_a_skipped_week_makes_the_run_longer() -> None:
    evenings = weekly(wall("2026-12-08T19:00"), 4, skip=[date(2026, 12, 22), date(2026, 12, 29)])
    assert evenings == [wall(f"{day}T19:00") for day in ("2026-12-08", "2026-12-15", "2027-01-05", "2027-01-12")]


def test_the_first_week_can_be_skipped_too() -> None:
    assert weekly(wall("2026-12-08T19:00"), 1, skip=[date(2026, 12, 8)]) == [wall("2026-12-15T19:00")]


@given(
    first=st.datetimes(min_value=wall("2020-01-01"), max_value=wall("2040-01-01")).map(
        lambda moment: moment.replace(microsecond=0)
    ),
    weeks=st.integers(1, 60),
    skipped=st.sets(st.integers(0, 70), max_size=20),
)
def test_there_are_always_as_many_evenings_as_asked_for(first: datetime, weeks: int, skipped: set[int]) -> None:
    skip = [(first + timedelta(weeks=number)).date() for number in skipped]
    evenings = weekly(first, weeks, skip)
    assert len(evenings) == weeks
    assert not {evening.date() for evening in evenings} & set(skip)
    assert all((evening - first) % timedelta(weeks=1) == timedelta(0) for evening in evenings)
    assert evenings == sorted(set(evenings))


def test_no_week_and_no_wall_time_are_refused() -> None:
    with pytest.raises(ValueError, match="at least one week"):
        weekly(wall("2026-12-08T19:00"), 0)
    with pytest.raises(ValueError, match="without an offset"):
        weekly(wall("2026-12-08T19:00+00:00"), 1)
