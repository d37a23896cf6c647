"""Time in words, around the days on which New York and Berlin change their clocks in 2026."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.documents.when import duration_in_words, place_of, time_range, when_for, when_in

NEW_YORK, LOS_ANGELES, BERLIN = "America/New_York", "America/Los_Angeles", "Europe/Berlin"


def moment(*wall, zone="UTC"):
    return datetime(*wall, tzinfo=ZoneInfo(zone)).astimezone(UTC)


@pytest.mark.parametrize(
    ("instant", "zone", "words"),
    [
        (moment(2026, 3, 6, 0), NEW_YORK, "Thu 5 March, 7:00 pm"),
        (moment(2026, 3, 6, 0), "UTC", "Fri 6 March, 12:00 am"),
        (moment(2026, 3, 6, 12, 5), "UTC", "Fri 6 March, 12:05 pm"),
        (moment(2026, 3, 6, 0), "Asia/Kolkata", "Fri 6 March, 5:30 am"),
        # 7 pm stays 7 pm on both sides of 8 March and 1 November
        (moment(2026, 3, 4, 0), NEW_YORK, "Tue 3 March, 7:00 pm"),
        (moment(2026, 3, 10, 23), NEW_YORK, "Tue 10 March, 7:00 pm"),
        (moment(2026, 10, 27, 23), NEW_YORK, "Tue 27 October, 7:00 pm"),
        (moment(2026, 11, 4, 0), NEW_YORK, "Tue 3 November, 7:00 pm"),
        # the hour that is left out
        (moment(2026, 3, 8, 6, 59), NEW_YORK, "Sun 8 March, 1:59 am"),
        (moment(2026, 3, 8, 7), NEW_YORK, "Sun 8 March, 3:00 am"),
        (moment(2026, 3, 29, 0, 59), BERLIN, "Sun 29 March, 1:59 am"),
        (moment(2026, 3, 29, 1), BERLIN, "Sun 29 March, 3:00 am"),
        # the hour that comes twice
        (moment(2026, 11, 1, 5, 30), NEW_YORK, "Sun 1 November, 1:30 am (before the clocks go back)"),
        (moment(2026, 11, 1, 6, 30), NEW_YORK, "Sun 1 November, 1:30 am (after the clocks go back)"),
        (moment(2026, 11, 1, 7), NEW_YORK, "Sun 1 November, 2:00 am"),
        (moment(2026, 10, 25, 0, 30), BERLIN, "Sun 25 October, 2:30 am (before the clocks go back)"),
        (moment(2026, 10, 25, 1, 30), BERLIN, "Sun 25 October, 2:30 am (after the clocks go back)"),
    ],
)
def test_when_in(instant, zone, words):
    assert when_in(instant, zone) == words


def test_the_year_is_named_on_request():
    assert when_in(moment(2026, 3, 6, 0), NEW_YORK, year=True) == "Thu 5 March 2026, 7:00 pm"
    assert when_for(moment(2026, 12, 31, 23), NEW_YORK, BERLIN, year=True) == (
        "Thu 31 December 2026, 6:00 pm in New York: Fri 1 January 2027, 12:00 am for you"
    )


@pytest.mark.parametrize(
    ("instant", "home", "own", "words"),
    [
        (moment(2026, 3, 6, 0), NEW_YORK, LOS_ANGELES, "Thu 5 March, 7:00 pm in New York: 4:00 pm for you"),
        (moment(2026, 3, 6, 0), NEW_YORK, BERLIN, "Thu 5 March, 7:00 pm in New York: Fri 6 March, 1:00 am for you"),
        (moment(2026, 3, 6, 0), NEW_YORK, "America/Toronto", "Thu 5 March, 7:00 pm in New York"),
        (moment(2026, 3, 6, 0), NEW_YORK, NEW_YORK, "Thu 5 March, 7:00 pm in New York"),
        # between 8 and 29 March, Berlin is five hours ahead of New York and not six
        (moment(2026, 3, 5, 17), NEW_YORK, BERLIN, "Thu 5 March, 12:00 pm in New York: 6:00 pm for you"),
        (moment(2026, 3, 12, 16), NEW_YORK, BERLIN, "Thu 12 March, 12:00 pm in New York: 5:00 pm for you"),
        (moment(2026, 4, 2, 16), NEW_YORK, BERLIN, "Thu 2 April, 12:00 pm in New York: 6:00 pm for you"),
        # Phoenix is with Denver in winter and an hour behind it in summer
        (moment(2026, 3, 6, 1), "America/Denver", "America/Phoenix", "Thu 5 March, 6:00 pm in Denver"),
        (
            moment(2026, 3, 13, 0),
            "America/Denver",
            "America/Phoenix",
            "Thu 12 March, 6:00 pm in Denver: 5:00 pm for you",
        ),
        (moment(2026, 3, 6, 0), "UTC", NEW_YORK, "Fri 6 March, 12:00 am in UTC: Thu 5 March, 7:00 pm for you"),
        (
            moment(2026, 11, 1, 6, 30),
            NEW_YORK,
            BERLIN,
            "Sun 1 November, 1:30 am (after the clocks go back) in New York: 7:30 am for you",
        ),
    ],
)
def test_when_for(instant, home, own, words):
    assert when_for(instant, home, own) == words


@pytest.mark.parametrize(
    ("zone", "place"),
    [
        (NEW_YORK, "New York"),
        ("Asia/Kolkata", "Kolkata"),
        ("America/Argentina/Buenos_Aires", "Buenos Aires"),
        ("America/Port-au-Prince", "Port-au-Prince"),
        ("UTC", "UTC"),
        ("Etc/UTC", "UTC"),
        ("Etc/GMT", "UTC"),
        ("Etc/GMT+5", "UTC−5"),
        ("Etc/GMT-10", "UTC+10"),
        ("US/Pacific", "US Pacific"),
        ("Japan", "Japan"),
    ],
)
def test_place_of(zone, place):
    assert place_of(zone) == place


@pytest.mark.parametrize(
    ("starts", "minutes", "words"),
    [
        (moment(2026, 3, 5, 19, zone=NEW_YORK), 60, "7:00–8:00 pm"),
        (moment(2026, 3, 5, 11, 30, zone=NEW_YORK), 60, "11:30 am–12:30 pm"),
        (moment(2026, 3, 5, 23, 30, zone=NEW_YORK), 60, "11:30 pm–12:30 am"),
        (moment(2026, 3, 5, 19, zone=NEW_YORK), 24 * 60, "7:00 pm–Fri 6 March, 7:00 pm"),
        (moment(2026, 3, 8, 1, 30, zone=NEW_YORK), 60, "1:30–3:30 am"),
        (
            moment(2026, 11, 1, 1, 30, zone=NEW_YORK),
            60,
            "1:30 am (before the clocks go back)–1:30 am (after the clocks go back)",
        ),
        (moment(2026, 10, 25, 1, zone=BERLIN), 60, "1:00–2:00 am (before the clocks go back)"),
    ],
)
def test_time_range(starts, minutes, words):
    zone = BERLIN if starts.month == 10 else NEW_YORK
    assert time_range(starts, starts + timedelta(minutes=minutes), zone) == words


@pytest.mark.parametrize(
    ("duration", "words"),
    [
        (timedelta(), "0 minutes"),
        (timedelta(minutes=1), "1 minute"),
        (timedelta(minutes=15), "15 minutes"),
        (timedelta(minutes=60), "1 hour"),
        (timedelta(minutes=90), "90 minutes"),
        (timedelta(minutes=120), "2 hours"),
        (timedelta(minutes=150), "2 hours 30 minutes"),
        (timedelta(hours=24), "1 day"),
        (timedelta(hours=36), "36 hours"),
        (timedelta(hours=49), "2 days 1 hour"),
        (timedelta(days=3), "3 days"),
        (timedelta(days=7), "1 week"),
        (timedelta(days=10), "10 days"),
        (timedelta(weeks=6), "6 weeks"),
        (timedelta(seconds=59), "0 minutes"),
    ],
)
def test_duration_in_words(duration, words):
    assert duration_in_words(duration) == words


def test_less_than_nothing_is_refused():
    with pytest.raises(ValueError, match="negative"):
        duration_in_words(timedelta(seconds=-1))


def test_an_unknown_zone_and_a_moment_without_zone_are_refused():
    with pytest.raises(ZoneInfoNotFoundError):
        when_in(moment(2026, 3, 6), "Mars/Olympus")
    with pytest.raises(ValueError, match="without zone"):
        when_in(moment(2026, 3, 6).replace(tzinfo=None), NEW_YORK)


@settings(deadline=None)
@given(
    st.integers(0, 2 * 365 * 24 * 60).map(lambda minutes: moment(2026, 1, 1) + timedelta(minutes=minutes)),
    st.sampled_from([NEW_YORK, BERLIN, "Australia/Lord_Howe", "Asia/Kolkata", "Africa/Casablanca"]),
)
def test_two_moments_never_share_their_words(instant, zone):
    """An hour that comes twice is told apart, so nobody is early or late by one."""
    for hours in (1, -1):
        assert when_in(instant, zone) != when_in(instant + timedelta(hours=hours), zone)
