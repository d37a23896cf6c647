"""A cohort on one page: its weeks, and in them sessions, bonuses and messages on one axis of time."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import Select, func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.documents.message_words import message_words
from webinar_hub.models import Broadcast, Change, Cohort, Delivery, Drop, Organizer, Session
from webinar_hub.queries.plan import audience_sizes, cohort_named, newest
from webinar_hub.rules.zones import day_words, zone

WEEK = timedelta(weeks=1)
# Longer stretches in which nothing happens are told in one line.
EMPTY_WEEKS_SHOWN = 2
# So many people times messages are counted for one page; of more it says "up to".
COUNTED = 100_000
# Of what happens at one moment.
ORDER = {"session": 0, "drop": 1, "message": 2}


@dataclass(frozen=True, slots=True)
class Chip:
    """One thing that happens: `kind` is session, drop or message.

    `wall` is when, on the cohort's clock ("2026-12-08T19:00"); `state` is past, now, ahead or cancelled; `key`
    names a session for its form.
    """

    kind: str
    title: str
    at: datetime
    wall: str
    state: str
    note: str = ""
    key: str = ""
    minutes: int = 0
    icon: str = ""


@dataclass(frozen=True, slots=True)
class Day:
    """A day on the cohort's calendar; `note` tells of a change of clocks."""

    date: date
    is_today: bool
    is_past: bool
    note: str
    chips: tuple[Chip, ...]


@dataclass(frozen=True, slots=True)
class Week:
    """Monday to Sunday; `skipped` weeks before it, in which nothing happens, are left out."""

    days: tuple[Day, ...]
    skipped: int = 0

    @property
    def number_of_chips(self) -> int:
        """How much happens in it."""
        return sum(len(day.chips) for day in self.days)

    @property
    def is_past(self) -> bool:
        """Whether all of it is over."""
        return all(day.is_past for day in self.days)

    @property
    def is_now(self) -> bool:
        """Whether today lies in it."""
        return any(day.is_today for day in self.days)

    @property
    def notes(self) -> tuple[str, ...]:
        """What is said of its clocks."""
        return tuple(day.note for day in self.days if day.note)


@dataclass(frozen=True, slots=True)
class Timeline:
    """All of a cohort's time; how many sessions are ahead, and how many messages there are, shown or not."""

    weeks: tuple[Week, ...]
    ahead: int
    messages: int


@dataclass(frozen=True, slots=True)
class SessionNow:
    """A session as its form shows it; `following` others that lie ahead come after it, `others` in all."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    wall_start: str
    minutes: int
    state: str
    following: int
    others: int


@dataclass(frozen=True, slots=True)
class HeldChange:
    """A change that can be taken back at this moment."""

    id: int
    words: str
    by: str


@dataclass(frozen=True, slots=True)
class Held:
    """What a cohort's pages say while changes can be taken back; the latest first, all until one moment."""

    changes: tuple[HeldChange, ...]
    until: datetime
    mails: int


def timeline(key: str, now: datetime, *, messages: bool = True) -> Timeline:
    """Seven statements, however long the cohort is. Raises NotFound."""
    cohort = cohort_named(key)
    in_order = select(Session).where(Session.cohort_id == cohort.id).order_by(Session.starts_at, Session.id)
    sessions = [_session_chip(session, cohort.zone, now) for session in db.session.scalars(in_order)]
    drops = select(Drop).where(Drop.cohort_id == cohort.id).order_by(Drop.release_at, Drop.id)
    chips = [*sessions, *(_drop_chip(drop, cohort.zone, now) for drop in db.session.scalars(drops))]
    rows = list(db.session.scalars(_broadcasts(cohort)))
    if messages:
        people = _people(cohort, rows)
        chips += [_message_chip(row, cohort.zone, people.get(row.id), now) for row in rows]
    return Timeline(
        weeks=tuple(_weeks(chips, cohort.zone, now)),
        ahead=sum(chip.state == "ahead" for chip in sessions),
        messages=len(rows),
    )


def session_now(cohort_key: str, key: str, now: datetime) -> SessionNow:
    """Raises NotFound."""
    rows = list(
        db.session.scalars(
            select(Session)
            .join(Cohort, Cohort.id == Session.cohort_id)
            .where(Cohort.key == cohort_key)
            .order_by(Session.starts_at, Session.id)
        )
    )
    session = next((row for row in rows if row.key == key), None)
    if session is None:
        raise NotFound()
    others = [row for row in rows if row is not session and row.state == "scheduled" and row.starts_at > now]
    return SessionNow(
        session.key, session.title, session.starts_at, session.ends_at, session.wall_start, session.minutes,
        session.state, sum(row.starts_at >= session.starts_at for row in others), len(others),
    )  # fmt: skip


def held(cohort_id: int, now: datetime) -> Held | None:
    """What can be taken back at this moment, or None; one statement where there is nothing."""
    rows = db.session.execute(
        select(Change.id, Change.words, Change.actor, Change.until)
        .where(Change.cohort_id == cohort_id, Change.until > now, Change.undone_at.is_(None))
        .order_by(Change.id.desc())
    ).all()
    if not rows:
        return None
    staff = db.session.execute(select(Organizer.id, Organizer.name))
    names = {f"organizer:{id_}": name for id_, name in staff}
    mails = db.session.scalar(
        select(func.count()).where(
            Broadcast.cohort_id == cohort_id,
            Broadcast.held_until > now,
            Broadcast.state == "planned",
            Broadcast.due_at <= now,
        )
    )
    changes = tuple(HeldChange(id_, words, names.get(actor, "Somebody")) for id_, words, actor, _ in rows)
    return Held(changes, max(until for *_, until in rows if until is not None), mails or 0)


def _session_chip(session: Session, zone_name: str, now: datetime) -> Chip:
    state = "past" if session.ends_at <= now else "now" if session.starts_at <= now else "ahead"
    return Chip(
        kind="session",
        title=session.title,
        at=session.starts_at,
        wall=_wall(session.starts_at, zone_name),
        state="cancelled" if session.state == "cancelled" else state,
        key=session.key,
        minutes=session.minutes,
        icon="screen",
    )


def _drop_chip(drop: Drop, zone_name: str, now: datetime) -> Chip:
    return Chip(
        kind="drop",
        title=drop.title,
        at=drop.release_at,
        wall=_wall(drop.release_at, zone_name),
        state="past" if drop.release_at <= now else "ahead",
        note="on each one's own clock" if drop.enrolment_days else "surprise" if drop.surprise else "",
        icon="surprise" if drop.surprise else "gift",
    )


def _broadcasts(cohort: Cohort) -> Select[Broadcast]:
    rows = select(Broadcast).where(Broadcast.cohort_id == cohort.id, Broadcast.state != "withdrawn")
    # What is due to each one on her own clock has no place on a line of time.
    rows = rows.where(Broadcast.own_days.is_(None))
    return rows.order_by(Broadcast.due_at, Broadcast.id)


def _people(cohort: Cohort, rows: Sequence[Broadcast]) -> dict[int, str]:
    """By message: to how many it goes or went; three statements, none where they are too many to count."""
    ahead = [row for row in rows if row.state == "planned"]
    most = f"to up to {cohort.seats_taken:,}"
    if cohort.seats_taken * max(len(ahead), len(rows) - len(ahead)) > COUNTED:
        return {row.id: most if row.state == "planned" else "sent" for row in rows}
    sizes = audience_sizes(cohort, ahead, db.session.scalar(select(newest(cohort))))
    found = {row.id: f"to {sizes[row.id]:,}" for row in ahead}
    sent = select(Delivery.broadcast_id, func.count(), func.count().filter(Delivery.state == "sent")).where(
        Delivery.broadcast_id.in_(select(Broadcast.id).where(Broadcast.cohort_id == cohort.id))
    )
    for id_, number, done in db.session.execute(sent.group_by(Delivery.broadcast_id)):
        found[id_ or 0] = f"sent to {done:,} of {number:,}"
    return found


def _message_chip(row: Broadcast, zone_name: str, people: str | None, now: datetime) -> Chip:
    lead = None if row.lead_minutes is None else timedelta(minutes=row.lead_minutes)
    words = message_words(row.kind, lead)
    return Chip(
        kind="message",
        title=words[:1].upper() + words[1:],
        at=row.leaves,
        wall=_wall(row.leaves, zone_name),
        state="ahead" if row.state == "planned" else "past",
        note=_fate(row, people or "sent to nobody", now),
        icon="mail",
    )


def _fate(row: Broadcast, people: str, now: datetime) -> str:
    if row.state == "missed":
        return "not sent: it was too late"
    if row.held_until is not None and now < row.held_until and row.due_at <= row.held_until:
        return f"waits, {people}"
    return people


def _weeks(chips: Iterable[Chip], zone_name: str, now: datetime) -> Iterator[Week]:
    by_day: dict[date, list[Chip]] = {}
    for chip in sorted(chips, key=lambda chip: (chip.at, ORDER[chip.kind], chip.title)):
        by_day.setdefault(date.fromisoformat(chip.wall[:10]), []).append(chip)
    if not by_day:
        return
    today = now.astimezone(zone(zone_name)).date()
    skipped = 0
    monday, last = _monday(min(by_day)), _monday(max(by_day))
    if today < monday:
        monday = _monday(today)
    notes = _clock_changes(monday, last + WEEK, zone_name)
    quiet: list[Week] = []
    while monday <= last:
        week = _week(monday, by_day, today, notes)
        monday += WEEK
        if not week.number_of_chips and not week.is_now:
            quiet.append(week)
            continue
        if len(quiet) > EMPTY_WEEKS_SHOWN:
            skipped, quiet = len(quiet), []
        yield from quiet
        yield replace(week, skipped=skipped)
        skipped, quiet = 0, []


def _week(monday: date, by_day: Mapping[date, list[Chip]], today: date, notes: Mapping[date, str]) -> Week:
    dates = [monday + timedelta(days=number) for number in range(7)]
    return Week(
        tuple(Day(day, day == today, day < today, notes.get(day, ""), tuple(by_day.get(day, ()))) for day in dates)
    )


def _clock_changes(first: date, end: date, zone_name: str) -> dict[date, str]:
    """By day: what happens to the clocks of the zone on it."""
    place, found = zone(zone_name), {}
    day, before = first, _offset(first, place)
    while day < end:
        after = _offset(day + timedelta(days=1), place)
        if after != before:
            found[day] = f"Clocks go {'forward' if after > before else 'back'} on {day_words(day)}"
        day, before = day + timedelta(days=1), after
    return found


def _offset(day: date, place: ZoneInfo) -> timedelta:
    return datetime.combine(day, time(), tzinfo=place).utcoffset() or timedelta(0)


def _monday(day: date) -> date:
    return day - timedelta(days=day.weekday())


def _wall(moment: datetime, zone_name: str) -> str:
    return moment.astimezone(zone(zone_name)).strftime("%Y-%m-%dT%H:%M")
