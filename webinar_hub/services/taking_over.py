"""The colleague's yes: in one transaction the seat she was offered becomes hers.

Offering, taking back and saying no are next door in `transfers.py`.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, or_, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.language import current
from webinar_hub.core.language import gettext as _
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Cohort, Delivery, Person, Registration, Transfer
from webinar_hub.rules.places import State, Step, following, holds_seat
from webinar_hub.rules.registration import email_key
from webinar_hub.rules.zones import UnknownZone, zone
from webinar_hub.services import audit, consents, outbox, place_facts, registrations
from webinar_hub.services.address_mail import Reader
from webinar_hub.services.transfers import ahead, held, mail
from webinar_hub.services.voice import Voice

# How a colleague who was here before becomes one who has the place.
_STEP_OF = {
    State.UNPROVEN: Step.PROVE,
    State.PENDING: Step.APPROVE,
    State.WAITLISTED: Step.APPROVE,
    State.CANCELLED: Step.RETURN,
}


@dataclass(frozen=True, slots=True)
class Acceptance:
    """What the colleague says of herself; `news_words` are the words she ticked or "".

    `bonus_words` likewise, and None where there is no such box because bonuses belong to the seat.
    """

    name: str
    profession: str
    zone: str
    news_words: str
    page: str
    bonus_words: str | None = None


PRESSED_TWICE = timedelta(minutes=5)


@dataclass(frozen=True, slots=True)
class Taken:
    """Whose page the colleague's browser may open from now on, her place, and whether the cohort asks her more."""

    person: int
    link_nonce: str
    registration: str
    is_asked: bool


def accept(transfer: int, proof: str, said: Acceptance, *, voice: Voice, now: datetime) -> Taken:
    """Move the seat to the colleague, whose address this link has proven. Doing it twice is doing it once.

    Raises NotFound for a link that was never sent, Invalid for an impossible zone, and Conflict, in words for her,
    where the place is not to be had any more or she has one.
    """
    sent = _sent(transfer, proof)
    if sent.state == "taken":
        return _taken_before(sent, now)
    colleague = _person(sent, said, now)
    _hold_places(sent, colleague)
    row, place, giver, cohort = held(transfer, proof)
    if row.state == "taken":
        return _taken_before(row, now)
    _demand_to_be_had(row, place, cohort, now)
    theirs = _their_place(colleague.id, cohort.id)
    _demand_none(theirs)
    _give_up(place, cohort, colleague, giver, voice, now)
    new = _take(theirs, place, colleague.id, cohort, now)
    row.state, row.ended_at, row.taken_as_id, row.name = "taken", now, new.id, colleague.name
    _consents(new, said, now)
    audit.note("colleague", "transfer.taken", f"registration:{place.id}", now=now)
    audit.note(f"person:{colleague.id}", "registration.received", f"registration:{new.id}", now=now)
    return Taken(colleague.id, colleague.link_nonce, new.public_id, _is_asked(cohort, now))


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
    db.session.execute(both.order_by(Registration.id).with_for_update(key_share=True)).all()


def _taken_before(row: Transfer, now: datetime) -> Taken:
    """For a button pressed twice; later the link opens nothing, for whoever reads the mailbox by then."""
    place = db.session.get(Registration, row.taken_as_id) if row.taken_as_id else None
    if place is None or row.ended_at is None or row.ended_at < now - PRESSED_TWICE:
        raise Conflict(_("This place is not to be had any more."))
    person = db.session.get_one(Person, place.person_id)
    return Taken(person.id, person.link_nonce, place.public_id, is_asked=False)


def _demand_to_be_had(row: Transfer, place: Registration, cohort: Cohort, now: datetime) -> None:
    held = place.state == State.CONFIRMED and cohort.state == "open"
    if row.state != "open" or row.expires_at <= now or not held:
        raise Conflict(_("This place is not to be had any more."))


def _demand_none(theirs: Registration | None) -> None:
    if theirs is None:
        return
    if holds_seat(theirs.state, kept=theirs.seat_kept):
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
    return db.session.scalars(wanted.with_for_update(key_share=True)).first()


def _give_up(
    place: Registration, cohort: Cohort, colleague: Person, giver: Person, voice: Voice, now: datetime
) -> None:
    """Hers ends; its seat is not counted free for a moment."""
    place.state = following(State(place.state), Step.CANCEL, State.CANCELLED)
    place.cancelled_at = now
    place.revision += 1
    db.session.flush()
    outbox.cancel(Delivery.registration_id == place.id, Delivery.kind != "my_link")
    for session in ahead(cohort.id, now):
        revision = session.revision + place.revision
        key = f"session:{session.id}:calendar_cancel:{revision}:registration:{place.id}"
        outbox.enqueue(key, "calendar_cancel", place.id, now=now, session_id=session.id, expires_at=session.ends_at)
    to = Reader(giver.email, giver.name, giver.language)
    if giver.suppressed_at is None:
        mail(voice, "transfer_given", to, cohort, None, colleague.name, now)


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


def _is_asked(cohort: Cohort, now: datetime) -> bool:
    place = place_facts.place_in(cohort.public_id, now)
    return place.asks_questions or place.asks_credit


def _consents(place: Registration, said: Acceptance, now: datetime) -> None:
    """What she ticked herself; bonus mails that are asked for come to who asked for them."""
    if said.news_words:
        consents.give(place.person_id, "news", words=said.news_words, page=said.page, now=now)
    if said.bonus_words:
        words = said.bonus_words
        consents.give(
            place.person_id, "bonuses", words=words, page=said.page, now=now, registration=place.id
        )  # fmt: skip
    place.bonuses_off_at = now if said.bonus_words == "" else None
