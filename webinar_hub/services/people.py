"""What the registration desk does with one person: adds her, moves her, cancels her place, notes and tags.

Whoever changes a person, her registrations and her cohorts takes them in this order, as everywhere.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from flask import current_app
from sqlalchemy import delete, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import nonce, public_id
from webinar_hub.models import Cohort, Person, PersonNote, PersonTag, Registration
from webinar_hub.rules.erased import asked_about, erased
from webinar_hub.rules.people import clean_tag
from webinar_hub.rules.places import GONE, State
from webinar_hub.rules.registration import email_key
from webinar_hub.rules.zones import UnknownZone, zone
from webinar_hub.services import answers, audit, place_facts, registrations
from webinar_hub.services.admission import move_seats

NOT_OPEN = {
    "draft": "This cohort is a draft that nobody can see. Publish it first, and then try again.",
    "cancelled": "This cohort was cancelled, so nobody can be given a place in it.",
    "archived": "This cohort has been put away. Bring it back in its details first, and then try again.",
}
FULL = (
    "Every seat of this cohort is taken. Raise the number of seats in its details, or cancel a place, and then try "
    "again."
)


@dataclass(frozen=True, slots=True)
class Added:
    """Who is to be added; `zone` "" means the cohort's."""

    name: str
    email: str
    profession: str
    zone: str


def add(cohort: str, added: Added, *, tell: bool, actor: str, now: datetime) -> int:
    """Give somebody a place in the cohort with this key, whether sign-up is open or not; her id.

    Of a person who is known already name, profession and zone stay. Without `tell` she is not mailed now.
    Raises Invalid for an impossible address or zone, Conflict where she has a place, or there is none.
    """
    row = _cohort(cohort)
    demand_open(row)
    place = place_facts.place_in(row.public_id, now)
    person = _person(added, place.zone, now)
    registration = _locked_place(person, row.id)
    if registration is not None and registration.state == "confirmed":
        raise Conflict("She has a place in this cohort already. Nothing was changed.")
    take_place(row, person, registration, place=place, tell=tell, actor=actor, now=now)
    return person


def take_place(
    cohort: Cohort,
    person: int,
    registration: Registration | None,
    *,
    place: place_facts.Place,
    tell: bool,
    actor: str,
    now: datetime,
) -> Registration:
    """Give a person a seat: a new registration, or the one she has, from wherever it stands.

    Raises Conflict where there is none.
    """
    demand_open(cohort)
    if not (move_seats(cohort.id, +1) if registration is None else registrations.take_seat(registration, place)):
        raise Conflict(FULL)
    if registration is None:
        values = {
            "public_id": public_id(), "person_id": person, "cohort_id": cohort.id, "state": "confirmed",
            "registered_at": now, "revision": 0, "nonce": nonce(),
        }  # fmt: skip
        registration = Registration(**values)
        db.session.add(registration)
        db.session.flush()
    else:
        registrations.come_in(registration, State.CONFIRMED, now=now, actor=actor)
    if tell and place.next_session_id is not None:
        registrations.confirm(registration.id, registration.revision, place, now)
    audit.note(
        actor, "registration.added", f"registration:{registration.id}", now=now, cohort=cohort.key, told=tell
    )  # fmt: skip
    return registration


def demand_open(cohort: Cohort) -> None:
    """Raises Conflict, saying what to do first, for a cohort in which nobody can be given a place by hand."""
    why = NOT_OPEN.get(cohort.state) or (NOT_OPEN["archived"] if cohort.archived_at is not None else "")
    if why:
        raise Conflict(why)


def cancel_place(registration: int, *, tell: bool, actor: str, now: datetime) -> None:
    """Cancel her place. Raises NotFound, and Conflict once nothing is ahead that she could leave."""
    row = _locked(registration)
    if row.state in GONE:
        raise Conflict("Her place is cancelled already.")
    if row.state == State.CONFIRMED and place_facts.next_session(row.cohort_id, now) is None:
        raise Conflict(
            "No session of this cohort is ahead, so no seat can be given back; what she attended stays on record."
        )
    registrations.leave(row, actor=actor, now=now, tell=tell)


def move(registration: int, to: str, *, tell: bool, actor: str, now: datetime) -> None:
    """Give her a place in the cohort with the key `to` instead.

    Two mails of the usual kinds keep her calendar right: one takes the old sessions out of it, the other brings
    the new ones. Where the old cohort has nothing ahead, her place there stays on record. Raises NotFound,
    Conflict where she has a place there or none is left.
    """
    row = _locked(registration)
    if row.state in GONE:
        raise Conflict("Her place is cancelled, so there is none to move. Add her to the other cohort instead.")
    target = _cohort(to)
    if target.id == row.cohort_id:
        raise Conflict("That is the cohort she is in. Choose another one.")
    demand_open(target)
    _hold_cohorts((row.cohort_id, target.id))
    there = _locked_place(row.person_id, target.id)
    if there is not None and there.state == "confirmed":
        raise Conflict(f"She has a place in {target.title} already. Cancel this one instead.")
    if row.state != State.CONFIRMED or place_facts.next_session(row.cohort_id, now) is not None:
        registrations.leave(row, actor=actor, now=now, tell=tell)
    place = place_facts.place_in(target.public_id, now)
    new = take_place(target, row.person_id, there, place=place, tell=tell, actor=actor, now=now)
    # Whoever does not want reminders does not want those of the other cohort either.
    new.reminders_off_at, new.bonuses_off_at = row.reminders_off_at, row.bonuses_off_at
    answers.bring_over(row, new)
    audit.note(
        actor, "registration.moved", f"registration:{row.id}", now=now, to=f"registration:{new.id}", cohort=to
    )  # fmt: skip


def note(person: int, text: str, *, author: str, actor: str, now: datetime) -> None:
    """Write something down about her. Raises Invalid for nothing or too much."""
    words = text.replace("\r\n", "\n").strip()
    if not words:
        raise Invalid("text", "Write the note first.")
    if len(words) > 4000:
        raise Invalid("text", "A note can have at most 4,000 characters.")
    db.session.add(PersonNote(person_id=person, author=author, text=words, written_at=now))
    audit.note(actor, "person.noted", f"person:{person}", now=now)


def tag(person: int, word: str, *, actor: str, now: datetime) -> None:
    """Put a word on her; the same word twice is once. Raises Invalid."""
    clean = tag_word(word)
    values = {"person_id": person, "word": clean, "added_at": now}
    if insert_new(PersonTag, values, "id") is not None:
        audit.note(actor, "person.tagged", f"person:{person}", now=now)


def tag_word(typed: str) -> str:
    """The tag as it is kept. Raises Invalid."""
    try:
        return clean_tag(typed)
    except ValueError as error:
        raise Invalid("word", str(error)) from error


def untag(person: int, word: str, *, actor: str, now: datetime) -> None:
    """Take a word from her."""
    gone = delete(PersonTag).where(PersonTag.person_id == person, PersonTag.word == word).returning(PersonTag.id)
    if db.session.execute(gone).first() is not None:
        audit.note(actor, "person.untagged", f"person:{person}", now=now)


def _person(added: Added, home_zone: str, now: datetime) -> int:
    try:
        key = email_key(added.email)
        wanted = zone(added.zone or home_zone).key
    except UnknownZone as error:
        raise Invalid("zone", str(error)) from error
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    values = {
        "email": added.email, "email_key": key, "name": added.name, "profession": added.profession,
        "zone": wanted, "language": "en", "created_at": now, "link_nonce": nonce(),
        "search": search_text(added.name, added.email),
    }  # fmt: skip
    new = insert_new(Person, values, "id")
    if new is None:
        return db.session.scalars(select(Person.id).where(Person.email_key == key)).one()
    _demand_that_she_may_come_back(key)
    return int(new.id)


def _demand_that_she_may_come_back(key: str) -> None:
    """Raises Conflict for an address whose owner asked to be deleted: only she herself brings it back."""
    asked, owners = asked_about(current_app.extensions["tokens"], [key])
    for since in erased(db.session.execute(asked), owners).values():
        raise Conflict(
            f"She asked on {since:%Y-%m-%d} for her data to be deleted, so nobody adds her again. She can sign up "
            "by herself on the webinar's page. Nothing was changed."
        )


def _cohort(key: str) -> Cohort:
    row = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if row is None:
        raise NotFound("There is no such cohort.")
    return row


def _hold_cohorts(ids: Collection[int]) -> None:
    """In the order of their ids, or two moves in opposite directions could wait for each other."""
    db.session.execute(select(Cohort.id).where(Cohort.id.in_(ids)).order_by(Cohort.id).with_for_update()).all()


def _locked(registration: int) -> Registration:
    row = db.session.scalars(
        select(Registration).where(Registration.id == registration).with_for_update(key_share=True)
    ).first()
    if row is None:
        raise NotFound()
    return row


def _locked_place(person: int, cohort: int) -> Registration | None:
    return db.session.scalars(
        select(Registration)
        .where(Registration.person_id == person, Registration.cohort_id == cohort)
        .with_for_update(key_share=True)
    ).first()
