"""Time in words for pages and mails, in English: "Thu 5 March, 7:00 pm in New York: 4:00 pm for you".

Every moment is aware, every zone an IANA name; a name the tz database does not hold raises
zoneinfo.ZoneInfoNotFoundError. `core` works out what a wall time means, here it is only spoken.
"""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

from webinar_hub.rules.zones import MONTHS

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_UTC_NAMES = frozenset({"UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Zulu", "Universal", "Greenwich"})
_OFFSET_ZONE = re.compile(r"Etc/GMT(?P<sign>[+-])(?P<hours>\d+)\Z")


def when_in(moment: datetime, zone: str, *, year: bool = False) -> str:
    """Day and time in this zone: "Thu 5 March, 7:00 pm", or "Thu 5 March 2026, 7:00 pm" with the year."""
    wall = _wall(moment, zone)
    return f"{_day(wall, year=year)}, {_clock(wall)}"


def when_for(moment: datetime, home_zone: str, own_zone: str, *, year: bool = False) -> str:
    """The time where the webinar is at home and, if her clock shows another one, the time for the reader.

    "Thu 5 March, 7:00 pm in New York: 4:00 pm for you"; her day is named when it is another one.
    """
    home, own = _wall(moment, home_zone), _wall(moment, own_zone)
    at_home = f"{_day(home, year=year)}, {_clock(home)} in {place_of(home_zone)}"
    if home.replace(tzinfo=None) == own.replace(tzinfo=None):
        return at_home
    own_day = "" if home.date() == own.date() else f"{_day(own, year=year)}, "
    return f"{at_home}: {own_day}{_clock(own)} for you"


def short_month(moment: datetime, zone: str) -> str:
    """The month on the zone's calendar in three letters: "Mar"."""
    return MONTHS[_wall(moment, zone).month - 1][:3]


def place_of(zone: str) -> str:
    """The place a zone is named after: "New York" for America/New_York, "UTC" and "UTC+5" for zones without one."""
    if zone.removeprefix("Etc/") in _UTC_NAMES:
        return "UTC"
    offset = _OFFSET_ZONE.match(zone)
    if offset:  # POSIX signs: Etc/GMT+5 lies west of Greenwich and is UTC-5
        return f"UTC{'−' if offset['sign'] == '+' else '+'}{int(offset['hours'])}"
    area, _, place = zone.rpartition("/")
    spoken = place.replace("_", " ")
    return f"US {spoken}" if area == "US" else spoken  # "Pacific" alone would be no place


def time_range(starts: datetime, ends: datetime, zone: str) -> str:
    """From when to when in this zone: "7:00–8:00 pm", "11:30 am–12:30 pm"; the last day is named after a day."""
    first, last = _wall(starts, zone), _wall(ends, zone)
    if ends - starts >= _DAY:
        return f"{_clock(first)}–{_day(last, year=False)}, {_clock(last)}"
    same_half = _half(first) == _half(last) and first.date() == last.date()
    if same_half and not _clock_note(first):
        return f"{_hour_and_minute(first)}–{_clock(last)}"
    return f"{_clock(first)}–{_clock(last)}"


def duration_in_words(duration: timedelta) -> str:
    """A length of time: "1 hour", "90 minutes", "2 hours 30 minutes", "3 days", "1 week".

    Seconds are left out. Raises ValueError for less than nothing.
    """
    if duration < timedelta():
        raise ValueError("a duration is not negative")
    if duration and duration % _WEEK == timedelta():
        return _count(duration // _WEEK, "week")
    if duration <= 2 * _HOUR and duration % _HOUR >= _MINUTE:
        return _count(duration // _MINUTE, "minute")
    # 36 hours say more than a day and a half; from two days on, days do.
    days, rest = divmod(duration, _DAY) if duration >= 2 * _DAY or duration % _DAY < _MINUTE else (0, duration)
    parts = ((days, "day"), (rest // _HOUR, "hour"), (rest % _HOUR // _MINUTE, "minute"))
    return " ".join(_count(number, unit) for number, unit in parts if number) or "0 minutes"


def _wall(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without zone names no instant")
    return moment.astimezone(ZoneInfo(zone))


def _day(wall: datetime, *, year: bool) -> str:
    day = f"{_WEEKDAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]}"
    return f"{day} {wall.year}" if year else day


def _clock(wall: datetime) -> str:
    return f"{_hour_and_minute(wall)} {_half(wall)}{_clock_note(wall)}"


def _hour_and_minute(wall: datetime) -> str:
    return f"{wall.hour % 12 or 12}:{wall.minute:02}"


def _half(wall: datetime) -> str:
    return "am" if wall.hour < 12 else "pm"


def _clock_note(wall: datetime) -> str:
    """Which of the two is meant when the clock shows this time twice, in the night it goes back."""
    if wall.replace(fold=0).utcoffset() == wall.replace(fold=1).utcoffset():
        return ""
    return " (after the clocks go back)" if wall.fold else " (before the clocks go back)"


def _count(number: int, unit: str) -> str:
    return f"{number} {unit}" if number == 1 else f"{number} {unit}s"
