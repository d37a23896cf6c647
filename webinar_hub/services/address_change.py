"""The change of an address itself, with all that follows from it: links, calendars, mails to the old one.

Who may ask for it, and how it is proven, is next door in `addresses.py`.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import aliased

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce
from webinar_hub.models import (
    AddressWish,
    Cohort,
    Delivery,
    FormerAddress,
    MergedPerson,
    Person,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.models.session_choice import own_revision
from webinar_hub.rules.calendar_mail import CANCELS, MAY_REQUEST
from webinar_hub.rules.changing import UNDO_LIVES, entry_revisions
from webinar_hub.rules.places import GONE, State
from webinar_hub.rules.registration import email_key, masked
from webinar_hub.services import address_mail, asking, audit, outbox, place_facts, registrations
from webinar_hub.services.address_mail import Entry, Reader
from webinar_hub.services.settling import settle_in
from webinar_hub.services.voice import Voice

# How far a place's own revision rises when its address changes: see `rules.changing.entry_revisions`.
STEPS = 2
LINK_LIVES = timedelta(hours=24)


def correct(person: int, email: str, *, tell_old: bool, actor: str, voice: Voice, now: datetime) -> None:
    """Set an address right for her, with all that follows; without `tell_old` nothing is mailed to the old one.

    Raises Invalid for what is no address, Conflict where it is another person's: the two are to be merged.
    """
    typed = email.strip()
    key = key_of(typed)
    mine, other = both(person, key)
    into = merged_into(other)
    if mine is other:
        raise Invalid("email", "That is the address she has already. Nothing was changed.")
    if other is not None and into != mine.id:
        raise Conflict("Somebody else has this address here. Merge the two instead; her page has the way to it.")
    db.session.execute(delete(AddressWish).where(AddressWish.person_id == person))
    mine.proven_at = None
    change(mine, typed, key, other, keeps_feed=True, voice=voice, now=now, tell_old=tell_old)
    audit.note(actor, "address.corrected", f"person:{person}", now=now, told=tell_old)


def was_to_a_former_address(delivery: Delivery) -> bool:
    """Whether a mail went to an address its person no longer has: what comes back about it is not about her."""
    written = delivery.composed_at or delivery.created_at
    found = (
        select(FormerAddress.id)
        .join(Registration, Registration.person_id == FormerAddress.person_id)
        .where(Registration.id == delivery.registration_id, FormerAddress.until > written)
    )
    return db.session.scalar(found.limit(1)) is not None


def key_of(email: str) -> str:
    """The address as it is compared. Raises Invalid for what is none."""
    try:
        return email_key(email)
    except ValueError as error:
        raise Invalid("email", _("Write an e-mail address like name@example.com.")) from error


def held(person: int) -> Person:
    """Her row, locked for a change. Raises NotFound."""
    row = db.session.scalars(select(Person).where(Person.id == person).with_for_update()).first()
    if row is None:
        raise NotFound()
    return row


def both(person: int, key: str) -> tuple[Person, Person | None]:
    """Her and whoever has the address already, held in the order of their ids as everywhere."""
    wanted = (Person.id == person) | (Person.email_key == key)
    rows = db.session.scalars(
        select(Person).where(wanted).order_by(Person.id).with_for_update().execution_options(populate_existing=True)
    ).all()
    mine = next((row for row in rows if row.id == person), None)
    if mine is None:
        raise NotFound()
    return mine, next((row for row in rows if row.email_key == key), None)


def merged_into(row: Person | None) -> int | None:
    """Who a person is by now, unless she has taken a place with her old address again."""
    if row is None:
        return None
    into = select(MergedPerson.into_id).where(MergedPerson.person_id == row.id)
    place = select(Registration.id).where(Registration.person_id == row.id, Registration.state == "confirmed")
    return db.session.scalar(into.where(~place.exists()))


def send_link(person: int, now: datetime) -> None:
    """Mail her personal link to the address she has now, where she ever had a place."""
    newest = select(func.max(Registration.id)).where(Registration.person_id == person)
    registration = db.session.scalar(newest)
    if registration is not None:
        key = f"registration:{registration}:link:{now.timestamp():.6f}"
        outbox.enqueue(key, "my_link", registration, now=now, expires_at=now + LINK_LIVES)


def change(
    row: Person,
    email: str,
    key: str,
    other: Person | None,
    *,
    keeps_feed: bool,
    voice: Voice,
    now: datetime,
    tell_old: bool = True,
    can_undo: bool = False,
) -> None:
    """Give her, who is held, this address; `other` is an address of hers from before that is to make way.

    With `can_undo` the mail to the old address has a link by which it is put back (`addresses.undo`).
    """
    former = Reader(row.email, row.name, row.language)
    former_key, was_written_to = row.email_key, row.suppressed_at is None
    places = places_of((row.id,))
    entries = entries_of(places, now)
    left = FormerAddress(person_id=row.id, email=row.email, until=now)
    db.session.add(left)
    if other is not None:
        other.email_key, other.link_nonce = f"{other.id}@being-exchanged.invalid", nonce()
        db.session.flush()
    row.email, row.email_key, row.search = email, key, search_text(row.name, email)
    row.link_nonce = nonce()
    row.feed_nonce = row.feed_nonce if keeps_feed else None
    row.suppressed_at, row.suppression_reason, row.suppression_lifted_at = None, None, now
    renew_links(places)
    _flush_address()
    if other is not None:
        other.email, other.email_key = former.email, former_key
        other.search = search_text(other.name, other.email)
    _bring_to_new_address(places, now, proven=row.proven_at == now)
    if tell_old and was_written_to:
        undo = voice.links.undo_address(left.id, left.until) if can_undo else ""
        say_goodbye(former, entries, email, address_mail.organizer_of(row.id), voice, now, undo=undo)


def _flush_address() -> None:
    """Raises Conflict where somebody has signed up with the address in this very moment."""
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(_("Somebody was quicker. Load the page again.")) from error


def places_of(people: Iterable[int]) -> Sequence[Registration]:
    """All their places, locked for a change."""
    return db.session.scalars(
        select(Registration)
        .where(Registration.person_id.in_(tuple(people)))
        .order_by(Registration.id)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def renew_links(places: Sequence[Registration]) -> None:
    """End the links in mails so far that unsubscribe and download."""
    for place in places:
        place.nonce = nonce()


def entries_of(places: Sequence[Registration], now: datetime) -> list[Entry]:
    """What her old mailbox was sent an entry of that no mail has taken out again; asked before anything changes."""
    hers = {place.id: place for place in places}
    put, taken = aliased(Delivery), aliased(Delivery)
    out = taken.state == "sent", taken.kind.in_(CANCELS), taken.id > put.id
    gone = select(taken.id).where(
        taken.registration_id == put.registration_id, taken.session_id == put.session_id, *out
    )
    rows = db.session.execute(
        select(Registration.id, Session, Cohort, Webinar.title, own_revision())
        .select_from(put)
        .join(Registration, Registration.id == put.registration_id)
        .join(Session, Session.id == put.session_id)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(
            put.registration_id.in_(hers), put.kind.in_(MAY_REQUEST), put.state.in_(("sent", "sending")),
            Session.ends_at > now, ~gone.exists(),
        )
        .order_by(Session.starts_at, Session.id)
    )  # fmt: skip
    found = {
        (place, session.id): Entry(
            session, cohort, title, hers[place].public_id,
            entry_revisions(session.revision, hers[place].revision + own)[0],
        )
        for place, session, cohort, title, own in rows
    }  # fmt: skip
    return list(found.values())


def _bring_to_new_address(places: Sequence[Registration], now: datetime, *, proven: bool) -> None:
    """Invite her anew to all that is ahead; mails that wait find the new address by themselves."""
    ids = [place.id for place in places]
    for place in places:
        place.revision += STEPS
    db.session.flush()
    # Their entries would come twice, and what they take out was never in the new calendar.
    unneeded = ("confirmation", "invite", "calendar_cancel")
    outbox.cancel(Delivery.registration_id.in_(ids), Delivery.kind.in_(unneeded))
    told = [place for place in places if _say_where_she_stands(place, now, proven=proven)]
    if places and not told:
        send_link(places[0].person_id, now)


def _say_where_she_stands(place: Registration, now: datetime, *, proven: bool) -> bool:
    """Mail it to the new address, with links and entries that work from now on; whether there was anything to say.

    Whoever was asked whether the old address is hers need not be asked about one that she has proven.
    """
    facts = place_facts.place_in(db.session.get_one(Cohort, place.cohort_id).public_id, now)
    if place.state in GONE or facts.facts.state != "open" or facts.next_session_id is None:
        return False
    if place.state != State.UNPROVEN:
        registrations.tell(place, facts, now)
    elif not proven or not _settled(place, now):
        asking.mail(place, place_facts.step_of(now), now=now)
    return True


def _settled(place: Registration, now: datetime) -> bool:
    try:
        settle_in(place, now=now)
    except Conflict:
        return False
    return True


def say_goodbye(
    former: Reader,
    entries: Sequence[Entry],
    email: str,
    organizer: address_mail.Organizer | None,
    voice: Voice,
    now: datetime,
    undo: str = "",
) -> None:
    """The last mails to the old address: one says what happened, each takes one session out of its calendar."""
    facts = {"new": masked(email), "undo": undo, "days": UNDO_LIVES.days}
    first = entries[0] if entries else None
    address_mail.send(voice, "address_left", former, organizer, facts, now=now, entry=first)
    for entry in entries[1:]:
        address_mail.send(voice, "address_entry", former, organizer, facts, now=now, entry=entry)
