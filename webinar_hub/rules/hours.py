"""At which hour of her own day a mail leaves: her hour for bonuses, the window for what can wait, no weekends.

Urgent is what she must know at once: her confirmation, changes, what organizers write, the hour before a session.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from webinar_hub.rules.delivery import topic_of
from webinar_hub.rules.zones import zone

MIDNIGHT = 24 * 60
AT_ITS_MOMENT = -1
"""Instead of an hour for bonuses: when they open."""
URGENT_LEAD = timedelta(hours=1)
# A window that opens on no day of so many opens never.
_DAYS = 9
_A_MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Hours:
    """Minutes after midnight on her clock: bonuses at `bonus_at` (None: as they open), all else from `opens` on.

    Nothing leaves from `closes` on (1440 is midnight), or, with `weekdays_only`, on Saturday and Sunday.
    """

    bonus_at: int | None = None
    opens: int = 0
    closes: int = MIDNIGHT
    weekdays_only: bool = False

    @property
    def is_any(self) -> bool:
        """Whether mails may leave at any time."""
        return self == Hours()


def minutes_of(at: time) -> int:
    """A time of day in minutes after midnight."""
    return at.hour * 60 + at.minute


def can_wait(kind: str, lead: timedelta | None) -> bool:
    """Whether a mail of this kind heeds hours at all; a reminder has its lead."""
    if kind == "live" or topic_of(kind) == "service":
        return False
    return kind != "reminder" or (lead is not None and lead > URGENT_LEAD)


def chosen(
    of_cohort: Hours,
    *,
    bonus_at: int | None,
    opens: int | None,
    closes: int | None,
    weekdays_only: bool | None,
) -> Hours:
    """Her own hours, and the cohort's where she has not chosen."""
    at = of_cohort.bonus_at if bonus_at is None else bonus_at
    return Hours(
        None if at == AT_ITS_MOMENT else at,
        of_cohort.opens if opens is None else opens,
        of_cohort.closes if closes is None else closes,
        of_cohort.weekdays_only if weekdays_only is None else weekdays_only,
    )


def leaves(
    hours: Hours, zone_name: str, *, due_at: datetime, expires_at: datetime | None, is_bonus: bool, now: datetime
) -> datetime | None:
    """When a mail leaves that is due then (aware UTC); None: not at all.

    Never before it is due, unless it would have lost its sense when the window opens again: then at the end of the
    window before, if that is still ahead.
    """
    place = zone(zone_name)
    wished = _next_at(hours.bonus_at, due_at, place) if is_bonus and hours.bonus_at is not None else due_at
    for start in dict.fromkeys((wished, due_at)):
        later = _in_window(hours, start, place)
        if expires_at is None or later < expires_at:
            return later
    before = _end_of_window(hours, due_at, place)
    return before if before is not None and before >= now else None


def _next_at(minutes: int, moment: datetime, place: ZoneInfo) -> datetime:
    """The first moment from `moment` on at which her clock shows so many minutes after midnight."""
    today = moment.astimezone(place).date()
    days = (today + timedelta(days=days) for days in range(_DAYS))
    return next(at for at in (_instant(day, minutes, place) for day in days) if at >= moment)


def _in_window(hours: Hours, moment: datetime, place: ZoneInfo) -> datetime:
    """The first moment from `moment` on at which a window is open."""
    today = moment.astimezone(place).date()
    for day in (today + timedelta(days=days) for days in range(_DAYS)):
        opens, closes = (_instant(day, minutes, place) for minutes in (hours.opens, hours.closes))
        if not _rests(hours, day) and moment < closes:
            return max(moment, opens)
    return moment


def _end_of_window(hours: Hours, moment: datetime, place: ZoneInfo) -> datetime | None:
    """The last minute before `moment` in which a window is open."""
    today = moment.astimezone(place).date()
    for day in (today - timedelta(days=days) for days in range(_DAYS)):
        opens, closes = (_instant(day, minutes, place) for minutes in (hours.opens, hours.closes))
        if not _rests(hours, day) and moment >= opens:
            return min(moment, closes - _A_MINUTE)
    return None


def _rests(hours: Hours, day: date) -> bool:
    return hours.weekdays_only and day.weekday() >= 5


def _instant(day: date, minutes: int, place: ZoneInfo) -> datetime:
    """A wall time as an instant: one that happens twice is the first, one that is skipped is that much later."""
    days, rest = divmod(minutes, MIDNIGHT)
    wall = datetime.combine(day + timedelta(days=days), time(rest // 60, rest % 60), place)
    return wall.astimezone(UTC)
