"""A person's change of address (FEATURES A7): asked for on her page, proven from the new mailbox, done at once.

The new address is believed when a button of its mail is pressed; until then nothing changes, and whoever reads the
old one can stop it. Whether the new address is known here is said to nobody but its own mailbox (A20). Where it is,
both sides are proven by then, her page and that mailbox, and the two become one person (`people_merging.py`).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.core.tokens import nonce
from webinar_hub.models import AddressWish, FormerAddress, Person
from webinar_hub.rules.changing import PROOF_LIVES, UNDO_LIVES
from webinar_hub.rules.people import not_merged
from webinar_hub.rules.protection import STRANGER_MAILS_A_DAY
from webinar_hub.rules.registration import masked
from webinar_hub.services import address_mail, allowances, audit, people_merging
from webinar_hub.services.address_change import (
    both,
    change,
    entries_of,
    held,
    key_of,
    merged_into,
    places_of,
    renew_links,
    say_goodbye,
    send_link,
)
from webinar_hub.services.address_mail import Reader
from webinar_hub.services.allowances import Try
from webinar_hub.services.voice import Voice

HOUR = timedelta(hours=1)
PER_PERSON = 6
PER_ADDRESS = 3
PER_NETWORK = 30


class IsSomebodyElse(Conflict):
    """The proven address belongs to another person here, and nobody has said yet that the two are one."""


class MergedElsewhere(Conflict):
    """The address belongs to somebody who was merged into a third person."""


@dataclass(frozen=True, slots=True)
class Proven:
    """Whose page the browser in which it was proven may open from now on."""

    person: int
    link_nonce: str
    merged: bool


def ask(person: int, email: str, *, keeps_feed: bool, network: str, voice: Voice, now: datetime) -> None:
    """Mail the question to the new address and a warning to the old one; an older wish of hers ends.

    Raises Invalid for what is no address or hers already, TooMany beyond the limits; neither says who is known.
    """
    typed = email.strip()
    key = key_of(typed)
    row = held(person)
    if key == row.email_key:
        raise Invalid("email", _("That is the address we write to already."))
    _spend(person, key, network, now)
    db.session.execute(delete(AddressWish).where(AddressWish.person_id == person))
    wish = AddressWish(
        person_id=person, email=typed, email_key=key, keeps_feed=keeps_feed, asked_at=now,
        expires_at=now + PROOF_LIVES,
    )  # fmt: skip
    db.session.add(wish)
    db.session.flush()
    _send_question(row, wish, voice, now)
    if row.suppressed_at is None:
        stop = voice.links.stop_address(wish.id, wish.stop_nonce)
        facts = {"new": masked(typed), "link": stop}
        _write(voice, "address_asked", row, row.email, facts, now=now, expires_at=wish.expires_at)
    audit.note(f"person:{person}", "address.asked", f"person:{person}", now=now, new=masked(typed))


def ask_again(person: int, *, network: str, voice: Voice, now: datetime) -> None:
    """Mail the question once more, with a day to answer it. Raises NotFound without a wish, TooMany."""
    row = held(person)
    wish = _wish_of(person, now)
    _spend(person, wish.email_key, network, now)
    wish.expires_at = now + PROOF_LIVES
    _send_question(row, wish, voice, now)
    audit.note(f"person:{person}", "address.sent_again", f"person:{person}", now=now, new=masked(wish.email))


def take_back(person: int, *, now: datetime) -> None:
    """Forget her wish; doing it twice is doing it once."""
    gone = delete(AddressWish).where(AddressWish.person_id == person).returning(AddressWish.email)
    email = db.session.scalar(gone)
    if email is not None:
        audit.note(f"person:{person}", "address.taken_back", f"person:{person}", now=now, new=masked(email))


def stop(wish: int, stop_nonce: str, *, now: datetime) -> None:
    """Forget a wish that whoever reads the old address never had.

    Somebody else has had her page open then, so every personal link and cookie ends, and she is mailed a new link.
    Raises NotFound for a wish that is gone.
    """
    row = db.session.get(AddressWish, wish)
    if row is None or row.stop_nonce != stop_nonce:
        raise NotFound()
    person = held(row.person_id)
    _forget(row)
    person.link_nonce = nonce()
    db.session.flush()
    send_link(person.id, now)
    audit.note(f"person:{person.id}", "address.stopped", f"person:{person.id}", now=now, new=masked(row.email))


def prove(wish: int, proof: str, *, merge: bool, voice: Voice, now: datetime) -> Proven:
    """Take the new address, in one transaction with all that follows from it.

    Raises NotFound for a link that is used, replaced, taken back or older than a day; IsSomebodyElse where the
    address is another person's here and `merge` does not say that they are one; MergedElsewhere.
    """
    asked = db.session.get(AddressWish, wish)
    if asked is None or asked.nonce != proof or asked.expires_at <= now:
        raise NotFound()
    mine, other = both(asked.person_id, asked.email_key)
    if db.session.get(AddressWish, wish, populate_existing=True) is None or asked.nonce != proof:
        raise NotFound()
    actor = f"person:{mine.id}"
    if other is mine:
        _forget(asked)
        return Proven(mine.id, mine.link_nonce, merged=False)
    into = merged_into(other)
    if merged_into(mine) is not None:
        raise NotFound()
    if other is not None and into is None:
        if not merge:
            raise IsSomebodyElse(
                _("This address has places here already. Say first whether to put the two together.")
            )
        return _join(mine, other, asked, actor, voice, now)
    if into is not None and into != mine.id:
        raise MergedElsewhere(_("This address belongs to somebody else by now. Please write to the organizer."))
    _forget(asked)
    mine.proven_at = now
    change(
        mine, asked.email, asked.email_key, other, keeps_feed=asked.keeps_feed, voice=voice, now=now, can_undo=True
    )  # fmt: skip
    audit.note(actor, "address.changed", actor, now=now, new=masked(asked.email))
    return Proven(mine.id, mine.link_nonce, merged=False)


def undo(former: int, until: str, *, voice: Voice, now: datetime) -> Proven:
    """Put an address back, for whoever reads it, with all that follows from a change; every link of before ends.

    What she was known by after it cannot be put back any more: it may be that of whoever took her page. Raises
    NotFound for a link that is used, overtaken or older than a week, Conflict where it is another person's by now.
    """
    row = db.session.get(FormerAddress, former)
    if row is None or row.until.isoformat() != until or row.until + UNDO_LIVES <= now:
        raise NotFound()
    email, key = row.email, key_of(row.email)
    mine, other = both(row.person_id, key)
    later = delete(FormerAddress).where(FormerAddress.person_id == mine.id, FormerAddress.id >= former)
    gone = db.session.scalars(later.returning(FormerAddress.id)).all()
    if former not in gone or merged_into(mine) is not None:
        raise NotFound()
    if other is not None and merged_into(other) != mine.id:
        raise Conflict(_("This address belongs to somebody else by now. Please write to the organizer."))
    db.session.execute(delete(AddressWish).where(AddressWish.person_id == mine.id))
    mine.proven_at = now
    change(mine, email, key, other, keeps_feed=False, voice=voice, now=now)
    audit.note(f"person:{mine.id}", "address.undone", f"person:{mine.id}", now=now, back=masked(email))
    return Proven(mine.id, mine.link_nonce, merged=False)


def forget_expired(now: datetime) -> None:
    """Take away wishes nobody has proven in time."""
    db.session.execute(delete(AddressWish).where(AddressWish.expires_at <= now))


def _spend(person: int, key: str, network: str, now: datetime) -> None:
    tries = (
        Try("address-person", str(person), PER_PERSON),
        Try("address-to", key, PER_ADDRESS),
        Try("address-network", network, PER_NETWORK),
    )
    allowances.spend_each(tries, window=HOUR, now=now)
    allowances.spend("stranger", key, limit=STRANGER_MAILS_A_DAY, window=24 * HOUR, now=now)


def _wish_of(person: int, now: datetime) -> AddressWish:
    wish = db.session.scalars(
        select(AddressWish).where(AddressWish.person_id == person, AddressWish.expires_at > now).with_for_update()
    ).first()
    if wish is None:
        raise NotFound()
    return wish


def _forget(wish: AddressWish) -> None:
    """Raises NotFound where somebody was quicker."""
    gone = delete(AddressWish).where(AddressWish.id == wish.id, AddressWish.nonce == wish.nonce)
    if db.session.execute(gone.returning(AddressWish.id)).first() is None:
        raise NotFound()
    db.session.expunge(wish)


def _send_question(row: Person, wish: AddressWish, voice: Voice, now: datetime) -> None:
    """To the new address; it says beforehand what will happen, to nobody but whoever reads it."""
    other = select(Person.id).where(Person.email_key == wish.email_key, not_merged())
    known = db.session.scalar(other) is not None
    link = voice.links.address(wish.id, wish.nonce)
    facts = {"link": link, "known": known, "ends_at": wish.expires_at, "zone": row.zone}
    _write(voice, "address_proof", row, wish.email, facts, now=now, expires_at=wish.expires_at)


def _write(
    voice: Voice,
    kind: str,
    row: Person,
    email: str,
    facts: Mapping[str, object],
    *,
    now: datetime,
    expires_at: datetime | None = None,
) -> None:
    # To an address that is not proven her name is not told.
    reader = Reader(email, row.name if email == row.email else "", row.language)
    organizer = address_mail.organizer_of(row.id)
    address_mail.send(voice, kind, reader, organizer, facts, now=now, expires_at=expires_at)


def _join(mine: Person, other: Person, wish: AddressWish, actor: str, voice: Voice, now: datetime) -> Proven:
    """Both addresses are proven: what is hers moves to the person of the new one."""
    _forget(wish)
    keeps = wish.keeps_feed
    places = places_of((mine.id,))
    entries = entries_of(places, now)
    renew_links(places)
    # The usual farewell has a link to her page, which the old mailbox is not to have any more.
    people_merging.merge(other.id, mine.id, actor=actor, now=now, tell_gone=False)
    mine.link_nonce = nonce()
    mine.feed_nonce = mine.feed_nonce if keeps else None
    other.proven_at = now
    db.session.flush()
    if mine.suppressed_at is None:
        former = Reader(mine.email, mine.name, mine.language)
        say_goodbye(former, entries, other.email, address_mail.organizer_of(other.id), voice, now)
    send_link(other.id, now)
    audit.note(actor, "address.changed", f"person:{other.id}", now=now, new=masked(other.email))
    return Proven(other.id, other.link_nonce, merged=True)
