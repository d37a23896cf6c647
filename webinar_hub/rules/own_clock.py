"""When a bonus opens to one person: on the cohort's clock, or on her own, which begins when she comes in.

Whoever comes late gets the past as the cohort says: all of it, none of it, or one bonus a day until she has caught
up, which is a clock of her own, too. Days are days on the cohort's calendar.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Protocol

from webinar_hub.rules.zones import zone

ONE_PER_DAY = "one per day"
LATE = ":late"
"""How the key of a mail ends that only those get who came late."""
A_DAY = timedelta(days=1)
LEAST_DAYS, MOST_DAYS = 1, 366


@dataclass(frozen=True, slots=True)
class OwnClock:
    """`days` (at least 1) after she came in: at a time of day in `zone_name`, or with None to the minute."""

    days: int
    at: time | None
    zone_name: str

    def opens(self, came: datetime) -> datetime:
        """When it opens to somebody who came in then (aware); never earlier for who came later.

        A time that clocks jump over is that much later.
        """
        if self.at is None:
            return came + self.days * A_DAY
        day = came.astimezone(zone(self.zone_name)).date() + self.days * A_DAY
        return datetime.combine(day, self.at, zone(self.zone_name)).astimezone(UTC)

    def came_before(self, now: datetime) -> datetime:
        """It is open at `now` to exactly those who came in before this moment."""
        if self.at is None:
            return now - self.days * A_DAY + timedelta.resolution
        place = zone(self.zone_name)
        day = now.astimezone(place).date()
        if datetime.combine(day, self.at, place) > now:
            day -= A_DAY
        return datetime.combine(day - (self.days - 1) * A_DAY, time(), place).astimezone(UTC)


@dataclass(frozen=True, slots=True)
class DropClock:
    """What decides when a bonus opens; `place` counts the cohort's bonuses that open before it (0 is the first).

    With `days` it opens on each one's own clock, but not to who came before `enrolled_from`.
    """

    release_at: datetime
    zone_name: str
    place: int = 0
    days: int | None = None
    at: time | None = None
    enrolled_from: datetime | None = None

    @property
    def own(self) -> OwnClock | None:
        """The clock of each one's own, if it has one."""
        return None if self.days is None else OwnClock(self.days, self.at, self.zone_name)

    @property
    def catching_up(self) -> OwnClock:
        """When it opens to somebody late who gets one a day: in order, at the hour at which it opened."""
        wall = self.release_at.astimezone(zone(self.zone_name))
        return OwnClock(self.place + 1, wall.time().replace(tzinfo=None), self.zone_name)


class StoredDrop(Protocol):
    """A bonus as it is stored (`models/drop.py`)."""

    id: int
    release_at: datetime
    zone: str
    enrolment_days: int | None
    enrolment_at: str
    enrolled_from: datetime | None


def clocks(drops: Iterable[StoredDrop]) -> dict[int, DropClock]:
    """The clocks of all bonuses of one cohort, by id."""
    every = list(drops)
    in_order = sorted((d for d in every if d.enrolment_days is None), key=lambda d: (d.release_at, d.id))
    places = {drop.id: place for place, drop in enumerate(in_order)}
    return {drop.id: clock_of(drop, places.get(drop.id, 0)) for drop in every}


def clock_of(drop: StoredDrop, place: int) -> DropClock:
    """The clock of one, before which so many of its cohort open."""
    at = time.fromisoformat(drop.enrolment_at) if drop.enrolment_at else None
    return DropClock(drop.release_at, drop.zone, place, drop.enrolment_days, at, drop.enrolled_from)


def opens_to(drop: DropClock, *, late_join: str, came: datetime) -> datetime | None:
    """When the bonus opens to somebody who came in then; None: never."""
    if drop.own is not None:
        skipped = drop.enrolled_from is not None and came < drop.enrolled_from
        return None if skipped else drop.own.opens(came)
    if came <= drop.release_at or late_join == "all past drops":
        return drop.release_at
    return drop.catching_up.opens(came) if late_join == ONE_PER_DAY else None


@dataclass(frozen=True, slots=True)
class OwnMessage:
    """A mail of a bonus that is due to each person at her own moment.

    It goes to those who came after `after` (None: to all), on `clock`. `key` names it for ever.
    """

    key: str
    drop_id: int
    clock: OwnClock
    after: datetime | None


def own_messages(drops: dict[int, DropClock], late_join: str) -> list[OwnMessage]:
    """What is mailed on people's own clocks, by the ids of the drops."""
    found = []
    for id_, drop in drops.items():
        if drop.own is not None:
            # Somebody who came at that very moment is not past it.
            after = drop.enrolled_from - timedelta.resolution if drop.enrolled_from else None
            found.append(OwnMessage(f"drop:{id_}:own", id_, drop.own, after))
        elif late_join == ONE_PER_DAY:
            found.append(OwnMessage(f"drop:{id_}{LATE}", id_, drop.catching_up, drop.release_at))
    return found
