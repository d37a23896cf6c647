"""Wall time in a named zone to the UTC instant, and in plain words; weekly dates are in rules/recurrence.py."""

from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from functools import cache
from zoneinfo import ZoneInfo, available_timezones

_NOT_PLACES = frozenset({"localtime", "Factory"})
"""Names in the tz database that mean "whatever this machine says" or nothing at all."""

_AMERICAN_NAMES = {
    **dict.fromkeys(("est", "edt", "et", "eastern", "eastern_time"), "America/New_York"),
    **dict.fromkeys(("cst", "cdt", "ct", "central", "central_time"), "America/Chicago"),
    **dict.fromkeys(("mst", "mdt", "mt", "mountain", "mountain_time"), "America/Denver"),
    **dict.fromkeys(("pst", "pdt", "pt", "pacific", "pacific_time"), "America/Los_Angeles"),
}


class UnknownZone(ValueError):
    """The name is no zone of the IANA tz database; the message suggests close ones."""


class NonexistentTime(ValueError):
    """The wall time is skipped when clocks are put forward; the message says what to choose instead."""


def zone(name: str) -> ZoneInfo:
    """Return the IANA zone called exactly `name` (such as "America/New_York").

    Raises UnknownZone for anything else: a path, an abbreviation the tz database does not list, a wrong case.
    """
    if name not in _zone_names():
        raise UnknownZone(_unknown_zone_words(name))
    return ZoneInfo(name)


def to_utc(wall: datetime, zone_name: str) -> datetime:
    """Return the UTC instant of a naive wall time in the zone `zone_name`.

    A time that happens twice (clocks put back) means the first. Raises UnknownZone, NonexistentTime for a
    time that clocks jump over, and ValueError when `wall` already carries an offset.
    """
    if wall.tzinfo is not None:
        raise ValueError("A wall time carries no offset: the zone is named beside it.")
    place = zone(zone_name)
    instant = wall.replace(tzinfo=place, fold=0).astimezone(UTC)
    if instant.astimezone(place).replace(tzinfo=None, fold=0) != wall.replace(fold=0):
        raise NonexistentTime(_nonexistent_words(wall, place))
    return instant


def happens_twice(wall: datetime, zone_name: str) -> bool:
    """Tell whether the naive wall time is shown twice in the zone, because clocks are put back over it."""
    place = zone(zone_name)
    first, second = _offset(wall, place, fold=0), _offset(wall, place, fold=1)
    return first > second


def place_meant(abbreviation: str) -> str | None:
    """Return the zone meant by "EST" or "Eastern": the tz database's own EST knows no summer time."""
    return _AMERICAN_NAMES.get(abbreviation.strip().replace(" ", "_").casefold())


def city(zone_name: str) -> str:
    """Return the place in a zone's name as people write it: "New York" for "America/New_York"."""
    return zone_name.rsplit("/", 1)[-1].replace("_", " ")


def clock_words(moment: datetime) -> str:
    """Return the time of day as people write it in the United States: "7:00 pm"."""
    return f"{moment.hour % 12 or 12}:{moment:%M} {'am' if moment.hour < 12 else 'pm'}"


def day_words(day: date) -> str:
    """Return the day as "8 March 2026", in English whatever the machine's locale is."""
    return f"{day.day} {MONTHS[day.month - 1]} {day.year}"


MONTHS = (
    "January",
    "February",
    "March",
    "April",
    "May",
    "June",
    "July",
    "August",
    "September",
    "October",
    "November",
    "December",
)


@cache
def _zone_names() -> frozenset[str]:
    # Reading the directory tree takes tens of milliseconds, and the set only changes with a new tz database.
    return frozenset(available_timezones()) - _NOT_PLACES


def _unknown_zone_words(name: str) -> str:
    shown = name if name.isprintable() and len(name) <= 60 else "this"
    words = f'There is no time zone called "{shown}".' if shown != "this" else "This is no time zone."
    close = _close_zone_names(name)
    if close:
        return f"{words} Did you mean {' or '.join(close)}?"
    return f"{words} Write continent and city, such as America/New_York or Europe/Berlin."


def _close_zone_names(name: str) -> list[str]:
    wanted = name[:60].strip().replace(" ", "_").casefold()
    by_folded = {known.casefold(): known for known in sorted(_zone_names())}
    meant = place_meant(wanted)
    if meant:
        return [meant]
    same_city = [known for folded, known in by_folded.items() if folded.rsplit("/", 1)[-1] == wanted]
    close = get_close_matches(wanted, by_folded, n=3, cutoff=0.75)
    return list(dict.fromkeys([*same_city[:3], *(by_folded[folded] for folded in close)]))[:3]


def _offset(wall: datetime, place: ZoneInfo, *, fold: int) -> timedelta:
    offset = wall.replace(tzinfo=place, fold=fold).utcoffset()
    return offset if offset is not None else timedelta(0)


def _nonexistent_words(wall: datetime, place: ZoneInfo) -> str:
    gap_starts, gap_ends = _gap_around(wall, place)
    same_day = gap_starts.date() == gap_ends.date()
    jump = (
        f"from {clock_words(gap_starts)} to {clock_words(gap_ends)}"
        if same_day
        else f"from {_full_words(gap_starts)} to {_full_words(gap_ends)}"
    )
    remedy = clock_words(gap_ends) if same_day else _full_words(gap_ends)
    return (
        f"{clock_words(wall)} on {day_words(wall)} does not exist in {city(place.key)}: "
        f"clocks jump {jump}. Choose {remedy} or later, or a time before the jump."
    )


def _full_words(moment: datetime) -> str:
    return f"{clock_words(moment)} on {day_words(moment)}"


def _gap_around(wall: datetime, place: ZoneInfo) -> tuple[datetime, datetime]:
    """Return the naive wall times at which the clock stops and goes on again, around a skipped wall time."""
    before, after = _offset(wall, place, fold=0), _offset(wall, place, fold=1)
    # A skipped time has the offset before the jump for fold 0 and the one after it for fold 1 (PEP 495), so
    # the jump itself lies between the two instants; halve the interval down to the second.
    early = (wall - after).replace(microsecond=0, tzinfo=UTC)
    late = (wall - before).replace(microsecond=0, tzinfo=UTC) + timedelta(seconds=1)
    while late - early > timedelta(seconds=1):
        middle = early + timedelta(seconds=(late - early) // timedelta(seconds=2))
        if middle.astimezone(place).utcoffset() == before:
            early = middle
        else:
            late = middle
    return (late + before).replace(tzinfo=None), (late + after).replace(tzinfo=None)
