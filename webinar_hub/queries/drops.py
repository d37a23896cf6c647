"""What the studio shows of a cohort's bonuses: week by week, with what is in each, and who has it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from itertools import groupby
from typing import Any

from sqlalchemy import func, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Cohort,
    Download,
    Drop,
    DropGrant,
    DropMaterial,
    Material,
    MaterialVersion,
    Person,
    Registration,
    Session,
)
from webinar_hub.models.drop import place_in_line
from webinar_hub.queries.cohorts import latest_versions
from webinar_hub.queries.drop_words import follows
from webinar_hub.queries.studio import CohortHead
from webinar_hub.rules.entitlement import drop_is_hers
from webinar_hub.rules.own_clock import DropClock, clock_of
from webinar_hub.rules.zones import zone

PEOPLE_SHOWN = 50


@dataclass(frozen=True, slots=True)
class Piece:
    """A material in a drop, with how often it was taken; `extension` and `size` are None for a link."""

    id: int
    title: str
    description: str
    link: str
    extension: str | None
    size: int | None
    number: int | None
    taken: int

    @property
    def is_missing(self) -> bool:
        """Whether there is nothing to take: neither a link nor a file."""
        return not self.link and self.extension is None


@dataclass(frozen=True, slots=True)
class DropCard:
    """A drop on the page; `follows` says in words what it counts from, "" for a fixed moment."""

    id: int
    public_id: str
    title: str
    note: str
    surprise: bool
    release_at: datetime
    zone: str
    released: bool
    follows: str
    pieces: tuple[Piece, ...]
    has_something: int
    early: int
    own: bool = False


@dataclass(frozen=True, slots=True)
class Week:
    """The bonuses of one week, Monday to Sunday in the cohort's zone; `number` counts from the first session's."""

    number: int
    first_day: date
    last_day: date
    drops: tuple[DropCard, ...]


@dataclass(frozen=True, slots=True)
class Anchor:
    """A session that a drop may follow."""

    key: str
    title: str
    starts_at: datetime


@dataclass(frozen=True, slots=True)
class Choice:
    """A material of the library that can be put into a drop."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class DropsPage:
    """The bonuses of a cohort by week."""

    weeks: tuple[Week, ...]
    library: tuple[Choice, ...]


@dataclass(frozen=True, slots=True)
class DropForm:
    """A drop as its form begins; the release is a wall time in its zone, `session` the key of what it follows."""

    public_id: str
    title: str
    note: str
    surprise: bool
    release: datetime
    session: str
    days: int
    at: time | None
    version: int
    released: bool
    zone: str
    release_at: datetime
    has_something: int
    early: int
    pieces: int
    own_days: int | None = None
    own_at: time | None = None
    also_past: bool = False


@dataclass(frozen=True, slots=True)
class Holder:
    """One person of the cohort and a drop; `granted_at` when she was given it early, `taken` of its materials."""

    registration: str
    name: str
    email: str
    is_hers: bool
    granted_at: datetime | None
    taken: int
    last_taken_at: datetime | None


@dataclass(frozen=True, slots=True)
class Holders:
    """Who has a drop: those who match, at most fifty; `more` says that there are others."""

    people: tuple[Holder, ...]
    more: bool


def drops_page(head: CohortHead, now: datetime) -> DropsPage:
    """Every drop of a cohort, in order of time; seven statements, however many there are."""
    sessions = _sessions(head)
    pieces, anyone, early = _pieces(head), _anyone(head), _early(head)
    rows = db.session.scalars(select(Drop).where(Drop.cohort_id == head.id).order_by(Drop.release_at, Drop.id))
    by_id = {session.id: session for session in sessions}
    cards = [
        DropCard(
            row.id, row.public_id, row.title, row.note, row.surprise, row.release_at, row.zone,
            row.release_at <= now and row.enrolment_days is None,
            follows(row, by_id.get(row.after_session_id or 0)), pieces.get(row.id, ()),
            anyone.get(row.id, 0), early.get(row.id, 0), row.enrolment_days is not None,
        )
        for row in rows
    ]  # fmt: skip
    starts = [session.starts_at for session in sessions if session.state == "scheduled"]
    return DropsPage(tuple(_by_week(cards, min(starts, default=None), head.zone)), _library(head))


def drop_form(head: CohortHead, drop_id: str, now: datetime) -> DropForm:
    """One drop for its form. Raises NotFound."""
    row = db.session.execute(
        select(Drop, Session.key)
        .outerjoin(Session, Session.id == Drop.after_session_id)
        .where(Drop.cohort_id == head.id, Drop.public_id == drop_id)
    ).first()
    if row is None:
        raise NotFound()
    drop, session = row
    in_it = select(func.count()).where(DropMaterial.drop_id == drop.id)
    early = select(func.count()).where(DropGrant.drop_id == drop.id)
    return DropForm(
        drop.public_id, drop.title, drop.note, drop.surprise, datetime.fromisoformat(drop.wall_release),
        session or "", drop.after_days, time.fromisoformat(drop.after_at) if drop.after_at else None, drop.version,
        drop.release_at <= now and drop.enrolment_days is None, drop.zone, drop.release_at,
        _anyone(head, drop.id).get(drop.id, 0), db.session.scalar(early) or 0, db.session.scalar(in_it) or 0,
        drop.enrolment_days, time.fromisoformat(drop.enrolment_at) if drop.enrolment_at else None,
        drop.enrolment_days is not None and drop.enrolled_from is None,
    )  # fmt: skip


def anchors(head: CohortHead) -> list[Anchor]:
    """The sessions that take place, in order."""
    return [Anchor(s.key, s.title, s.starts_at) for s in _sessions(head) if s.state == "scheduled"]


def names(head: CohortHead) -> dict[str, str]:
    """The titles of a cohort's bonuses and sessions by what lines of `changes.py` call them."""
    rows = db.session.execute(select(Drop.key, Drop.title).where(Drop.cohort_id == head.id))
    bonuses = {f"bonus {key}": f"“{title}”" for key, title in rows}
    return bonuses | {f"session {session.key}": f"“{session.title}”" for session in _sessions(head)}


def holders(head: CohortHead, drop_id: str, wanted: str, now: datetime) -> Holders:
    """Who of the cohort has a drop: first who was given it early, then who took something, then by name.

    `wanted` is a part of a name or address. Six statements at most, and none that sorts a whole cohort. Raises
    NotFound.
    """
    drop, late_join, place = _with_late_join(head, drop_id)
    clock = clock_of(drop, place)
    some = _matching(head, wanted) if wanted else _first_of_all(head, drop)
    taken = _downloads(drop, some)
    rows = db.session.execute(
        select(Registration, Person.name, Person.email, DropGrant.granted_at)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(DropGrant, (DropGrant.drop_id == drop.id) & (DropGrant.registration_id == Registration.id))
        .where(Registration.id.in_(some), Registration.state == "confirmed")
    )
    found = sorted(
        (_holder(clock, late_join, now, taken.get(row.id, (0, None)), row, *rest) for row, *rest in rows),
        key=_having_first,
    )
    return Holders(tuple(found[:PEOPLE_SHOWN]), more=len(found) > PEOPLE_SHOWN)


def _matching(head: CohortHead, wanted: str) -> list[int]:
    """Registrations by a part of a name or address, one more than are shown."""
    rows = (
        select(Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.cohort_id == head.id, Registration.state == "confirmed")
        .where(or_(_contains(Person.name, wanted), _contains(Person.email, wanted)))
        .order_by(Registration.id)
        .limit(PEOPLE_SHOWN + 1)
    )
    return list(db.session.scalars(rows))


def _first_of_all(head: CohortHead, drop: Drop) -> list[int]:
    """Registrations that are worth being shown: who has it early, who took something, and then anybody."""
    early = select(DropGrant.registration_id).where(DropGrant.drop_id == drop.id).limit(PEOPLE_SHOWN)
    takers = select(Download.registration_id).where(Download.drop_id == drop.id).distinct().limit(PEOPLE_SHOWN)
    anybody = (
        select(Registration.id)
        .where(Registration.cohort_id == head.id, Registration.state == "confirmed")
        .order_by(Registration.id)
        .limit(PEOPLE_SHOWN + 1)
    )
    return [id_ for some in (early, takers, anybody) for id_ in db.session.scalars(some)]


def _having_first(one: Holder) -> tuple[bool, bool, str]:
    return one.granted_at is None, not one.taken, one.name.casefold()


def _with_late_join(head: CohortHead, drop_id: str) -> tuple[Drop, str, int]:
    row = db.session.execute(
        select(Drop, Cohort.late_join, place_in_line())
        .join(Cohort, Cohort.id == Drop.cohort_id)
        .where(Drop.cohort_id == head.id, Drop.public_id == drop_id)
    ).first()
    if row is None:
        raise NotFound()
    return row[0], row[1], row[2]


def _holder(
    drop: DropClock,
    late_join: str,
    now: datetime,
    taken: tuple[int, datetime | None],
    row: Registration,
    *rest: Any,
) -> Holder:
    name, email, granted_at = rest
    granted = granted_at is not None
    hers = drop_is_hers(drop, late_join=late_join, registered_at=row.registered_at, now=now, granted=granted)
    return Holder(row.public_id, name, email, hers, granted_at, *taken)


def _contains(column: Any, wanted: str) -> Any:
    return func.lower(column).contains(wanted.lower(), autoescape=True)


def _downloads(drop: Drop, registrations: Sequence[int]) -> dict[int, tuple[int, datetime]]:
    """By registration: how many materials of a drop it has taken, and when the last time."""
    rows = db.session.execute(
        select(
            Download.registration_id,
            func.count(MaterialVersion.material_id.distinct()),
            func.max(Download.downloaded_at),
        )
        .join(MaterialVersion, MaterialVersion.id == Download.material_version_id)
        .where(Download.drop_id == drop.id, Download.registration_id.in_(registrations))
        .group_by(Download.registration_id)
    )
    return {registration: (materials, last) for registration, materials, last in rows}


def _sessions(head: CohortHead) -> list[Session]:
    rows = select(Session).where(Session.cohort_id == head.id).order_by(Session.starts_at, Session.id)
    return list(db.session.scalars(rows))


def _pieces(head: CohortHead) -> dict[int, tuple[Piece, ...]]:
    """The materials of each drop in their order, each with how often it was taken."""
    taken: dict[tuple[int, int], int] = {}
    for drop, material, times in _times_taken(head):
        taken[drop, material] = taken.get((drop, material), 0) + times
    newest = latest_versions()
    rows = db.session.execute(
        select(DropMaterial.drop_id, Material, newest.c.extension, newest.c.size, newest.c.number)
        .join(Drop, Drop.id == DropMaterial.drop_id)
        .join(Material, Material.id == DropMaterial.material_id)
        .outerjoin(newest, newest.c.material_id == Material.id)
        .where(Drop.cohort_id == head.id)
        .order_by(DropMaterial.drop_id, DropMaterial.position)
    )
    found: dict[int, tuple[Piece, ...]] = {}
    for drop, row, extension, size, number in rows:
        times = taken.get((drop, row.id), 0)
        piece = Piece(row.id, row.title, row.description, row.link, extension, size, number, times)
        found[drop] = (*found.get(drop, ()), piece)
    return found


def _times_taken(head: CohortHead) -> Iterator[tuple[int, int, int]]:
    """By drop and version, with the version's material: counted along an index, nothing is sorted."""
    counted = (
        select(Download.material_version_id, Download.drop_id, func.count().label("times"))
        .where(
            Download.material_version_id.in_(
                select(MaterialVersion.id)
                .join(Material, Material.id == MaterialVersion.material_id)
                .where(Material.webinar_id == head.webinar_id)
            )
        )
        .group_by(Download.material_version_id, Download.drop_id)
        .subquery()
    )
    rows = db.session.execute(
        select(counted.c.drop_id, MaterialVersion.material_id, counted.c.times).join(
            MaterialVersion, MaterialVersion.id == counted.c.material_version_id
        )
    )
    yield from ((drop, material, times) for drop, material, times in rows)


def _anyone(head: CohortHead, drop_id: int | None = None) -> dict[int, int]:
    """By drop: how many people have taken something from it, counted along an index."""
    of_cohort = select(Drop.id).where(Drop.cohort_id == head.id)
    if drop_id is not None:
        of_cohort = of_cohort.where(Drop.id == drop_id)
    pairs = (
        select(Download.drop_id, Download.registration_id)
        .where(Download.drop_id.in_(of_cohort))
        .distinct()
        .subquery()
    )
    rows = db.session.execute(select(pairs.c.drop_id, func.count()).group_by(pairs.c.drop_id))
    return {drop: people for drop, people in rows}


def _early(head: CohortHead) -> dict[int, int]:
    rows = db.session.execute(
        select(DropGrant.drop_id, func.count())
        .join(Drop, Drop.id == DropGrant.drop_id)
        .where(Drop.cohort_id == head.id)
        .group_by(DropGrant.drop_id)
    )
    return {drop: people for drop, people in rows}


def _library(head: CohortHead) -> tuple[Choice, ...]:
    rows = db.session.execute(
        select(Material.id, Material.title)
        .where(Material.webinar_id == head.webinar_id)
        .order_by(func.lower(Material.title), Material.id)
    )
    return tuple(Choice(*row) for row in rows)


def _by_week(cards: list[DropCard], first: datetime | None, zone_name: str) -> list[Week]:
    at_home = zone(zone_name)

    def monday(moment: datetime) -> date:
        day = moment.astimezone(at_home).date()
        return day - timedelta(days=day.weekday())

    begins = monday(first) if first else monday(cards[0].release_at) if cards else date.min
    return [
        Week((day - begins).days // 7 + 1, day, day + timedelta(days=6), tuple(drops))
        for day, drops in groupby(cards, key=lambda card: monday(card.release_at))
    ]
