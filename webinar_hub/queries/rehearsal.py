"""What a rehearsal is played with: a cohort's own rows, and who may be played.

Secrets are left behind: whoever is played gets links of her own, which open nothing.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cache
from typing import Any

from sqlalchemy import Table, or_, select

from webinar_hub.core.db import Base, db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Broadcast,
    Cohort,
    Drop,
    Person,
    Registration,
    Rhythm,
    Session,
    SessionChoice,
    Webinar,
)
from webinar_hub.rules.own_clock import DropClock, clocks
from webinar_hub.rules.registration import email_key

Rows = Sequence[Mapping[str, Any]]
TWO_WEEKS = timedelta(days=14)
# What belongs to people: a table that points to one of these is theirs as well, and is not copied.
_OF_PEOPLE = ("people", "registrations", "deliveries", "notices")
_STAFF = "organizers"
_ALWAYS = ("webinars", "cohorts", "sessions", "drops", "materials", "drop_materials", "broadcasts")
# The plan is made anew, at the dates of today: what tells of a change has nothing to tell.
_NOT_REPEATED = (
    "reminder", "live", "drop", "thank_you", "session_changed", "session_cancelled", "session_added",
    "cohort_cancelled",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A cohort with its webinar, sessions, drops, materials and announcements to come, by the name of the table."""

    cohort_id: int
    tables: Mapping[str, Rows]


@dataclass(frozen=True, slots=True)
class SessionPoint:
    """A session as the story tells it; moments are aware UTC."""

    id: int
    title: str
    starts_at: datetime
    ends_at: datetime
    cancelled: bool


@dataclass(frozen=True, slots=True)
class DropPoint:
    """A bonus as the story tells it."""

    id: int
    title: str
    surprise: bool
    release_at: datetime
    clock: DropClock


@dataclass(frozen=True, slots=True)
class Stage:
    """Where a rehearsal plays: the cohort's dates, in the order of time."""

    zone: str
    late_join: str
    state: str
    sessions: tuple[SessionPoint, ...]
    drops: tuple[DropPoint, ...]

    opens_at: datetime | None = None
    """When sign-up opens; None when it always was open."""

    @property
    def ahead_of_all(self) -> datetime | None:
        """Two weeks before the first thing, when most people come; None without any."""
        first = min(
            [s.starts_at for s in self.sessions] + [d.release_at for d in self.drops if d.clock.own is None],
            default=None,
        )
        return first - TWO_WEEKS if first else None


@dataclass(frozen=True, slots=True)
class RealPerson:
    """Somebody registered, to be played: her words and wishes, without her secrets."""

    registration: str
    name: str
    email: str
    zone: str
    profession: str
    registered_at: datetime
    reminders_off: bool
    bonuses_off: bool
    suppressed: bool
    rhythm: Mapping[str, Any] | None = None
    opted_out: frozenset[int] = frozenset()


def stage(cohort: int) -> Stage:
    """Three statements."""
    row = db.session.get_one(Cohort, cohort)
    sessions = db.session.scalars(
        select(Session).where(Session.cohort_id == cohort).order_by(Session.starts_at, Session.id)
    )
    of_cohort = select(Drop).where(Drop.cohort_id == cohort).order_by(Drop.release_at, Drop.id)
    drops = db.session.scalars(of_cohort).all()
    own = clocks(drops)
    return Stage(
        row.zone,
        row.late_join,
        row.state,
        tuple(SessionPoint(s.id, s.title, s.starts_at, s.ends_at, s.state == "cancelled") for s in sessions),
        tuple(DropPoint(d.id, d.title, d.surprise, d.release_at, own[d.id]) for d in drops),
        row.enrolment_opens_at,
    )


def somebody_real(cohort: int, address: str) -> RealPerson | None:
    """Whoever has a place in the cohort under this e-mail address."""
    try:
        key = email_key(address)
    except ValueError:
        return None
    return _person(Person.email_key == key, Registration.cohort_id == cohort)


def registered(cohort: int, registration: str) -> RealPerson:
    """Whoever has this place. Raises NotFound."""
    person = _person(Registration.public_id == registration, Registration.cohort_id == cohort)
    if person is None:
        raise NotFound()
    return person


def _person(*conditions: Any) -> RealPerson | None:
    row = db.session.execute(
        select(
            Registration.public_id, Person.name, Person.email, Person.zone, Person.profession,
            Registration.registered_at, Registration.reminders_off_at.is_not(None),
            Registration.bonuses_off_at.is_not(None), Person.suppressed_at.is_not(None),
            Rhythm, Registration.id,
        )
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(Rhythm, Rhythm.person_id == Person.id)
        .where(Registration.state == "confirmed", *conditions)
    ).first()  # fmt: skip
    if row is None:
        return None
    *facts, rhythm, place = row
    out = select(SessionChoice.session_id).where(
        SessionChoice.registration_id == place, SessionChoice.out.is_(True)
    )
    named = dict(zip(RealPerson.__dataclass_fields__, facts, strict=False))
    return RealPerson(**named, rhythm=_columns(rhythm), opted_out=frozenset(db.session.scalars(out)))


def _columns(rhythm: Rhythm | None) -> Mapping[str, Any] | None:
    if rhythm is None:
        return None
    return {
        name: getattr(rhythm, name)
        for name in sorted(column.name for column in Rhythm.__table__.columns)
        if name != "person_id"
    }


def snapshot(cohort: int) -> Snapshot:
    """Every row that a cohort's messages are made from; a statement a table, however many people there are."""
    copied: dict[str, Rows] = {}
    for table in _tables():
        conditions = _conditions(table, cohort, copied)
        rows = db.session.execute(select(table).where(*conditions)).mappings()
        copied[table.name] = [dict(row) for row in rows]
    return Snapshot(cohort, copied)


def _conditions(table: Table, cohort: int, copied: Mapping[str, Rows]) -> list[Any]:
    """Which of its rows belong to what was copied before; a column that may be empty says "whatever it is"."""
    if table.name == Webinar.__tablename__:
        return [table.c.id == select(Cohort.webinar_id).where(Cohort.id == cohort).scalar_subquery()]
    if table.name == Cohort.__tablename__:
        return [table.c.id == cohort]
    conditions = []
    for key in (key for column in table.columns for key in column.foreign_keys):
        if key.column.table.name in copied and key.column.name == "id":
            ids = [row["id"] for row in copied[key.column.table.name]]
            fits = key.parent.in_(ids)
            conditions.append(or_(key.parent.is_(None), fits) if key.parent.nullable else fits)
    if table.name == Broadcast.__tablename__:
        # What somebody wrote to be sent later, which no plan knows.
        conditions += [table.c.state == "planned", table.c.kind.not_in(_NOT_REPEATED)]
    return conditions


@cache
def _tables() -> tuple[Table, ...]:
    """Those that describe a webinar or one of its runs, each after those it points to.

    That somebody of the staff wrote a row does not make it hers; a row that could not be without her is.
    """
    theirs, ours = set(_OF_PEOPLE), set(_ALWAYS)
    for table in Base.metadata.sorted_tables:
        keys = [key for column in table.columns for key in column.foreign_keys]
        points_to = {key.column.table.name for key in keys}
        by_staff = any(key.column.table.name == _STAFF and not key.parent.nullable for key in keys)
        if (by_staff or points_to & theirs) and table.name not in ours:
            theirs.add(table.name)
        elif points_to & ours:
            ours.add(table.name)
    return tuple(table for table in Base.metadata.sorted_tables if table.name in ours)
