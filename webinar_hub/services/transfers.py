"""Handing a place on to a colleague (FEATURES A7): she names her, the colleague says yes, the seat moves.

Until the colleague presses the button of her mail nothing changes. Then it is one transaction: no seat is free in
between, so it works in a cohort that is full, and nobody on the waitlist is passed over. What she attended stays
hers. The registration's row is what everybody locks, whoever cancels, takes or takes back.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.language import current
from webinar_hub.core.language import gettext as _
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.documents.names import inert
from webinar_hub.models import Cohort, Delivery, Person, Registration, Session, Transfer, Webinar
from webinar_hub.rules.changing import offer_ends
from webinar_hub.rules.places import HOLDS_SEAT, State, Step, following
from webinar_hub.rules.registration import email_key, masked
from webinar_hub.rules.zones import UnknownZone, zone
from webinar_hub.services import address_mail, allowances, audit, consents, outbox, place_facts, registrations
from webinar_hub.services.address_mail import Organizer, Reader, Voice
from webinar_hub.services.allowances import Try
from webinar_hub.services.own_changes import demand_open

HOUR = timedelta(hours=1)
PER_PERSON = 6
PER_ADDRESS = 3
PER_NETWORK = 30
# How a colleague who was here before becomes one who has the place.
_STEP_OF = {
    State.UNPROVEN: Step.PROVE,
    State.PENDING: Step.APPROVE,
    State.WAITLISTED: Step.APPROVE,
    State.CANCELLED: Step.RETURN,
}


@dataclass(frozen=True, slots=True)
class Offer:
    """To whom she wants to hand her place on; `form_token` is what her form was sent with."""

    name: str
    email: str
    form_token: str


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the colleague says of herself; `news_words` are the words she ticked or ""."""

    name: str
    profession: str
    zone: str
    news_words: str
    page: str


@dataclass(frozen=True, slots=True)
class Taken:
    """Whose page the colleague's browser may open from now on."""

    person: int
    link_nonce: str


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
    _mail(voice, "transfer_offer", to, cohort, row, giver.name, now, link=voice.links.transfer(row.id, row.nonce))
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


def accept(transfer: int, proof: str, said: Acceptance, *, voice: Voice, now: datetime) -> Taken:
    """Move the seat to the colleague, whose address this link has proven. Doing it twice is doing it once.

    Raises NotFound for a link that was never sent, Invalid for an impossible zone, and Conflict, in words for her,
    where the place is not to be had any more or she has one.
    """
    sent = _sent(transfer, proof)
    colleague = _person(sent, said, now)
    _hold_places(sent, colleague)
    row, place, giver, cohort = _held(transfer, proof)
    if row.state == "taken":
        return _taken_before(row)
    _demand_to_be_had(row, place, cohort, now)
    theirs = _their_place(colleague.id, cohort.id)
    _demand_none(theirs)
    _give_up(place, cohort, colleague, giver, voice, now)
    new = _take(theirs, place, colleague.id, cohort, now)
    row.state, row.ended_at, row.taken_as_id, row.name = "taken", now, new.id, colleague.name
    if said.news_words:
        consents.give(colleague.id, "news", words=said.news_words, page=said.page, now=now)
    audit.note("colleague", "transfer.taken", f"registration:{place.id}", now=now)
    audit.note(f"person:{colleague.id}", "registration.received", f"registration:{new.id}", now=now)
    return Taken(colleague.id, colleague.link_nonce)


def decline(transfer: int, proof: str, *, voice: Voice, now: datetime) -> None:
    """Say no to it; the place stays where it is, and she is told. Raises NotFound, Conflict once it was taken."""
    row, place, giver, cohort = _held(transfer, proof)
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
        row, place, giver, cohort = _held(transfer, proof)
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


def _held(transfer: int, proof: str) -> tuple[Transfer, Registration, Person, Cohort]:
    """The offer and the place it is about, both locked, the place first as everywhere. Raises NotFound."""
    about = db.session.scalar(
        select(Transfer.registration_id).where(Transfer.id == transfer, Transfer.nonce == proof)
    )
    if about is None:
        raise NotFound()
    fresh = {"populate_existing": True}
    place = db.session.get_one(Registration, about, with_for_update=True, execution_options=fresh)
    row = db.session.get_one(Transfer, transfer, with_for_update=True, execution_options=fresh)
    cohort = db.session.get_one(Cohort, place.cohort_id)
    return row, place, db.session.get_one(Person, place.person_id), cohort


def _sent(transfer: int, proof: str) -> Transfer:
    """The offer before anything is locked: a person comes before her places, as everywhere."""
    row = db.session.scalars(select(Transfer).where(Transfer.id == transfer, Transfer.nonce == proof)).first()
    if row is None:
        raise NotFound()
    if row.state not in ("open", "taken"):
        raise Conflict(_("This place is not to be had any more."))
    return row


def _hold_places(row: Transfer, colleague: Person) -> None:
    """Both places in the order of their ids: two who offer each other their seats must not wait for each other."""
    cohort = select(Registration.cohort_id).where(Registration.id == row.registration_id).scalar_subquery()
    theirs = and_(Registration.person_id == colleague.id, Registration.cohort_id == cohort)
    both = select(Registration.id).where(or_(Registration.id == row.registration_id, theirs))
    db.session.execute(both.order_by(Registration.id).with_for_update()).all()


def _taken_before(row: Transfer) -> Taken:
    place = db.session.get(Registration, row.taken_as_id) if row.taken_as_id else None
    if place is None:
        raise Conflict(_("This place is not to be had any more."))
    person = db.session.get_one(Person, place.person_id)
    return Taken(person.id, person.link_nonce)


def _demand_to_be_had(row: Transfer, place: Registration, cohort: Cohort, now: datetime) -> None:
    held = place.state == State.CONFIRMED and cohort.state == "open"
    if row.state != "open" or row.expires_at <= now or not held:
        raise Conflict(_("This place is not to be had any more."))


def _demand_none(theirs: Registration | None) -> None:
    if theirs is None:
        return
    if theirs.state in HOLDS_SEAT:
        raise Conflict(_("You have a seat here already, so your colleague keeps hers."))
    if theirs.state == State.DECLINED:
        raise Conflict(_("The organizer has decided otherwise. Please write to her."))


def _person(row: Transfer, said: Acceptance, now: datetime) -> Person:
    """The colleague, as she says she is: the link from her mail has proven that the address is hers."""
    try:
        own_zone = zone(said.zone).key
    except UnknownZone as error:
        raise Invalid("zone", str(error)) from error
    key = email_key(row.email)
    values = {
        "email": row.email, "email_key": key, "name": said.name, "profession": said.profession, "zone": own_zone,
        "language": current(), "created_at": now, "link_nonce": nonce(),
        "search": search_text(said.name, row.email),
    }  # fmt: skip
    insert_new(Person, values, "id")
    person = db.session.scalars(select(Person).where(Person.email_key == key).with_for_update()).one()
    person.name, person.profession, person.zone = said.name, said.profession, own_zone
    person.search, person.proven_at = search_text(said.name, person.email), person.proven_at or now
    return person


def _their_place(person: int, cohort: int) -> Registration | None:
    wanted = select(Registration).where(Registration.person_id == person, Registration.cohort_id == cohort)
    return db.session.scalars(wanted.with_for_update()).first()


def _give_up(
    place: Registration, cohort: Cohort, colleague: Person, giver: Person, voice: Voice, now: datetime
) -> None:
    """Hers ends; its seat is not counted free for a moment."""
    place.state = following(State(place.state), Step.CANCEL, State.CANCELLED)
    place.cancelled_at = now
    place.revision += 1
    db.session.flush()
    outbox.cancel(Delivery.registration_id == place.id, Delivery.kind != "my_link")
    for session in _ahead(cohort.id, now):
        revision = session.revision + place.revision
        key = f"session:{session.id}:calendar_cancel:{revision}:registration:{place.id}"
        outbox.enqueue(key, "calendar_cancel", place.id, now=now, session_id=session.id, expires_at=session.ends_at)
    to = Reader(giver.email, giver.name, giver.language)
    if giver.suppressed_at is None:
        _mail(voice, "transfer_given", to, cohort, None, colleague.name, now)


def _ahead(cohort: int, now: datetime) -> list[Session]:
    wanted = select(Session).where(Session.cohort_id == cohort, Session.state == "scheduled", Session.ends_at > now)
    return list(db.session.scalars(wanted.order_by(Session.starts_at, Session.id)))


def _take(
    theirs: Registration | None, place: Registration, person: int, cohort: Cohort, now: datetime
) -> Registration:
    """The colleague's own place, with her own links and invites; the seat is the one that was given up."""
    if theirs is None:
        values = {
            "public_id": public_id(), "person_id": person, "cohort_id": place.cohort_id, "state": "confirmed",
            "registered_at": now, "revision": 0, "nonce": nonce(), "source": "transfer",
        }  # fmt: skip
        if insert_new(Registration, values, "id") is None:
            raise Conflict(_("Somebody was quicker. Load the page again."))
        theirs = _their_place(person, place.cohort_id)
        assert theirs is not None  # noqa: S101  just written
    else:
        state = State(theirs.state)
        following(state, _STEP_OF[state], State.CONFIRMED)
        registrations.revive(theirs, now)
    registrations.confirm(theirs.id, theirs.revision, place_facts.place_in(cohort.public_id, now), now)
    leave_work()
    return theirs


def _end(row: Transfer, state: str, now: datetime) -> None:
    """Of a colleague who did not take it nothing is kept but where the offer went."""
    row.state, row.ended_at = state, now
    row.name, row.email = "", masked(row.email)
    db.session.flush()


def _end_unanswered(
    row: Transfer, place: Registration, state: str, giver: Person, cohort: Cohort, voice: Voice, now: datetime
) -> None:
    """End it, and say so to her who offered it, if the seat is still hers."""
    name, email = row.name, masked(row.email)
    _end(row, state, now)
    if giver.suppressed_at is None and place.state == State.CONFIRMED:
        to = Reader(giver.email, giver.name, giver.language)
        _mail(voice, "transfer_kept", to, cohort, None, name, now, declined=state == "declined", email=email)


def _mail(
    voice: Voice,
    kind: str,
    to: Reader,
    cohort: Cohort,
    row: Transfer | None,
    colleague: str,
    now: datetime,
    **facts: object,
) -> None:
    title = db.session.get_one(Webinar, cohort.webinar_id).title
    ends = row.expires_at if row else None
    facts |= {
        "colleague": inert(colleague),
        "sessions": _ahead(cohort.id, now),
        "home": cohort.zone,
        "ends_at": ends,
    }
    organizer = Organizer(cohort.organizer_name, cohort.organizer_email, title)
    address_mail.send(voice, kind, to, organizer, facts, now=now, expires_at=ends)
