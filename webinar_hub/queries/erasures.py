"""What a person is shown before and while she is deleted: what goes, what stays and why, and until when."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Delivery,
    Download,
    Erasure,
    Person,
    PersonNote,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.rules.erasure import PROOF, Stays, stays
from webinar_hub.rules.personal_data import people_of, places_of

OPEN = ("asked", "waiting", "leaving")


@dataclass(frozen=True, slots=True)
class Wish:
    """Her open wish: `state` is "asked", "waiting" or "leaving"; `due_at` is None before it is proven."""

    person: int
    state: str
    asked_at: datetime
    due_at: datetime | None
    zone: str


@dataclass(frozen=True, slots=True)
class Consequences:
    """What goes and what stays: `ahead` are the places (webinar, cohort) that are given back."""

    name: str
    email: str
    zone: str
    ahead: tuple[tuple[str, str], ...]
    places: int
    mails: int
    downloads: int
    notes: int
    stays: Stays | None


def open_wish(person: int, now: datetime) -> Wish | None:
    """Her open wish; one she has not stood by in time is none."""
    row = db.session.execute(_wishes().where(Erasure.person_id == person)).first()
    return _wish(row, now) if row else None


def any_open() -> bool:
    """Whether anybody's wish waits for something."""
    return db.session.scalar(select(Erasure.id).where(Erasure.state.in_(OPEN)).limit(1)) is not None


def by_token(tokens: Tokens, token: str, now: datetime) -> Wish:
    """The open wish a link belongs to. Raises NotFound."""
    parts = tokens.read("erase", token, (int, str))
    row = db.session.execute(_wishes().where(Erasure.id == (parts[0] if parts else 0))).first()
    wish = _wish(row, now) if row else None
    if row is None or parts is None or wish is None or row.Erasure.nonce != parts[1]:
        raise NotFound()
    return wish


def _wishes() -> Any:
    return (
        select(Erasure, Person.zone)
        .join(Person, Person.id == Erasure.person_id)
        .where(Erasure.state.in_(OPEN))
        .execution_options(populate_existing=True)
    )


def _wish(row: Any, now: datetime) -> Wish | None:
    wish = row.Erasure
    if wish.state == "asked" and wish.asked_at + PROOF < now:
        return None
    return Wish(wish.person_id, wish.state, wish.asked_at, wish.due_at, row.zone)


def consequences(person: int, *, keep_attendance: int, now: datetime) -> Consequences:
    """What deleting her would do now. Raises NotFound. `keep_attendance` in days, 0 for ever."""
    who = db.session.get(Person, person)
    if who is None:
        raise NotFound()
    people = [row[0] for row in db.session.execute(people_of(person))]
    places = db.session.scalars(places_of(people)).all()
    came = select(AttendanceSegment.session_id).where(AttendanceSegment.registration_id.in_(places))
    ends = db.session.scalars(select(Session.ends_at).where(Session.id.in_(came))).all()
    return Consequences(
        name=who.name,
        email=who.email,
        zone=who.zone,
        ahead=_ahead(places, now),
        places=len(places),
        mails=_count(Delivery.id, Delivery.registration_id.in_(places)),
        downloads=_count(Download.id, Download.registration_id.in_(places)),
        notes=_count(PersonNote.id, PersonNote.person_id.in_(people)),
        stays=stays(list(ends), keep_attendance, now),
    )


def _ahead(places: Any, now: datetime) -> tuple[tuple[str, str], ...]:
    later = select(Session.id).where(
        Session.cohort_id == Cohort.id, Session.state == "scheduled", Session.ends_at > now
    )
    rows = db.session.execute(
        select(Webinar.title, Cohort.title)
        .join(Cohort, Cohort.webinar_id == Webinar.id)
        .join(Registration, Registration.cohort_id == Cohort.id)
        .where(Registration.id.in_(places), Registration.state.not_in(("cancelled", "declined")), later.exists())
        .order_by(Registration.id)
    )
    return tuple((webinar, cohort) for webinar, cohort in rows)


def _count(column: Any, condition: Any) -> int:
    return db.session.scalar(select(func.count(column)).where(condition)) or 0
