"""What the studio's first page shows: what is next, what waits for a person, who signed up, what was sent.

Each function asks a fixed number of statements. Of the large tables only the newest rows are looked at, by their
primary key: how many mails were ever sent must not decide how fast the morning begins.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Generic, TypeVar
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, exists, func, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    AttendanceSegment,
    Broadcast,
    Cohort,
    Delivery,
    DeliveryEvent,
    Drop,
    DropMaterial,
    Material,
    MaterialVersion,
    Person,
    Registration,
    Session,
    Task,
    Webinar,
)
from webinar_hub.queries.plan import number_of

Row = TypeVar("Row")
Only = Collection[int] | None
"""The ids of the webinars somebody may see; None for all."""

MONTH = 30
WEEK = 7
NEWEST = 50_000
"""Rows of deliveries, and of what came back about them, that are looked at."""
DAY = timedelta(days=1)
DROP_AHEAD = timedelta(days=14)
SHOWN = 8


@dataclass(frozen=True, slots=True)
class ComingSession:
    """A session that is next: moments are aware UTC, `start_link` is where it is streamed from, or ""."""

    public_id: str
    title: str
    webinar: str
    cohort: str
    cohort_key: str
    webinar_id: int
    zone: str
    starts_at: datetime
    ends_at: datetime
    start_link: str
    registered: int
    joined: int


@dataclass(frozen=True, slots=True)
class OpenTask:
    """Something only a person can do, with whom it is about, where it is about somebody."""

    id: int
    text: str
    name: str | None
    email: str | None
    cohort: str | None
    cohort_key: str | None
    webinar_id: int | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Unreached:
    """Somebody who comes to a session soon and whom no mail reaches."""

    registration: str
    name: str
    email: str
    reason: str
    session: str
    cohort_key: str


@dataclass(frozen=True, slots=True)
class EmptyDrop:
    """A bonus that opens soon, or is open, with nothing in it."""

    title: str
    cohort: str
    cohort_key: str
    zone: str
    release_at: datetime


@dataclass(frozen=True, slots=True)
class Listed(Generic[Row]):
    """The first rows of a list, and how many there are."""

    rows: tuple[Row, ...]
    number: int


NOBODY: Listed[Any] = Listed((), 0)
"""What somebody sees who may not see people."""


@dataclass(frozen=True, slots=True)
class DayCount:
    """A day on the organizer's calendar with its numbers by name."""

    day: date
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """All of them."""
        return sum(self.counts.values())


def coming_sessions(only: Only, now: datetime, most: int = 5) -> list[ComingSession]:
    """The next sessions, the one under way first; one statement."""
    joined = (
        select(func.count(func.distinct(AttendanceSegment.registration_id)))
        .where(AttendanceSegment.session_id == Session.id)
        .scalar_subquery()
    )
    rows = db.session.execute(
        select(
            Session.public_id, Session.title, Webinar.title, Cohort.title, Cohort.key, Webinar.id, Cohort.zone,
            Session.starts_at, Session.ends_at,
            func.coalesce(func.nullif(Session.livestream_url, ""), Cohort.livestream_url),
            Cohort.seats_taken, joined,
        )
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Session.state == "scheduled", Cohort.state == "open", Session.ends_at > now, *_among(only))
        .order_by(Session.starts_at, Session.id)
        .limit(most)
    )  # fmt: skip
    return [ComingSession(*row) for row in rows]


def open_tasks(only: Only) -> Listed[OpenTask]:
    """Two statements."""
    asked = (
        select(Task, Person.name, Person.email, Cohort.title, Cohort.key, Cohort.webinar_id)
        .outerjoin(Cohort, Cohort.id == Task.cohort_id)
        .outerjoin(Registration, Registration.id == Task.registration_id)
        .outerjoin(Person, Person.id == Registration.person_id)
        .where(Task.done_at.is_(None), *_among(only))
    )
    rows = db.session.execute(asked.order_by(Task.created_at.desc(), Task.id.desc()).limit(SHOWN))
    number = select(func.count()).select_from(asked.with_only_columns(Task.id).subquery())
    found = tuple(
        OpenTask(task.id, task.text, name, email, cohort, key, webinar, task.created_at)
        for task, name, email, cohort, key, webinar in rows
    )
    return Listed(found, db.session.scalar(number) or 0)


def webinar_of_task(task: int) -> int | None:
    """The webinar an open task is about, or None for one that is about none. Raises NotFound."""
    row = db.session.execute(
        select(Cohort.webinar_id)
        .select_from(Task)
        .outerjoin(Cohort, Cohort.id == Task.cohort_id)
        .where(Task.id == task, Task.done_at.is_(None))
    ).first()
    if row is None:
        raise NotFound("This is done already, or is no longer on the list.")
    found: int | None = row[0]
    return found


def unreached(only: Only, now: datetime) -> Listed[Unreached]:
    """Who comes to a session within a day and is not reached by mail; two statements."""
    session = (
        select(Session.cohort_id, func.min(Session.title).label("title"))
        .where(Session.state == "scheduled", Session.ends_at > now, Session.starts_at <= now + DAY)
        .group_by(Session.cohort_id)
        .subquery()
    )
    # Named one by one, as those not reached are few: SQLite would begin with everybody who is registered.
    silent = select(Person.id).where(Person.suppressed_at.is_not(None))
    asked = (
        select(
            Registration.public_id,
            Person.name,
            Person.email,
            Person.suppression_reason,
            session.c.title,
            Cohort.key,
        )
        .join(Registration, Registration.person_id == Person.id)
        # The sum keeps SQLite from beginning with a cohort.
        .join(session, session.c.cohort_id == Registration.cohort_id + 0)
        .join(Cohort, Cohort.id == session.c.cohort_id)
        .where(Registration.person_id.in_(silent), Registration.state == "confirmed", *_among(only))
    )
    rows = db.session.execute(asked.order_by(Person.name, Registration.id).limit(SHOWN))
    number = select(func.count()).select_from(asked.with_only_columns(Registration.id).subquery())
    found = tuple(Unreached(id_, name, email, why or "", *rest) for id_, name, email, why, *rest in rows)
    return Listed(found, db.session.scalar(number) or 0)


def empty_drops(only: Only, now: datetime) -> list[EmptyDrop]:
    """Bonuses of the coming two weeks, and of the last, that give nothing; one statement."""
    filled = exists(
        select(DropMaterial.drop_id)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(MaterialVersion, MaterialVersion.material_id == Material.id)
        .where(DropMaterial.drop_id == Drop.id, or_(Material.link != "", MaterialVersion.id.is_not(None)))
    )
    rows = db.session.execute(
        select(Drop.title, Cohort.title, Cohort.key, Cohort.zone, Drop.release_at)
        .join(Cohort, Cohort.id == Drop.cohort_id)
        .where(
            ~filled, Cohort.state == "open", Drop.release_at.between(now - WEEK * DAY, now + DROP_AHEAD),
            *_among(only),
        )
        .order_by(Drop.release_at, Drop.id)
        .limit(SHOWN)
    )  # fmt: skip
    return [EmptyDrop(*row) for row in rows]


def sign_ups(only: Only, now: datetime, zone: str) -> list[DayCount]:
    """Registrations of the last 30 days on the calendar of `zone`, by where people came from; one statement."""
    days = _days(now, zone, MONTH)
    hour = _hour_of(Registration.registered_at)
    asked = (
        select(hour, Registration.source, func.count())
        .where(Registration.registered_at >= _begin(days[0], zone))
        .group_by(hour, Registration.source)
    )
    if only is not None:
        asked = asked.join(Cohort, Cohort.id == Registration.cohort_id).where(*_among(only))
    return _by_day(days, zone, ((h, source or DIRECT, n) for h, source, n in db.session.execute(asked)))


DIRECT = "page"
"""Where somebody came from who came from nowhere in particular."""


def deliveries(only: Only, now: datetime, zone: str) -> list[DayCount]:
    """Mails of the last seven days by what became of them: sent, failed, bounced; three statements.

    Those to a whole cohort are counted on the day they were due, single ones among the newest.
    """
    days = _days(now, zone, WEEK)
    since = _begin(days[0], zone)
    rows = [*_to_cohorts(only, since, now), *_single(only, since), *_bounced(only, since)]
    return _by_day(days, zone, ((hour, kind, number) for hour, kind, number in rows))


def _to_cohorts(only: Only, since: datetime, now: datetime) -> Iterable[Any]:
    """One broadcast after the other, each of which takes a stretch of one index."""
    asked = (
        select(_hour_of(Broadcast.due_at), number_of("sent"), number_of("failed"))
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .where(Broadcast.due_at.between(since, now), *_among(only))
    )
    for hour, sent, failed in db.session.execute(asked):
        yield from ((hour, "sent", sent), (hour, "failed", failed))


def _single(only: Only, since: datetime) -> Iterable[Any]:
    moment = func.coalesce(Delivery.sent_at, Delivery.due_at, type_=Delivery.due_at.type)
    hour = _hour_of(moment)
    asked = (
        select(hour, Delivery.state, func.count())
        .where(
            Delivery.id > _newest(Delivery),
            Delivery.broadcast_id.is_(None),
            Delivery.state.in_(("sent", "failed")),
            moment >= since,
        )
        .group_by(hour, Delivery.state)
    )
    if only is not None:
        asked = (
            asked.join(Registration, Registration.id == Delivery.registration_id)
            .join(Cohort, Cohort.id == Registration.cohort_id)
            .where(*_among(only))
        )
    return db.session.execute(asked)


def _bounced(only: Only, since: datetime) -> Iterable[Any]:
    hour = _hour_of(DeliveryEvent.happened_at)
    asked = (
        select(hour, func.min("bounced"), func.count())
        .where(
            DeliveryEvent.id > _newest(DeliveryEvent),
            DeliveryEvent.kind.in_(("bounced_hard", "bounced_soft", "blocked")),
            DeliveryEvent.happened_at >= since,
        )
        .group_by(hour)
    )
    if only is not None:
        asked = (
            asked.join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
            .join(Registration, Registration.id == Delivery.registration_id)
            .join(Cohort, Cohort.id == Registration.cohort_id)
            .where(*_among(only))
        )
    return db.session.execute(asked)


def is_fresh() -> bool:
    """Whether nobody has made a webinar yet."""
    return db.session.scalar(select(Webinar.id).limit(1)) is None


def _newest(model: Any) -> ColumnElement[int]:
    return select(func.coalesce(func.max(model.id), 0) - NEWEST).scalar_subquery()


def _among(only: Only) -> list[ColumnElement[bool]]:
    return [] if only is None else [Cohort.webinar_id.in_(only)]


def _hour_of(moment: Any) -> ColumnElement[str]:
    """SQL: the hour of a moment in UTC, as "2026-11-24 15"."""
    if db.engine.dialect.name == "sqlite":
        return func.substr(moment, 1, 13, type_=Webinar.title.type)
    return func.to_char(moment, "YYYY-MM-DD HH24", type_=Webinar.title.type)


def _days(now: datetime, zone: str, number: int) -> list[date]:
    today = now.astimezone(ZoneInfo(zone)).date()
    return [today - timedelta(days=back) for back in range(number - 1, -1, -1)]


def _begin(day: date, zone: str) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(zone))


def _by_day(days: list[date], zone: str, rows: Iterable[tuple[str, str, int]]) -> list[DayCount]:
    """Hours of UTC put on the days of a zone: where clocks differ by half an hour, the border is off by that."""
    place, counts = ZoneInfo(zone), {day: Counter[str]() for day in days}
    for hour, name, number in rows:
        day = datetime.fromisoformat(f"{hour}:00+00:00").astimezone(place).date()
        if day in counts:
            counts[day][name] += number
    return [DayCount(day, counts[day]) for day in days]
