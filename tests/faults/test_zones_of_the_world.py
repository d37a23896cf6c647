"""Wall time to instant in every zone of the tz database, for two years (F18), beside the standard library's own."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.rules.message_plan import MessageRules, SessionFacts, plan
from webinar_hub.rules.zones import NonexistentTime, happens_twice, to_utc

ZONES = sorted(available_timezones() - {"localtime", "Factory"})
FIRST, DAYS = date(2026, 1, 1), 730
DAY, HOUR = timedelta(days=1), timedelta(hours=1)
DAYS_AHEAD = st.integers(0, DAYS - 1)
TIMES = st.times().map(lambda moment: moment.replace(microsecond=0, fold=0))


def changes(zone: str) -> list[datetime]:
    """The instants within the two years at which the zone's clocks are changed, to the minute."""
    place, found = ZoneInfo(zone), []
    moment = datetime.combine(FIRST, time(), UTC)
    for _ in range(DAYS):
        following = moment + DAY
        if moment.astimezone(place).utcoffset() != following.astimezone(place).utcoffset():
            found.append(_change_between(moment, following, place))
        moment = following
    return found


def _change_between(early: datetime, late: datetime, place: ZoneInfo) -> datetime:
    before = early.astimezone(place).utcoffset()
    while late - early > timedelta(minutes=1):
        middle = early + (late - early) // 2
        if middle.astimezone(place).utcoffset() == before:
            early = middle
        else:
            late = middle
    return late.replace(second=0, microsecond=0)


def check(wall: datetime, zone: str) -> None:
    """Either the first instant at which the zone's clocks show this, or refused because they never do."""
    place = ZoneInfo(zone)
    showing = sorted(
        instant
        for fold in (0, 1)
        if (instant := wall.replace(tzinfo=place, fold=fold).astimezone(UTC)).astimezone(place).replace(
            tzinfo=None, fold=0
        )
        == wall
    )  # fmt: skip
    if not showing:
        with pytest.raises(NonexistentTime, match="does not exist"):
            to_utc(wall, zone)
        return
    assert to_utc(wall, zone) == showing[0]
    assert happens_twice(wall, zone) == (showing[0] != showing[-1])


@settings(deadline=None, max_examples=600)
@given(zone=st.sampled_from(ZONES), day=DAYS_AHEAD, moment=TIMES)
def test_any_wall_time_in_any_zone(zone: str, day: int, moment: time) -> None:
    """F18: the standard library's zones are the judge."""
    check(datetime.combine(FIRST + day * DAY, moment), zone)


@settings(deadline=None, max_examples=300)
@given(zone=st.sampled_from(ZONES), minutes=st.integers(-180, 180), data=st.data())
def test_around_every_change_of_clocks(zone: str, minutes: int, data: st.DataObject) -> None:
    """F18: gaps are refused, of what happens twice the first is meant: looked at where it hurts."""
    found = changes(zone)
    if found:
        change = data.draw(st.sampled_from(found))
        shown = change.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        check(shown + timedelta(minutes=minutes), zone)


@pytest.mark.faults
@pytest.mark.parametrize("zone", ZONES)
def test_every_day_at_six_and_every_quarter_around_a_change(zone: str) -> None:
    """F18: all zones, all days: "18:00 every week" is 18:00, and reminders keep their distance to the instant."""
    for day in range(DAYS):
        check(datetime.combine(FIRST + day * DAY, time(18)), zone)
    for change in changes(zone):
        shown = change.astimezone(ZoneInfo(zone)).replace(tzinfo=None, fold=0)
        for quarter in range(-12, 13):
            check(shown + quarter * timedelta(minutes=15), zone)


@settings(deadline=None, max_examples=300)
@given(zone=st.sampled_from(ZONES), day=DAYS_AHEAD)
def test_reminders_are_so_many_real_hours_before_the_start(zone: str, day: int) -> None:
    """F18: a day before is 24 hours before, also where that day has 23 or 25 on the clock."""
    try:
        start = to_utc(datetime.combine(FIRST + day * DAY, time(18)), zone)
    except NonexistentTime:
        return
    rules = MessageRules((DAY, HOUR), announces_live=False, thank_you_after=None)
    messages = plan(1, [SessionFacts(1, start, start + HOUR, cancelled=False)], [], rules)
    assert [message.due_at for message in messages] == [start - DAY, start - HOUR]
