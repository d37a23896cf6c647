"""What will be sent to a cohort, when, to how many, and until when: the plan as an organizer reads it."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, and_, case, func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Announcement,
    Broadcast,
    Cohort,
    Delivery,
    Drop,
    Person,
    Registration,
    Session,
    SessionChoice,
)
from webinar_hub.queries.drop_words import own_clock_words
from webinar_hub.queries.head_starts import lead_before, minutes
from webinar_hub.rules.audience import audience
from webinar_hub.rules.delivery import registered_before, topic_of
from webinar_hub.rules.head_start import Crowd, Run, expected
from webinar_hub.rules.outbox_filter import STATES
from webinar_hub.rules.own_clock import LATE
from webinar_hub.rules.pacing import Limits
from webinar_hub.rules.segment import from_data

NO_LIMITS = Limits()
# PostgreSQL answers with 1,664 columns at most, SQLite with 2,000.
COUNTED_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class PlanLine:
    """One message: due at a moment (aware UTC), about something, to `people`, of whom `done` have it already.

    Of one that lies ahead `run` tells from when to when it leaves, and `at_most` the same for `places` people: as
    many as the cohort may have. One that is due to each on her `own` clock has been sent to as many so far.
    """

    due_at: datetime
    kind: str
    about: str
    lead: timedelta | None
    state: str
    people: int
    done: int
    run: Run | None = None
    places: int = 0
    at_most: Run | None = None
    broadcast: int = 0
    announcement: int | None = None
    own: bool = False


@dataclass(frozen=True, slots=True)
class CohortPlan:
    """The plan of one cohort, in order of time; `zone` is the organizer's."""

    title: str
    zone: str
    lines: tuple[PlanLine, ...]
    limits: Limits = NO_LIMITS


def cohort_named(key: str) -> Cohort:
    """The cohort with this key. Raises NotFound naming those there are."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if cohort is None:
        known = ", ".join(db.session.scalars(select(Cohort.key).order_by(Cohort.key))) or "none yet"
        raise NotFound(f"There is no cohort {key!r}. Known cohorts: {known}.")
    return cohort


def cohort_plan(key: str, limits: Limits = NO_LIMITS) -> CohortPlan:
    """Everything that was or will be sent to a cohort at once; withdrawn messages are left out. Raises NotFound.

    Five statements, however many messages and people there are.
    """
    cohort = cohort_named(key)
    sent = _sent(cohort)
    rows = db.session.execute(
        select(Broadcast, subject(), lead_before(Broadcast), newest(cohort))
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .where(Broadcast.cohort_id == cohort.id, Broadcast.state != "withdrawn")
        .order_by(Broadcast.due_at, Broadcast.id)
    ).all()
    planned = [broadcast for broadcast, *_ in rows if broadcast.state == "planned"]
    sizes = audience_sizes(cohort, planned, rows[0][-1] if rows else None)
    return CohortPlan(
        title=cohort.title,
        zone=cohort.zone,
        lines=tuple(
            _ahead(cohort, broadcast, about, before, sizes[broadcast.id], limits)
            if broadcast.id in sizes
            else _begun(broadcast, _told(broadcast, about), *sent.get(broadcast.id, (0, 0)))
            for broadcast, about, before, _ in rows
        ),
        limits=limits,
    )


@dataclass(frozen=True, slots=True)
class WishesView:
    """What a cohort sends by itself, in minutes, and which version of the cohort says so."""

    reminders: tuple[int, ...]
    live: bool
    thank_you: int | None
    version: int


def wishes(key: str) -> WishesView:
    """What a cohort sends by itself. Raises NotFound."""
    cohort = cohort_named(key)
    return WishesView(
        tuple(cohort.reminder_minutes), cohort.announces_live, cohort.thank_you_minutes, cohort.version
    )


def subject() -> ColumnElement[str]:
    """The title of what a broadcast is about; to be asked with its cohort, and its session and drop if it has one.

    The session of "cohort cancelled" is only there for the calendar entry that comes with that mail.
    """
    about_all = Broadcast.kind.in_(("cohort_cancelled", "thank_you"))
    written = select(Announcement.subject).where(Announcement.id == Broadcast.announcement_id).scalar_subquery()
    return case((about_all, Cohort.title), else_=func.coalesce(Session.title, Drop.title, written, ""))


def _begun(broadcast: Broadcast, about: str, people: int, done: int) -> PlanLine:
    lead = minutes(broadcast.lead_minutes)
    return PlanLine(
        broadcast.due_at, broadcast.kind, about, lead, broadcast.state, people, done,
        broadcast=broadcast.id, announcement=broadcast.announcement_id, own=broadcast.own_days is not None,
    )  # fmt: skip


def _told(broadcast: Broadcast, about: str) -> str:
    """What it is about; of one on each one's own clock, when that is, too."""
    if broadcast.own_days is None:
        return about
    when = own_clock_words(broadcast.own_days, broadcast.own_at)
    return f"{about}, to whoever came late: {when}" if broadcast.key.endswith(LATE) else f"{about}, {when}"


def _ahead(
    cohort: Cohort, broadcast: Broadcast, about: str, before: int | None, people: int, limits: Limits
) -> PlanLine:
    lead, places = minutes(broadcast.lead_minutes), max(people, cohort.capacity or 0)

    def run(number: int) -> Run:
        crowd = Crowd(broadcast.kind, number, broadcast.due_at, broadcast.expires_at, lead, minutes(before))
        return expected(crowd, limits.rate)

    return PlanLine(
        broadcast.leaves,
        broadcast.kind,
        about,
        lead,
        broadcast.state,
        people,
        0,
        run(people),
        places,
        run(places),
        broadcast.id,
        broadcast.announcement_id,
    )


def audience_sizes(cohort: Cohort, broadcasts: Sequence[Broadcast], newest: datetime | None) -> Mapping[int, int]:
    """By broadcast: to how many it would go with the registrations of this moment.

    One statement asks whom sessions leave out; one looks at each registration once, for as many audiences as a
    database can count at a time. Those
    that are due after the `newest` registration go to all, and are counted once.
    """
    alike = _alike(broadcasts, newest, _left_out(cohort))
    told = list(alike.values())
    sizes: dict[int, int] = {}
    for begin in range(0, len(told), COUNTED_AT_ONCE):
        part = told[begin : begin + COUNTED_AT_ONCE]
        counted = [and_(*_audience(group[0], reached=_reached())) for group in part]
        counts = select(*(func.count().filter(meant) for meant in counted)).select_from(Registration)
        if any(_asks_for_person(group[0]) for group in part):
            counts = counts.join(Person, Person.id == Registration.person_id)
        row = db.session.execute(counts.where(Registration.cohort_id == cohort.id)).one()
        sizes |= {broadcast.id: size for group, size in zip(part, row, strict=True) for broadcast in group}
    return sizes


def _left_out(cohort: Cohort) -> frozenset[int]:
    """The ids of the sessions that somebody has opted out of."""
    of_cohort = select(Session.id).where(Session.cohort_id == cohort.id)
    rows = select(SessionChoice.session_id).where(
        SessionChoice.session_id.in_(of_cohort), SessionChoice.out.is_(True)
    )
    return frozenset(db.session.scalars(rows.distinct()))


def _reached() -> ColumnElement[bool]:
    """Named are the few whom no mail reaches, so that nobody else has to be looked up."""
    return Registration.person_id.not_in(select(Person.id).where(Person.suppressed_at.is_not(None)))


def _asks_for_person(broadcast: Broadcast) -> bool:
    """Whether its audience cannot be told from the places alone."""
    return topic_of(broadcast.kind) == "news" or bool(from_data(broadcast.segment).professions)


def newest(cohort: Cohort) -> Any:
    """When the last of its registrants came."""
    return select(func.max(Registration.registered_at)).where(Registration.cohort_id == cohort.id).scalar_subquery()


def _alike(
    broadcasts: Sequence[Broadcast], newest: datetime | None, left_out: Collection[int]
) -> dict[tuple[Any, ...], list[Broadcast]]:
    """Those that go to the same people: of one topic, to one part of the cohort, from one moment on or to all.

    A session that somebody has `left_out` of hers has an audience of its own.
    """
    groups: dict[tuple[Any, ...], list[Broadcast]] = {}
    for broadcast in broadcasts:
        lead = minutes(broadcast.lead_minutes)
        before = registered_before(broadcast.kind, broadcast.due_at, lead, broadcast.expires_at)
        reaches_all = newest is None or before >= newest
        session = broadcast.session_id if broadcast.session_id in left_out else None
        key = (topic_of(broadcast.kind), repr(broadcast.segment), None if reaches_all else before, session)
        groups.setdefault(key, []).append(broadcast)
    return groups


def audience_size(broadcast: Broadcast, came_before: datetime | None = None) -> int:
    """How many people a broadcast would go to if it were due with the registrations of this moment.

    With `came_before` only those count who registered by then, too.
    """
    size: int | None = db.session.scalar(
        select(func.count())
        .select_from(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Registration.cohort_id == broadcast.cohort_id,
            *_audience(broadcast),
            *([Registration.registered_at <= came_before] if came_before else []),
        )
    )
    return size or 0


def _audience(broadcast: Broadcast, reached: ColumnElement[bool] | None = None) -> list[ColumnElement[bool]]:
    part = from_data(broadcast.segment)
    return audience(
        broadcast.kind, broadcast.due_at, broadcast.lead_minutes, part=part, reached=reached,
        session=broadcast.session_id, next_due=broadcast.expires_at,
    )  # fmt: skip


def _sent(cohort: Cohort) -> dict[int, tuple[int, int]]:
    """By broadcast: how many deliveries there are, and how many of them were sent."""
    others = (state for state in STATES if state != "sent")
    rows = db.session.execute(
        select(Broadcast.id, number_of("sent"), number_of(*others)).where(Broadcast.cohort_id == cohort.id)
    )
    return {broadcast: (sent + other, sent) for broadcast, sent, other in rows}


def number_of(*states: str) -> Any:
    """SQL: how many deliveries of a broadcast are in one of these states.

    A stretch of one index, of which nothing but the number is kept: grouped by state, a million take PostgreSQL
    five times as long.
    """
    return (
        select(func.count())
        .where(Delivery.broadcast_id == Broadcast.id, Delivery.state.in_(states))
        .correlate(Broadcast)
        .scalar_subquery()
    )
