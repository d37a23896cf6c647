"""Time in words for pages and mails, in English: "Thu 5 March, 7:00 pm in New York: 4:00 pm for you".

In other languages dates, times and places are written as Unicode's CLDR has them: "jue, 5 de marzo, 7:00 p.m. en
Nueva York: 4:00 p.m. para ti". Every moment is aware, every zone an IANA name; a name the tz database does not hold
raises zoneinfo.ZoneInfoNotFoundError. `core` works out what a wall time means, here it is only spoken.
"""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from babel.core import get_global
from babel.dates import format_datetime, format_skeleton, format_time

from webinar_hub.core import language
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import ngettext
from webinar_hub.rules.zones import MONTHS

_WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
_MINUTE, _HOUR, _DAY, _WEEK = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1), timedelta(weeks=1)
_UTC_NAMES = frozenset({"UTC", "UCT", "GMT", "GMT0", "GMT+0", "GMT-0", "Zulu", "Universal", "Greenwich"})
_OFFSET_ZONE = re.compile(r"Etc/GMT(?P<sign>[+-])(?P<hours>\d+)\Z")
# CLDR keeps "7:00" and "p.m." together by a narrow space, for which not every mail program has a glyph.
_NARROW, _KEEPS_TOGETHER = "\u202f", "\u00a0"


def when_in(moment: datetime, zone: str, *, year: bool = False) -> str:
    """Day and time in this zone: "Thu 5 March, 7:00 pm", or "Thu 5 March 2026, 7:00 pm" with the year."""
    wall = _wall(moment, zone)
    return _("%(day)s, %(time)s", day=_day(wall, year=year), time=_clock(wall))


def when_for(moment: datetime, home_zone: str, own_zone: str, *, year: bool = False) -> str:
    """The time where the webinar is at home and, if her clock shows another one, the time for the reader.

    "Thu 5 March, 7:00 pm in New York: 4:00 pm for you"; her day is named when it is another one.
    """
    home, own = _wall(moment, home_zone), _wall(moment, own_zone)
    at_home = _("%(when)s in %(place)s", when=when_in(moment, home_zone, year=year), place=place_of(home_zone))
    if home.replace(tzinfo=None) == own.replace(tzinfo=None):
        return at_home
    own_time = _clock(own) if home.date() == own.date() else when_in(moment, own_zone, year=year)
    return _("%(at_home)s: %(own_time)s for you", at_home=at_home, own_time=own_time)


def short_month(moment: datetime, zone: str) -> str:
    """The month on the zone's calendar in three letters or so: "Mar"."""
    wall = _wall(moment, zone)
    if _is_english():
        return MONTHS[wall.month - 1][:3]
    return format_datetime(wall, "LLL", locale=language.locale()).rstrip(".")


def place_of(zone: str) -> str:
    """The place a zone is named after: "New York" for America/New_York, "UTC" and "UTC+5" for zones without one."""
    if zone.removeprefix("Etc/") in _UTC_NAMES:
        return "UTC"
    offset = _OFFSET_ZONE.match(zone)
    if offset:  # POSIX signs: Etc/GMT+5 lies west of Greenwich and is UTC-5
        return f"UTC{'−' if offset['sign'] == '+' else '+'}{int(offset['hours'])}"
    area, _separator, place = zone.rpartition("/")
    spoken = place.replace("_", " ")
    if not _is_english():
        # CLDR names a city only where it is called otherwise than in the name of its zone.
        named = language.locale().time_zones.get(get_global("zone_aliases").get(zone, zone), {})
        return str(named.get("city", spoken))
    return f"US {spoken}" if area == "US" else spoken  # "Pacific" alone would be no place


def time_range(starts: datetime, ends: datetime, zone: str) -> str:
    """From when to when in this zone: "7:00–8:00 pm", "11:30 am–12:30 pm"; the last day is named after a day."""
    first, last = _wall(starts, zone), _wall(ends, zone)
    if ends - starts >= _DAY:
        return f"{_clock(first)}–{_day(last, year=False)}, {_clock(last)}"
    same_half = _half(first) == _half(last) and first.date() == last.date()
    if _is_english() and same_half and not _clock_note(first):
        return f"{_hour_and_minute(first)}–{_clock(last)}"
    return f"{_clock(first)}–{_clock(last)}"


def duration_in_words(duration: timedelta) -> str:
    """A length of time: "1 hour", "90 minutes", "2 hours 30 minutes", "3 days", "1 week".

    Seconds are left out. Raises ValueError for less than nothing.
    """
    if duration < timedelta():
        raise ValueError("a duration is not negative")
    if duration and duration % _WEEK == timedelta():
        return _weeks(duration // _WEEK)
    if duration <= 2 * _HOUR and duration % _HOUR >= _MINUTE:
        return _minutes(duration // _MINUTE)
    # 36 hours say more than a day and a half; from two days on, days do.
    days, rest = divmod(duration, _DAY) if duration >= 2 * _DAY or duration % _DAY < _MINUTE else (0, duration)
    parts: tuple[tuple[int, Callable[[int], str]], ...] = (
        (days, _days),
        (rest // _HOUR, _hours),
        (rest % _HOUR // _MINUTE, _minutes),
    )
    return " ".join(spoken(number) for number, spoken in parts if number) or _minutes(0)


def _is_english() -> bool:
    return language.current() == language.DEFAULT


def _wall(moment: datetime, zone: str) -> datetime:
    if moment.tzinfo is None:
        raise ValueError("a moment without zone names no instant")
    return moment.astimezone(ZoneInfo(zone))


def _day(wall: datetime, *, year: bool) -> str:
    if not _is_english():
        return format_skeleton("yMMMMEd" if year else "MMMMEd", wall, locale=language.locale())
    day = f"{_WEEKDAYS[wall.weekday()]} {wall.day} {MONTHS[wall.month - 1]}"
    return f"{day} {wall.year}" if year else day


def clock_of_day(minutes: int) -> str:
    """A time of day, given in minutes after midnight: "8:00 am"."""
    hour, minute = divmod(minutes, 60)
    # Which day it is, and where, does not matter: no clock is changed in it.
    return _clock(datetime(2024, 1, 1, hour % 24, minute, tzinfo=UTC))


def _clock(wall: datetime) -> str:
    if not _is_english():
        # The wall time as it is: with its zone, Babel would turn it into UTC.
        shown = format_time(wall.replace(tzinfo=None), "short", locale=language.locale())
        return shown.replace(_NARROW, _KEEPS_TOGETHER) + _clock_note(wall)
    return f"{_hour_and_minute(wall)} {_half(wall)}{_clock_note(wall)}"


def _hour_and_minute(wall: datetime) -> str:
    return f"{wall.hour % 12 or 12}:{wall.minute:02}"


def _half(wall: datetime) -> str:
    return "am" if wall.hour < 12 else "pm"


def _clock_note(wall: datetime) -> str:
    """Which of the two is meant when the clock shows this time twice, in the night it goes back."""
    if wall.replace(fold=0).utcoffset() == wall.replace(fold=1).utcoffset():
        return ""
    note = _("(after the clocks go back)") if wall.fold else _("(before the clocks go back)")
    return f" {note}"


def _weeks(number: int) -> str:
    return ngettext("%(num)s week", "%(num)s weeks", number)


def _days(number: int) -> str:
    return ngettext("%(num)s day", "%(num)s days", number)


def _hours(number: int) -> str:
    return ngettext("%(num)s hour", "%(num)s hours", number)


def _minutes(number: int) -> str:
    return ngettext("%(num)s minute", "%(num)s minutes", number)
