"""A cohort without dates: weeks and days instead (FEATURES B3); the dated cohort follows from its first day.

All times are wall times in the cohort's zone, so 19:00 stays 19:00 across a change of clocks.
"""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from operator import itemgetter
from typing import Any

from webinar_hub.rules.release import release_after

WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
A_WEEK = timedelta(weeks=1)
# Any Monday will do to lay weeks beside each other.
A_MONDAY = date(2024, 1, 1)


@dataclass(frozen=True, slots=True)
class PatternSession:
    """A live hour: in week 1, 2, ... on a weekday (0 is Monday), at a time of day, for so many minutes."""

    key: str
    title: str
    summary: str
    livestream_url: str
    week: int
    weekday: int
    at: time
    minutes: int

    @property
    def day(self) -> int:
        """Days from the Monday of week 1."""
        return (self.week - 1) * 7 + self.weekday

    @property
    def words(self) -> str:
        """As a page says it: "Week 1, Tuesday"."""
        return f"Week {self.week}, {WEEKDAYS[self.weekday]}"


@dataclass(frozen=True, slots=True)
class PatternDrop:
    """A bonus: so many days after a session, at a time of day or (None) when it ends.

    With `after` "" the days count from the day of the first session, and may be negative; then it has a time.
    With `own_days` it opens to each one so many days after she came in, and the rest only says where it stands.
    """

    key: str
    title: str
    note: str
    surprise: bool
    after: str
    days: int
    at: time | None
    materials: tuple[int, ...] = ()
    own_days: int | None = None
    own_at: str = ""


@dataclass(frozen=True, slots=True)
class Pattern:
    """Everything dated of a cohort, without the dates."""

    sessions: tuple[PatternSession, ...]
    drops: tuple[PatternDrop, ...] = ()


@dataclass(frozen=True, slots=True)
class LaidOut:
    """A pattern with its wall times, in the order of the pattern."""

    sessions: tuple[tuple[PatternSession, datetime], ...]
    drops: tuple[tuple[PatternDrop, datetime], ...]


@dataclass(frozen=True, slots=True)
class DatedSession:
    """A session that a pattern is read from; `starts` is its naive wall time."""

    key: str
    title: str
    summary: str
    livestream_url: str
    starts: datetime
    minutes: int


@dataclass(frozen=True, slots=True)
class DatedDrop:
    """A drop that a pattern is read from; `after` is the key of the session it follows, or ""."""

    key: str
    title: str
    note: str
    surprise: bool
    release: datetime
    after: str
    days: int
    at: time | None
    materials: tuple[int, ...]
    own_days: int | None = None
    own_at: str = ""


def pattern_of(sessions: Sequence[DatedSession], drops: Sequence[DatedDrop]) -> Pattern:
    """What stays of a cohort when its dates are taken away. Raises ValueError for one without a session."""
    if not sessions:
        raise ValueError("There is no session to take as a pattern.")
    first = min(session.starts for session in sessions).date()
    monday = first - timedelta(days=first.weekday())
    kept = []
    for session in sorted(sessions, key=lambda session: session.starts):
        week, weekday = divmod((session.starts.date() - monday).days, 7)
        kept.append(
            PatternSession(
                session.key, session.title, session.summary, session.livestream_url,
                week + 1, weekday, session.starts.time(), session.minutes,
            )
        )  # fmt: skip
    return Pattern(tuple(kept), tuple(_without_date(drop, first, {s.key for s in kept}) for drop in drops))


def _without_date(drop: DatedDrop, first: date, sessions: Collection[str]) -> PatternDrop:
    words = (drop.key, drop.title, drop.note, drop.surprise)
    rest = (drop.materials, drop.own_days, drop.own_at)
    if drop.after in sessions:
        return PatternDrop(*words, drop.after, drop.days, drop.at, *rest)
    if drop.own_days is not None:
        return PatternDrop(*words, "", 0, time(8), *rest)
    return PatternDrop(*words, "", (drop.release.date() - first).days, drop.release.time(), *rest)


def laid_out(pattern: Pattern, first: date, skip: Collection[date] = (), at: time | None = None) -> LaidOut:
    """The pattern with its first session on the day `first`, everything else as many days from it as before.

    A session that would fall on a day of `skip` comes a week later, and so does all that follows it. `at` is
    another time of day for every session that had the first one's.
    """
    if not pattern.sessions:
        return LaidOut((), ())
    start, usual = pattern.sessions[0].day, pattern.sessions[0].at
    shift, starts = timedelta(0), {}
    shifts: list[tuple[int, timedelta]] = []
    for session in pattern.sessions:
        day = first + timedelta(days=session.day - start)
        while day + shift in skip:
            shift += A_WEEK
        shifts.append((session.day - start, shift))
        moment = at if at is not None and session.at == usual else session.at
        starts[session.key] = datetime.combine(day + shift, moment)
    lengths = {session.key: session.minutes for session in pattern.sessions}
    return LaidOut(
        tuple((session, starts[session.key]) for session in pattern.sessions),
        tuple((drop, _release(drop, first, starts, lengths, shifts)) for drop in pattern.drops),
    )


def _release(
    drop: PatternDrop,
    first: date,
    starts: Mapping[str, datetime],
    lengths: Mapping[str, int],
    shifts: Iterable[tuple[int, timedelta]],
) -> datetime:
    if drop.after in starts:
        begins = starts[drop.after]
        ends = begins + timedelta(minutes=lengths[drop.after])
        return release_after(begins, ends, days=drop.days, at=drop.at)
    late = max((shift for day, shift in shifts if day <= drop.days), default=timedelta(0))
    return datetime.combine(first + timedelta(days=drop.days) + late, drop.at or time(8))


def overlapping(pattern: Pattern) -> str:
    """What to say where a session would start while the one before it runs, or ""."""
    return overlap_in([(session, _in_some_weeks(session)) for session in pattern.sessions])


def overlap_in(starts: Sequence[tuple[PatternSession, datetime]]) -> str:
    """The same of sessions with their wall times."""
    for (earlier, begins), (later, next_begins) in pairwise(sorted(starts, key=itemgetter(1))):
        if next_begins < begins + timedelta(minutes=earlier.minutes):
            return f'"{later.title}" would start while "{earlier.title}" is still running. Move one of the two.'
    return ""


def _in_some_weeks(session: PatternSession) -> datetime:
    return datetime.combine(A_MONDAY + timedelta(days=session.day), session.at)


def to_json(pattern: Pattern) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Sessions and drops as the database keeps them."""
    sessions = [asdict(session) | {"at": session.at.isoformat()} for session in pattern.sessions]
    drops = [
        asdict(drop) | {"at": drop.at.isoformat() if drop.at else "", "materials": list(drop.materials)}
        for drop in pattern.drops
    ]
    return sessions, drops


def from_json(sessions: Sequence[Mapping[str, Any]], drops: Sequence[Mapping[str, Any]]) -> Pattern:
    """The pattern that `to_json` gave."""
    return Pattern(
        tuple(PatternSession(**{**entry, "at": time.fromisoformat(entry["at"])}) for entry in sessions),
        tuple(
            PatternDrop(
                **{
                    **entry,
                    "at": time.fromisoformat(entry["at"]) if entry["at"] else None,
                    "materials": tuple(entry["materials"]),
                }
            )
            for entry in drops
        ),
    )
