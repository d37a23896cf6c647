"""Wall times to instants, held against the tz database itself (F18, R34, R35)."""

from datetime import UTC, datetime, timedelta
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.rules.zones import NonexistentTime, UnknownZone, happens_twice, place_meant, to_utc, zone

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
TWO_YEARS_IN_MINUTES = 730 * 24 * 60


def wall(written: str) -> datetime:
    return datetime.fromisoformat(written)


def instants_showing(wall_time: datetime, name: str) -> list[datetime]:
    """Return every instant at which a clock in the zone shows the wall time, tried out offset by offset."""
    place = ZoneInfo(name)
    midday = wall_time.replace(tzinfo=UTC)
    offsets = {(midday + timedelta(hours=hours)).astimezone(place).utcoffset() for hours in range(-48, 49)}
    candidates = {midday - offset for offset in offsets if offset is not None}
    return sorted(at for at in candidates if at.astimezone(place).replace(tzinfo=None, fold=0) == wall_time)


def agrees_with_the_tz_database(wall_time: datetime, name: str) -> None:
    showing = instants_showing(wall_time, name)
    if not showing:
        with pytest.raises(NonexistentTime):
            to_utc(wall_time, name)
        return
    assert to_utc(wall_time, name) == showing[0]
    assert happens_twice(wall_time, name) == (len(showing) == 2)


@settings(max_examples=400, deadline=None)
@given(
    name=st.sampled_from(ZONES),
    minutes=st.integers(min_value=0, max_value=TWO_YEARS_IN_MINUTES),
)
def test_any_wall_time_in_any_zone_is_the_first_instant_that_shows_it(name: str, minutes: int) -> None:
    agrees_with_the_tz_database(wall("2026-01-01") + timedelta(minutes=minutes), name)


@settings(max_examples=300, deadline=None)
@given(name=st.sampled_from(ZONES), around=st.integers(min_value=-150, max_value=150), change=st.integers(0, 3))
def test_the_hours_around_a_clock_change_are_right_in_every_zone(name: str, around: int, change: int) -> None:
    changes = clock_changes_of_2026(name)
    if changes:
        agrees_with_the_tz_database(changes[change % len(changes)] + timedelta(minutes=around), name)


@cache
def clock_changes_of_2026(name: str) -> list[datetime]:
    place, found = ZoneInfo(name), []
    for hours in range(0, 365 * 24, 6):
        before = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(hours=hours)
        after = before + timedelta(hours=6)
        if before.astimezone(place).utcoffset() != after.astimezone(place).utcoffset():
            middle = before + timedelta(hours=3)
            found.append(middle.astimezone(place).replace(tzinfo=None, fold=0))
    return found


def test_a_time_in_the_gap_is_refused_with_the_remedy() -> None:
    with pytest.raises(NonexistentTime) as refusal:
        to_utc(wall("2026-03-08T02:30"), "America/New_York")
    assert str(refusal.value) == (
        "2:30 am on 8 March 2026 does not exist in New York: clocks jump from 2:00 am to 3:00 am. "
        "Choose 3:00 am or later, or a time before the jump."
    )


@pytest.mark.parametrize(
    ("written", "name", "jump"),
    [
        ("2026-03-29T02:00", "Europe/Berlin", "from 2:00 am to 3:00 am"),
        ("2026-10-04T02:15", "Australia/Lord_Howe", "from 2:00 am to 2:30 am"),
        ("2011-12-30T12:00", "Pacific/Apia", "from 12:00 am on 30 December 2011 to 12:00 am on 31 December 2011"),
    ],
)
def test_the_refusal_names_the_jump(written: str, name: str, jump: str) -> None:
    with pytest.raises(NonexistentTime, match=jump):
        to_utc(wall(written), name)


@pytest.mark.parametrize(
    ("written", "name", "instant"),
    [
        ("2026-03-08T01:59", "America/New_York", "2026-03-08T06:59+00:00"),
        ("2026-03-08T03:00", "America/New_York", "2026-03-08T07:00+00:00"),
        ("2026-11-01T01:30", "America/New_York", "2026-11-01T05:30+00:00"),
        ("2026-10-25T02:30", "Europe/Berlin", "2026-10-25T00:30+00:00"),
    ],
)
def test_known_instants(written: str, name: str, instant: str) -> None:
    assert to_utc(wall(written), name) == datetime.fromisoformat(instant)


def test_a_time_that_happens_twice_means_the_first_whatever_its_fold() -> None:
    twice = wall("2026-11-01T01:30")
    assert happens_twice(twice, "America/New_York")
    assert to_utc(twice.replace(fold=1), "America/New_York") == to_utc(twice, "America/New_York")
    assert not happens_twice(wall("2026-03-08T02:30"), "America/New_York")
    assert not happens_twice(wall("2026-07-01T12:00"), "America/New_York")


def test_a_moment_with_an_offset_is_no_wall_time() -> None:
    with pytest.raises(ValueError, match="no offset"):
        to_utc(datetime(2026, 1, 1, tzinfo=UTC), "Europe/Berlin")


@pytest.mark.parametrize(
    ("name", "suggestion"),
    [
        ("New York", "America/New_York"),
        ("america/new_york", "America/New_York"),
        ("America/NewYork", "America/New_York"),
        ("Berlin", "Europe/Berlin"),
        ("US/Estern", "US/Eastern"),
        ("EDT", "America/New_York"),
        ("Pacific Time", "America/Los_Angeles"),
        ("Nowhere/At_All", "continent and city"),
    ],
)
def test_an_unknown_zone_is_refused_with_the_likeliest_one(name: str, suggestion: str) -> None:
    with pytest.raises(UnknownZone, match=suggestion):
        zone(name)


@pytest.mark.parametrize(
    "name", ["", "../etc/passwd", "/usr/share/zoneinfo/UTC", "localtime", "x" * 9999, "UTC\x00", "Europe/Berlin\n"]
)
def test_paths_and_nonsense_are_no_zones(name: str) -> None:
    with pytest.raises(UnknownZone) as refusal:
        zone(name)
    assert len(str(refusal.value)) < 300


def test_a_zone_is_the_tz_database_one() -> None:
    assert zone("Asia/Kolkata") == ZoneInfo("Asia/Kolkata")
    assert place_meant("est") == "America/New_York"
    assert place_meant("America/New_York") is None
