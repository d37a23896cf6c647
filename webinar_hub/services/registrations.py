"""Coming in, leaving and coming back: the verbs of a registration.

Whether she may is decided in `rules/registration.py`. The number of statements and rows is the same for one
session as for fifty, and for the first person as for the hundred-thousandth.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, func, or_, select, update

from webinar_hub.core.db import db, insert_new
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Cohort, Consent, Delivery, Person, Registration, Session
from webinar_hub.rules.registration import CohortFacts, closed_because, email_key
from webinar_hub.services import allowances, audit, outbox

HOUR = timedelta(hours=1)
# Tries with one address in an hour: enough for a nervous finger, not for a flood (A07).
SIGN_UPS_PER_ADDRESS = 30
CONFIRMATION_PAUSE = timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class SignUp:
    """What the form says. `news_words` are the words she ticked, or "" when she did not; `page` is where."""

    name: str
    email: str
    profession: str
    zone: str
    news_words: str
    page: str


@dataclass(frozen=True, slots=True)
class _Place:
    """The cohort as the sign-up needs it."""

    id: int
    facts: CohortFacts
    next_session_id: int | None


def sign_up(cohort: str, form: SignUp, *, network: str, per_network: int, now: datetime) -> None:
    """Register a person in the cohort with this public id, and put her confirmation into the outbox.

    Signing up twice is signing up once: the confirmation may come again, nothing else changes. What an unknown
    person types about a known address is not believed, her name and zone stay. Raises NotFound, Conflict (with
    the reason) when nobody can come in now, Invalid for an impossible address, TooMany beyond the limits.
    """
    try:
        key = email_key(form.email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    place = _place(cohort, now)
    allowances.spend("sign-up-address", key, limit=SIGN_UPS_PER_ADDRESS, window=HOUR, now=now)
    person = _person(form, key, now)
    registration, is_new = _registration(person, place.id, now)
    if is_new or registration.state == "cancelled":
        _take_seat(place, now)
        if not is_new:
            _revive(registration, now)
    if is_new:
        allowances.spend("sign-up-network", network, limit=per_network, window=HOUR, now=now)
    if form.news_words:
        db.session.add(
            Consent(person_id=person, topic="news", words=form.news_words, page=form.page[:200], given_at=now)
        )
    _confirm(registration, place, now, again=not is_new)


def _place(cohort: str, now: datetime) -> _Place:
    last_end = select(func.max(Session.ends_at)).where(_of_cohort()).scalar_subquery()
    next_session = (
        select(Session.id)
        .where(_of_cohort(), Session.ends_at > now)
        .order_by(Session.starts_at)
        .limit(1)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(Cohort, last_end.label("last_end"), next_session.label("next_session")).where(
            Cohort.public_id == cohort
        )
    ).first()
    if row is None:
        raise NotFound()
    return _Place(row.Cohort.id, facts_of(row.Cohort, row.last_end), row.next_session)


def _of_cohort() -> ColumnElement[bool]:
    return (Session.cohort_id == Cohort.id) & (Session.state == "scheduled")


def facts_of(cohort: Cohort, last_end: datetime | None) -> CohortFacts:
    """What the rules need to know of a cohort row."""
    return CohortFacts(
        state=cohort.state,
        enrolment_opens_at=cohort.enrolment_opens_at,
        enrolment_closes_at=cohort.enrolment_closes_at,
        last_end=last_end,
        seats_left=None if cohort.capacity is None else cohort.capacity - cohort.seats_taken,
    )


def _person(form: SignUp, key: str, now: datetime) -> int:
    values = {
        "email": form.email, "email_key": key, "name": form.name, "profession": form.profession, "zone": form.zone,
        "language": "en", "created_at": now, "link_nonce": nonce(),
    }  # fmt: skip
    row = insert_new(Person, values, Person.id)
    found: int | None = row.id if row else db.session.scalar(select(Person.id).where(Person.email_key == key))
    assert found is not None  # noqa: S101  people are never deleted while signing up
    return found


def _registration(person: int, cohort: int, now: datetime) -> tuple[Registration, bool]:
    """Her registration in the cohort, and whether it was made just now."""
    values = {
        "public_id": public_id(), "person_id": person, "cohort_id": cohort, "state": "confirmed",
        "registered_at": now, "revision": 0, "nonce": nonce(),
    }  # fmt: skip
    row = insert_new(Registration, values, Registration)
    if row is not None:
        return row[0], True
    known = select(Registration).where(Registration.person_id == person, Registration.cohort_id == cohort)
    return db.session.scalars(known.with_for_update()).one(), False


def _take_seat(place: _Place, now: datetime) -> None:
    """One more seat, unless the cohort is closed or the last one went a moment ago (A4)."""
    reason = closed_because(place.facts, now)
    if not reason and not _move_seats(place.id, +1):
        reason = "This cohort is full."
    if reason:
        raise Conflict(reason)


def _move_seats(cohort: int, by: int) -> bool:
    """Count seats in the row itself, so that two who want the last one are told apart by the database."""
    statement = (
        update(Cohort)
        .where(Cohort.id == cohort, or_(Cohort.capacity.is_(None), Cohort.seats_taken + by <= Cohort.capacity))
        .values(seats_taken=Cohort.seats_taken + by)
        .returning(Cohort.id)
        .execution_options(synchronize_session=False)
    )
    return db.session.execute(statement).first() is not None


def _revive(registration: Registration, now: datetime) -> None:
    registration.state = "confirmed"
    registration.registered_at = now
    registration.cancelled_at = None
    registration.revision += 1
    registration.reminders_off_at = registration.bonuses_off_at = None


def _confirm(registration: Registration, place: _Place, now: datetime, *, again: bool) -> None:
    """Her confirmation; once in ten minutes however often she asks (A07)."""
    db.session.flush()
    if again and _confirmed_since(registration.id, now - CONFIRMATION_PAUSE, registration.revision):
        return
    # The key counts in steps of the pause, so that even two requests at once make one mail.
    step = int(now.timestamp() // CONFIRMATION_PAUSE.total_seconds())
    outbox.enqueue(
        f"registration:{registration.id}:confirmation:{registration.revision}:{step}",
        "confirmation",
        registration.id,
        now=now,
        session_id=place.next_session_id,
        expires_at=place.facts.last_end,
    )


def _confirmed_since(registration: int, moment: datetime, revision: int) -> bool:
    recent = select(Delivery.id).where(
        Delivery.registration_id == registration,
        Delivery.key.startswith(f"registration:{registration}:confirmation:{revision}:"),
        Delivery.created_at > moment,
    )
    return db.session.scalar(recent.limit(1)) is not None


def hers(person: int, registration: str) -> Registration:
    """Her registration with this public id, locked for a change. Raises NotFound for anybody else's."""
    row = db.session.scalars(
        select(Registration)
        .where(Registration.public_id == registration, Registration.person_id == person)
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound()
    return row


def cancel(person: int, registration: str, *, now: datetime) -> None:
    """Give her place back: her seat is free, nothing more is sent, her calendar entries are taken back."""
    row = hers(person, registration)
    if row.state == "cancelled":
        return
    row.state, row.cancelled_at = "cancelled", now
    row.revision += 1
    db.session.flush()
    _move_seats(row.cohort_id, -1)
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind != "my_link")
    outbox.enqueue(
        f"registration:{row.id}:cancelled:{row.revision}",
        "registration_cancelled",
        row.id,
        now=now,
        session_id=_next_session(row.cohort_id, now),
    )
    audit.note(f"person:{person}", "registration.cancelled", f"registration:{row.id}", now=now)


def come_back(person: int, registration: str, *, now: datetime) -> None:
    """Take a place again after leaving. Raises Conflict with the reason when there is none."""
    row = hers(person, registration)
    if row.state == "confirmed":
        return
    public = db.session.scalar(select(Cohort.public_id).where(Cohort.id == row.cohort_id)) or ""
    place = _place(public, now)
    _take_seat(place, now)
    _revive(row, now)
    farewells = ("registration_cancelled", "calendar_cancel")
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind.in_(farewells))
    _confirm(row, place, now, again=False)
    audit.note(f"person:{person}", "registration.returned", f"registration:{row.id}", now=now)


def _next_session(cohort: int, now: datetime) -> int | None:
    found: int | None = db.session.scalar(
        select(Session.id)
        .where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
        .order_by(Session.starts_at)
        .limit(1)
    )
    return found
