"""What calendars have answered to a cohort's invites."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import and_, select

from webinar_hub.core.db import db
from webinar_hub.models import InviteReply, Person, Registration, Session
from webinar_hub.models.session_choice import own_revision
from webinar_hub.queries.plan import cohort_named


@dataclass(frozen=True, slots=True)
class SessionReplies:
    """The answers for one session at the time it now has; who said nothing is among `people` only.

    `declined` holds names and addresses.
    """

    title: str
    starts_at: datetime
    people: int
    answers: Counter[str]
    declined: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class CohortReplies:
    """All sessions of a cohort that take place, in order; `zone` is the organizer's."""

    title: str
    zone: str
    sessions: tuple[SessionReplies, ...]


def cohort_replies(key: str) -> CohortReplies:
    """The answers to a cohort's invites. Raises NotFound."""
    cohort = cohort_named(key)
    # A no to the time a session had before it was moved says nothing about the new one.
    current = and_(
        InviteReply.session_id == Session.id,
        InviteReply.registration_id == Registration.id,
        InviteReply.sequence == Session.revision + Registration.revision + own_revision(),
    )
    rows = db.session.execute(
        select(Session, Registration.id, InviteReply.answer, Person.name, Person.email)
        .outerjoin(
            Registration, and_(Registration.cohort_id == Session.cohort_id, Registration.state == "confirmed")
        )
        .outerjoin(InviteReply, current)
        .outerjoin(Person, Person.id == Registration.person_id)
        .where(Session.cohort_id == cohort.id, Session.state == "scheduled")
        .order_by(Session.starts_at, Session.id, Registration.id)
    ).all()
    by_session: dict[int, list[tuple[int | None, str | None, str, str]]] = {}
    sessions: dict[int, Session] = {}
    for session, registration, answer, name, email in rows:
        sessions[session.id] = session
        by_session.setdefault(session.id, []).append((registration, answer, name, email))
    views = (_session(sessions[id_], answers) for id_, answers in by_session.items())
    return CohortReplies(cohort.title, cohort.zone, tuple(views))


def _session(session: Session, answers: list[tuple[int | None, str | None, str, str]]) -> SessionReplies:
    return SessionReplies(
        title=session.title,
        starts_at=session.starts_at,
        people=sum(registration is not None for registration, *_ in answers),
        answers=Counter(answer for _, answer, *_ in answers if answer),
        declined=tuple((name, email) for _, answer, name, email in answers if answer == "declined"),
    )
