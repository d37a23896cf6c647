"""Which evenings a weekly cohort meets; what instant that is in its zone is decided in rules/zones.py."""

from collections.abc import Collection
from datetime import date, datetime
from itertools import islice

from dateutil.rrule import WEEKLY, rrule


def weekly(first: datetime, weeks: int, skip: Collection[date] = ()) -> list[datetime]:
    """Return `weeks` naive wall times, one a week from `first` on, always at the same time of day.

    A date in `skip` is left out and the run becomes a week longer: the list always has `weeks` entries.
    Wall times know no daylight saving, so 19:00 stays 19:00. Raises ValueError for fewer than one week or
    a `first` with an offset.
    """
    if weeks < 1:
        raise ValueError("A weekly run has at least one week.")
    if first.tzinfo is not None:
        raise ValueError("A weekly run starts at a wall time, without an offset.")
    left_out = frozenset(skip)
    meetings = (wall for wall in rrule(WEEKLY, dtstart=first) if wall.date() not in left_out)
    return list(islice(meetings, weeks))
