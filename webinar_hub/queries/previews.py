"""Mails as they would be, to be looked at or sent to oneself: real letters whose personal links lead nowhere."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.documents.letters import IncompleteLetter, Letter, Recipient
from webinar_hub.models import Broadcast, Cohort, Drop, Person, Registration, Session
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.letter_places import Place
from webinar_hub.queries.letters import Batch, batch
from webinar_hub.rules.delivery import Claimed
from webinar_hub.rules.places import WAY_KINDS

MOST_SAMPLES = 30
DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Sample:
    """Somebody registered whose mail can be looked at."""

    registration: int
    name: str
    zone: str


@dataclass(frozen=True, slots=True)
class About:
    """What a previewed mail is about: a message of the plan (`broadcast`, its id), or a kind with its `words`.

    `words` are a subject and a body of an organizer; None for those in force, two empty ones for our own.
    `registration` is whose eyes it is seen with; None for an invented registrant.
    """

    kind: str = ""
    broadcast: int | None = None
    registration: int | None = None
    words: tuple[str, str] | None = None


def samples(cohort: int) -> list[Sample]:
    """The newest registrants of a cohort."""
    rows = db.session.execute(
        select(Registration.id, Person.name, Person.zone)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.cohort_id == cohort, Registration.state == "confirmed")
        .order_by(Registration.id.desc())
        .limit(MOST_SAMPLES)
    )
    return [Sample(*row) for row in rows]


def organizer_email(cohort: int) -> str:
    """Where mails of a cohort come from when no sender is set."""
    return db.session.get_one(Cohort, cohort).organizer_email


def preview(cohort: int, about: About, hub: Hub, now: datetime) -> tuple[Letter, Recipient]:
    """The letter and its reader. Raises NotFound, and Conflict when the cohort lacks what the mail speaks of."""
    home = db.session.get_one(Cohort, cohort)
    stored = _broadcast(cohort, about.broadcast)
    message = stored or _stand_in(home, about.kind, now)
    if about.registration is not None:
        _demand_of(cohort, about.registration)
    due = _due(message, about, now)
    seen = batch([due], hub, _guest(home, now))
    seen.broadcasts = {message.id or 0: message}
    if message.kind in WAY_KINDS:
        _set_on_the_way(seen, about.registration or 0, now)
    if about.words is not None:
        seen.wordings = {(None, message.kind): about.words}
    try:
        letter, recipient = seen.unchecked(due)
    except IncompleteLetter as error:
        raise Conflict("There is nothing yet that this mail could speak of: no session or no bonus.") from error
    return letter, _harmless(letter, recipient, hub)


def _set_on_the_way(seen: Batch, registration: int, now: datetime) -> None:
    """Whoever reads has a place, or none: here she is somebody third on the waitlist, with a seat held for her."""
    hers = replace(seen.places[registration], offer_until=now + DAY / 2, reason="", seat_kept=False)
    seen.places = {registration: hers}
    seen.positions = {registration: 3}


def _harmless(letter: Letter, recipient: Recipient, hub: Hub) -> Recipient:
    """The same reader without the links that are hers alone: whoever has them could act for her."""
    nowhere = f"{hub.links.base}/me/preview"
    return replace(
        recipient,
        me_link=nowhere,
        unsubscribe_link=nowhere,
        offer_link=nowhere,
        downloads=tuple(nowhere for _ in letter.materials),
    )


def _broadcast(cohort: int, number: int | None) -> Broadcast | None:
    if number is None:
        return None
    row = db.session.scalars(select(Broadcast).where(Broadcast.id == number, Broadcast.cohort_id == cohort)).first()
    if row is None:
        raise NotFound()
    return row


def _stand_in(cohort: Cohort, kind: str, now: datetime) -> Broadcast:
    """What a message of this kind would be about: the next session or bonus, or the last one."""
    session = _next(Session, Session.starts_at, cohort.id, now)
    drop = _next(Drop, Drop.release_at, cohort.id, now) if kind == "drop" else None
    message = Broadcast(cohort_id=cohort.id, kind=kind, lead_minutes=None, due_at=now)
    if session is not None:
        message.session_id = session.id
        message.due_at = session.starts_at - DAY
        message.old_starts_at = session.starts_at - DAY
    if kind == "reminder":
        message.lead_minutes = int(DAY.total_seconds() // 60)
    if kind in {"drop", "thank_you", "announcement", "news"} | WAY_KINDS:
        message.session_id, message.drop_id, message.due_at = None, drop.id if drop else None, now
    return message


def _next(model: Any, moment: Any, cohort: int, now: datetime) -> Any:
    """The first row that lies ahead, else the last one; None where there is none."""
    rows = select(model).where(model.cohort_id == cohort)
    ahead = db.session.scalars(rows.where(moment > now).order_by(moment).limit(1)).first()
    return ahead or db.session.scalars(rows.order_by(moment.desc()).limit(1)).first()


def _demand_of(cohort: int, registration: int) -> None:
    hers = select(Registration.id).where(Registration.id == registration, Registration.cohort_id == cohort)
    if db.session.scalar(hers) is None:
        raise NotFound()


def _due(message: Broadcast, about: About, now: datetime) -> Claimed:
    return Claimed(
        id=0,
        key="preview",
        kind=message.kind,
        registration_id=about.registration,
        broadcast_id=message.id,
        session_id=message.session_id,
        drop_id=message.drop_id,
        attempts=0,
        created_at=now,
        composed_at=message.due_at,
        expires_at=None,
        lease_token="",
        due_at=message.due_at,
    )


def _guest(cohort: Cohort, now: datetime) -> Place:
    return Place(
        id=0,
        public_id="0" * 16,
        cohort_id=cohort.id,
        state="confirmed",
        revision=0,
        nonce="",
        person_id=0,
        name="Anna Berg",
        email="anna@example.org",
        zone=cohort.zone,
        link_nonce="",
        registered_at=now,
        reminders_off_at=None,
        bonuses_off_at=None,
        suppressed_at=None,
    )
