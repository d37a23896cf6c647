"""Handing a place on to a colleague (FEATURES A7): she names her, the colleague says yes, the seat moves.

Until the colleague presses the button of her mail nothing changes. Then it is one transaction: no seat is free in
between, so it works in a cohort that is full, and nobody on the waitlist is passed over. What she attended stays
hers. The registration's row is what everybody locks, whoever cancels, takes or takes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.names import inert
from webinar_hub.models import Cohort, Delivery, Notice, Person, Registration, Session, Transfer, Webinar
from webinar_hub.rules.changing import offer_ends
from webinar_hub.rules.places import State
from webinar_hub.rules.protection import STRANGER_MAILS_A_DAY
from webinar_hub.rules.registration import email_key, masked
from webinar_hub.services import address_mail, allowances, audit, outbox, registrations
from webinar_hub.services.address_mail import Organizer, Reader
from webinar_hub.services.allowances import Try
from webinar_hub.services.own_changes import demand_open
from webinar_hub.services.voice import Voice

HOUR = timedelta(hours=1)
PER_PERSON = 6
PER_ADDRESS = 3
PER_NETWORK = 30


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom she wants to hand her place on; `form_token` is what her form was sent with."""

    name: str
    email: str
    form_token: str


def offer(person: int, registration: str, wanted: Offer, *, network: str, voice: Voice, now: datetime) -> None:
    """Mail the question to the colleague. The same form sent twice is sent once.

    Whether the colleague has a place already is said to nobody but her. Raises NotFound, Invalid, TooMany, and
    Conflict where it is too late, nothing is to be handed on, or the place is offered to somebody already.
    """
    place = registrations.hers(person, registration)
    known = select(Transfer.registration_id).where(Transfer.form_token == wanted.form_token)
    if (sent_for := db.session.scalar(known)) is not None:
        if sent_for != place.id:
            raise NotFound()
        return
    giver, cohort = db.session.get_one(Person, person), db.session.get_one(Cohort, place.cohort_id)
    ends = _demand_transferable(place, cohort, now)
    key = _colleague(wanted, giver)
    _demand_no_other(place, now)
    _spend(person, key, network, now)
    row = Transfer(
        registration_id=place.id, name=wanted.name, email=wanted.email.strip(), form_token=wanted.form_token,
        offered_at=now, expires_at=ends,
    )  # fmt: skip
    db.session.add(row)
    db.session.flush()
    to = Reader(row.email, row.name, giver.language)
    mail(voice, "transfer_offer", to, cohort, row, giver.name, now, link=voice.links.transfer(row.id, row.nonce))
    audit.note(
        f"person:{person}", "transfer.offered", f"registration:{place.id}", now=now, offered_to=masked(row.email)
    )


def take_back(person: int, registration: str, *, now: datetime) -> None:
    """End the offer; it does nothing where there is none. Raises NotFound for a place that is not hers."""
    place = registrations.hers(person, registration)
    row = _open_offer(place.id)
    if row is not None:
        _end(row, "withdrawn", now)
        audit.note(f"person:{person}", "transfer.withdrawn", f"registration:{place.id}", now=now)


def decline(transfer: int, proof: str, *, voice: Voice, now: datetime) -> None:
    """Say no to it; the place stays where it is, and she is told. Raises NotFound, Conflict once it was taken."""
    row, place, giver, cohort = held(transfer, proof)
    if row.state == "taken":
        raise Conflict(_("You have this place already. Your page has the way to give it back."))
    if row.state == "open":
        _end_unanswered(row, place, "declined", giver, cohort, voice, now)
        audit.note("colleague", "transfer.declined", f"registration:{place.id}", now=now)


def end_expired(voice: Voice, *, now: datetime, at_once: int = 100) -> int:
    """End offers nobody took in time, and tell those who made them; how many, at most `at_once`."""
    late = select(Transfer.id, Transfer.nonce).where(Transfer.state == "open", Transfer.expires_at <= now)
    number = 0
    for transfer, proof in db.session.execute(late.order_by(Transfer.id).limit(at_once)).all():
        row, place, giver, cohort = held(transfer, proof)
        if row.state == "open":
            _end_unanswered(row, place, "expired", giver, cohort, voice, now)
            audit.note("system", "transfer.expired", f"registration:{place.id}", now=now)
            number += 1
    return number


def _demand_transferable(place: Registration, cohort: Cohort, now: datetime) -> datetime:
    """Until when the colleague may say yes. Raises Conflict."""
    if place.state != State.CONFIRMED or cohort.state != "open":
        raise Conflict(_("You have no seat here that could be handed on."))
    if cohort.needs_approval:
        raise Conflict(
            _(
                "Here the organizer decides who comes. Please write to %(name)s, %(email)s.",
                name=cohort.organizer_name,
                email=cohort.organizer_email,
            )
        )
    demand_open(cohort, now)
    ends = offer_ends(_next_start(cohort.id, now), cohort.changes_close_at, now)
    if ends is None:
        raise Conflict(_("No session begins any more, so there is nothing to hand on."))
    return ends


def _next_start(cohort: int, now: datetime) -> datetime | None:
    ahead = select(func.min(Session.starts_at, type_=Session.starts_at.type)).where(
        Session.cohort_id == cohort, Session.state == "scheduled", Session.starts_at > now
    )
    return db.session.scalar(ahead)


def _colleague(wanted: Offer, giver: Person) -> str:
    try:
        key = email_key(wanted.email)
    except ValueError as error:
        raise Invalid("email", _("Write an e-mail address like name@example.com.")) from error
    if key == giver.email_key:
        raise Invalid("email", _("That is your own address. Write your colleague's."))
    return key


def _open_offer(registration: int) -> Transfer | None:
    wanted = select(Transfer).where(Transfer.registration_id == registration, Transfer.state == "open")
    return db.session.scalars(wanted.with_for_update()).first()


def _demand_no_other(place: Registration, now: datetime) -> None:
    """Raises Conflict while another colleague may still say yes."""
    row = _open_offer(place.id)
    if row is None:
        return
    if row.expires_at > now:
        words = _("You have offered your seat to %(email)s. Take that back first.", email=masked(row.email))
        raise Conflict(words)
    _end(row, "expired", now)


def _spend(person: int, key: str, network: str, now: datetime) -> None:
    tries = (
        Try("transfer-person", str(person), PER_PERSON),
        Try("transfer-to", key, PER_ADDRESS),
        Try("transfer-network", network, PER_NETWORK),
    )
    allowances.spend_each(tries, window=HOUR, now=now)
    allowances.spend("stranger", key, limit=STRANGER_MAILS_A_DAY, window=24 * HOUR, now=now)


def held(transfer: int, proof: str) -> tuple[Transfer, Registration, Person, Cohort]:
    """The offer and the place it is about, both locked, the place first as everywhere. Raises NotFound."""
    about = db.session.scalar(
        select(Transfer.registration_id).where(Transfer.id == transfer, Transfer.nonce == proof)
    )
    if about is None:
        raise NotFound()
    fresh = {"populate_existing": True}
    place = db.session.get_one(Registration, about, with_for_update={"key_share": True}, execution_options=fresh)
    row = db.session.get_one(Transfer, transfer, with_for_update=True, execution_options=fresh)
    cohort = db.session.get_one(Cohort, place.cohort_id)
    return row, place, db.session.get_one(Person, place.person_id), cohort


def ahead(cohort: int, now: datetime) -> list[Session]:
    """What is still to come of a cohort."""
    wanted = select(Session).where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
    return list(db.session.scalars(wanted.order_by(Session.starts_at, Session.id)))


def _end(row: Transfer, state: str, now: datetime) -> None:
    """Of a colleague who did not take it nothing is kept but where the offer went."""
    row.state, row.ended_at = state, now
    row.name, row.email = "", masked(row.email)
    db.session.flush()
    outbox.cancel(Delivery.key == _key(row))
    mail = select(Delivery.notice_id).where(Delivery.key == _key(row))
    forgotten = {"to_name": "", "to_email": row.email, "subject": "", "text": "", "html": ""}
    db.session.execute(update(Notice).where(Notice.id.in_(mail)).values(forgotten))


def _key(row: Transfer) -> str:
    return f"transfer:{row.id}:offer"


def _end_unanswered(
    row: Transfer, place: Registration, state: str, giver: Person, cohort: Cohort, voice: Voice, now: datetime
) -> None:
    """End it, and say so to her who offered it, if the seat is still hers."""
    name, email = row.name, masked(row.email)
    _end(row, state, now)
    if giver.suppressed_at is None and place.state == State.CONFIRMED:
        to = Reader(giver.email, giver.name, giver.language)
        mail(voice, "transfer_kept", to, cohort, None, name, now, declined=state == "declined", email=email)


def mail(
    voice: Voice,
    kind: str,
    to: Reader,
    cohort: Cohort,
    row: Transfer | None,
    colleague: str,
    now: datetime,
    **facts: object,
) -> None:
    """Write one mail about an offer, named after the colleague; `row` where it is the offer itself."""
    title = db.session.get_one(Webinar, cohort.webinar_id).title
    ends = row.expires_at if row else None
    facts |= {
        "colleague": inert(colleague),
        "sessions": ahead(cohort.id, now),
        "home": cohort.zone,
        "ends_at": ends,
    }
    organizer = Organizer(cohort.organizer_name, cohort.organizer_email, title)
    key = _key(row) if row else ""
    address_mail.send(voice, kind, to, organizer, facts, now=now, expires_at=ends, key=key)
