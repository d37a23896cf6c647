"""Announcements as organizers see them: those of a cohort, one of them with what became of it, and its audience."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, case, func, or_, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Announcement, Broadcast, Delivery, Drop, Organizer, Person, Registration, Session
from webinar_hub.queries.answers import AnswerChoices, to_find_by
from webinar_hub.queries.studio import CohortHead
from webinar_hub.rules.audience import how_many, others_who_write
from webinar_hub.rules.segment import Segment, from_data


@dataclass(frozen=True, slots=True)
class AnnouncementLine:
    """One in a list; `phase` is "draft", "waiting", "later", "sending" or "sent"."""

    id: int
    subject: str
    kind: str
    phase: str
    due_at: datetime | None
    people: int


@dataclass(frozen=True, slots=True)
class AnnouncementView:
    """One announcement. `whole_webinar` goes to all cohorts; `counts` are its deliveries by state.

    `can_be_taken_back` as long as something of it waits; `people` were counted when it was scheduled.
    """

    id: int
    kind: str
    subject: str
    body: str
    segment: Segment
    whole_webinar: bool
    state: str
    phase: str
    due_at: datetime | None
    people: int
    version: int
    written_by: int | None
    writer: str
    approver: str
    counts: Mapping[str, int]
    can_be_taken_back: bool


@dataclass(frozen=True, slots=True)
class Choices:
    """What a segment may be made of: sessions that began and bonuses that are out, by id; professions; answers."""

    sessions: Sequence[tuple[int, str, datetime]]
    drops: Sequence[tuple[int, str, datetime]]
    professions: Sequence[str]
    questions: Sequence[AnswerChoices] = ()


@dataclass(frozen=True, slots=True)
class Colleague:
    """Somebody else of the staff."""

    id: int
    name: str
    email: str


def of_cohort(head: CohortHead, now: datetime) -> list[AnnouncementLine]:
    """Those of a cohort, or of its whole webinar; the newest first; one statement."""
    rows = db.session.execute(
        select(Announcement, _open_broadcasts(), _open_deliveries())
        .where(*_belongs(head))
        .order_by(Announcement.id.desc())
        .limit(50)
    )
    return [
        AnnouncementLine(row.id, row.subject, row.kind, _phase(row, waiting, leaving, now), row.due_at, row.counted)
        for row, waiting, leaving in rows
    ]


def announcement(head: CohortHead, number: int, now: datetime) -> AnnouncementView:
    """One of them; two statements. Raises NotFound."""
    writer, approver = aliased(Organizer), aliased(Organizer)
    found: Any = db.session.execute(
        select(Announcement, _open_broadcasts(), _open_deliveries(), writer.name, approver.name)
        .outerjoin(writer, writer.id == Announcement.written_by)
        .outerjoin(approver, approver.id == Announcement.approved_by)
        .where(Announcement.id == number, *_belongs(head))
    ).first()
    if found is None:
        raise NotFound("There is no such announcement.")
    row, waiting, leaving, written, approved = found
    return AnnouncementView(
        id=row.id,
        kind=row.kind,
        subject=row.subject,
        body=row.body,
        segment=from_data(row.segment),
        whole_webinar=row.cohort_id is None,
        state=row.state,
        phase=_phase(row, waiting, leaving, now),
        due_at=row.due_at,
        people=row.counted,
        version=row.version,
        written_by=row.written_by,
        writer=written or "somebody who has left",
        approver=approved or "",
        counts=_counts(row.id),
        can_be_taken_back=row.state == "waiting" or bool(waiting or leaving),
    )


def people(head: CohortHead, kind: str, segment: Segment, *, whole_webinar: bool, now: datetime) -> int:
    """How many people it would go to at this moment; one statement."""
    cohort = None if whole_webinar else head.id
    number: int | None = db.session.scalar(how_many(kind, head.webinar_id, cohort, segment, now))
    return number or 0


def others_who_may_approve(webinar: int, organizer: int) -> list[Colleague]:
    """The others of the staff who may send an announcement of this webinar; one statement."""
    return [Colleague(*row) for row in db.session.execute(others_who_write(webinar, organizer))]


def choices(head: CohortHead, now: datetime) -> Choices:
    """What a segment of this cohort may ask about; four statements."""
    sessions = db.session.execute(
        select(Session.id, Session.title, Session.starts_at)
        .where(Session.cohort_id == head.id, Session.state == "scheduled")
        .order_by(Session.starts_at)
    )
    drops = db.session.execute(
        select(Drop.id, Drop.title, Drop.release_at).where(Drop.cohort_id == head.id).order_by(Drop.release_at)
    )
    professions = db.session.scalars(
        select(Person.profession)
        .join(Registration, Registration.person_id == Person.id)
        .where(Registration.cohort_id == head.id)
        .distinct()
        .order_by(Person.profession)
    )
    return Choices(
        [(id_, title, at) for id_, title, at in sessions],
        [(id_, title, at) for id_, title, at in drops],
        list(professions),
        to_find_by(head.id),
    )


def _belongs(head: CohortHead) -> tuple[ColumnElement[bool], ...]:
    its = or_(Announcement.cohort_id.is_(None), Announcement.cohort_id == head.id)
    return Announcement.webinar_id == head.webinar_id, its


def _open_broadcasts() -> Any:
    return (
        select(func.count())
        .where(Broadcast.announcement_id == Announcement.id, Broadcast.state.in_(("planned", "expanding")))
        .scalar_subquery()
    )


def _open_deliveries() -> Any:
    """Whether anything of it waits in the outbox: 1 or 0."""
    waits = (
        select(Delivery.id)
        .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .where(Broadcast.announcement_id == Announcement.id, Delivery.state.in_(("queued", "sending")))
    )
    return case((waits.exists(), 1), else_=0)


def _phase(row: Announcement, waiting: int, leaving: int, now: datetime) -> str:
    if row.state != "scheduled":
        return row.state
    if waiting and row.due_at is not None and row.due_at > now:
        return "later"
    return "sending" if waiting or leaving else "sent"


def _counts(number: int) -> dict[str, int]:
    rows = db.session.execute(
        select(Delivery.state, func.count())
        .join(Broadcast, Broadcast.id == Delivery.broadcast_id)
        .where(Broadcast.announcement_id == number)
        .group_by(Delivery.state)
    )
    return {state: count for state, count in rows}
