"""What she sees of what she changes: an address that waits, a seat she offers, and what its reader is asked."""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import AddressWish, Cohort, FormerAddress, Person, Registration, Session, Transfer, Webinar
from webinar_hub.queries.me import merged_into
from webinar_hub.rules.changing import UNDO_LIVES
from webinar_hub.rules.places import HOLDS_SEAT
from webinar_hub.rules.registration import email_key, masked


@dataclass(frozen=True, slots=True)
class WaitingAddress:
    """A new address that nobody has proven yet."""

    email: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class ProofView:
    """What whoever reads the new address is asked; `known` says that it belongs to another person here.

    `old` is masked: whose page it is knows it anyway, and anybody else need not.
    """

    email: str
    old: str
    known: bool


@dataclass(frozen=True, slots=True)
class StopView:
    """What whoever reads the old address may stop; `new` is masked."""

    new: str


@dataclass(frozen=True, slots=True)
class UndoView:
    """What whoever reads the old address may put back; `new`, which is masked, then goes."""

    old: str
    new: str


@dataclass(frozen=True, slots=True)
class SeatDate:
    """One session of a seat that is offered."""

    title: str
    starts_at: datetime
    ends_at: datetime


@dataclass(frozen=True, slots=True)
class OfferedSeat:
    """What the colleague is asked. `state`: to be had, hers by now, or gone; `has_seat` says she has one anyway."""

    state: Literal["open", "taken", "gone"]
    giver: str
    name: str
    email: str
    webinar: str
    webinar_slug: str
    cohort: str
    zone: str
    organizer: str
    organizer_email: str
    ends_at: datetime
    dates: tuple[SeatDate, ...]
    has_seat: bool


def waiting_address(person: int, now: datetime) -> WaitingAddress | None:
    """The change of address of hers that waits for its proof."""
    row = db.session.execute(
        select(AddressWish.email, AddressWish.expires_at).where(
            AddressWish.person_id == person, AddressWish.expires_at > now
        )
    ).first()
    return WaitingAddress(*row) if row else None


def proof(wish: int, nonce: str, now: datetime) -> ProofView:
    """Raises NotFound for a link that is used, replaced, taken back or too old."""
    row = db.session.execute(
        select(AddressWish.email, AddressWish.email_key, AddressWish.person_id, Person.email.label("old"))
        .join(Person, Person.id == AddressWish.person_id)
        .where(AddressWish.id == wish, AddressWish.nonce == nonce, AddressWish.expires_at > now)
    ).first()
    if row is None:
        raise NotFound()
    other = db.session.execute(
        select(Person.id, merged_into().label("kept")).where(
            Person.email_key == row.email_key, Person.id != row.person_id
        )
    ).first()
    return ProofView(row.email, masked(row.old), known=other is not None and other.kept is None)


def stop(wish: int, nonce: str) -> StopView:
    """Raises NotFound for a wish that is gone."""
    email = db.session.scalar(
        select(AddressWish.email).where(AddressWish.id == wish, AddressWish.stop_nonce == nonce)
    )
    if email is None:
        raise NotFound()
    return StopView(masked(email))


def undo(former: int, until: str, now: datetime) -> UndoView:
    """Raises NotFound for a link that is used, overtaken or older than a week."""
    row = db.session.execute(
        select(FormerAddress.email, FormerAddress.until, Person.email.label("new"))
        .join(Person, Person.id == FormerAddress.person_id)
        .where(FormerAddress.id == former)
    ).first()
    if row is None or row.until.isoformat() != until or row.until + UNDO_LIVES <= now:
        raise NotFound()
    return UndoView(row.email, masked(row.new))


def offered_seat(transfer: int, nonce: str, now: datetime) -> OfferedSeat:
    """Raises NotFound for a link that was never sent."""
    found = db.session.execute(
        select(Transfer, Registration, Cohort, Webinar, Person.name)
        .join(Registration, Registration.id == Transfer.registration_id)
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Transfer.id == transfer, Transfer.nonce == nonce)
    ).first()
    if found is None:
        raise NotFound()
    row, place, cohort, webinar, giver = found
    is_there = row.state == "open" and row.expires_at > now and place.state == "confirmed"
    return OfferedSeat(
        state="taken" if row.state == "taken" else "open" if is_there and cohort.state == "open" else "gone",
        giver=giver, name=row.name, email=row.email, webinar=webinar.title, webinar_slug=webinar.slug,
        cohort=cohort.title, zone=cohort.zone, organizer=cohort.organizer_name,
        organizer_email=cohort.organizer_email, ends_at=row.expires_at, dates=_dates(cohort.id, now),
        has_seat=is_there and _has_seat(row.email, cohort.id),
    )  # fmt: skip


def _dates(cohort: int, now: datetime) -> tuple[SeatDate, ...]:
    rows = db.session.execute(
        select(Session.title, Session.starts_at, Session.ends_at)
        .where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
        .order_by(Session.starts_at, Session.id)
    )
    return tuple(SeatDate(*row) for row in rows)


def _has_seat(email: str, cohort: int) -> bool:
    found = (
        select(Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(
            Person.email_key == email_key(email),
            Registration.cohort_id == cohort,
            Registration.state.in_(HOLDS_SEAT),
        )
    )
    return db.session.scalar(found.limit(1)) is not None
