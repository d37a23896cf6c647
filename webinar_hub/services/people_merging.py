"""One woman with two addresses becomes one person.

What she did moves to the person who is kept. Mails stay with the address they were sent to, and so does that
address's row: her old links and her old calendar subscription lead on to the person who is kept (`queries/me.py`).
A place with sessions ahead is moved as an address is changed (FEATURES A7): the old address is sent the mail that
takes the sessions out of its calendar, the kept one the invites.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import delete, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    Consent,
    CreditDetails,
    Download,
    Erasure,
    MergedPerson,
    Person,
    PersonNote,
    PersonTag,
    Registration,
    Task,
)
from webinar_hub.rules.places import HOPES, State, Step
from webinar_hub.services import answers, audit, erasures, people, place_facts, places, registrations
from webinar_hub.services.admission import move_seats

EVIDENCE = (AttendanceSegment, Download, Task)
MAY_TAKE_OVER = (State.UNPROVEN, State.PENDING, State.WAITLISTED, State.CANCELLED)
"""Where she may stand to have the seat that is kept for the other address while it is looked at again."""


def merge(kept: int, gone: int, *, actor: str, now: datetime, tell_gone: bool = True) -> None:
    """Make `gone` part of `kept`; without `tell_gone` the caller clears the calendar of the address that goes.

    Raises NotFound, Conflict for one and the same, one merged before, or one who asked to be deleted.
    """
    if kept == gone:
        raise Conflict("That is one and the same person. Choose the other one.")
    held = db.session.scalars(
        select(Person).where(Person.id.in_((kept, gone))).order_by(Person.id).with_for_update()
    ).all()
    if len(held) < 2:
        raise NotFound()
    merged = select(MergedPerson.person_id).where(MergedPerson.person_id.in_((kept, gone)))
    if db.session.scalars(merged).first() is not None:
        raise Conflict("One of the two has been merged before. Open the person who was kept, and merge with her.")
    wish = select(Erasure.id).where(Erasure.person_id.in_((kept, gone)), Erasure.state.in_(erasures.OPEN))
    if db.session.scalars(wish).first() is not None:
        raise Conflict("One of the two has asked to be deleted. Wait until that is done or taken back, then merge.")
    places = db.session.scalars(
        select(Registration)
        .where(Registration.person_id.in_((kept, gone)))
        .order_by(Registration.id)
        .with_for_update(key_share=True)
    ).all()
    hers = {place.cohort_id: place for place in places if place.person_id == kept}
    for place in [place for place in places if place.person_id == gone]:
        _bring_over(place, hers.get(place.cohort_id), kept, actor, now, tell_gone)
    _records(kept, gone)
    db.session.add(MergedPerson(person_id=gone, into_id=kept, merged_at=now))
    audit.note(actor, "person.merged", f"person:{kept}", now=now, gone=f"person:{gone}")


def _bring_over(
    place: Registration, hers: Registration | None, kept: int, actor: str, now: datetime, tell_gone: bool
) -> None:
    """One place of the address that goes; `hers` is the kept person's in the same cohort, where she has one."""
    is_ahead = place.state == "confirmed" and place_facts.next_session(place.cohort_id, now) is not None
    if hers is None and not is_ahead:
        place.person_id = kept
        db.session.flush()
        return
    since = place.registered_at
    if hers is not None and place.state in HOPES:
        _in_her_line(place, hers, actor, now)
    if is_ahead:
        # Her own seat: it is not offered to whoever is next on the waitlist.
        registrations.leave(place, actor=actor, now=now, tell=tell_gone, hand_on=True)
        hers = _taken(place, hers, kept, actor, now)
    assert hers is not None  # noqa: S101  not ahead and none of hers was answered above
    _evidence(place, hers)
    answers.bring_over(place, hers)
    hers.registered_at = min(hers.registered_at, since)
    hers.reminders_off_at = hers.reminders_off_at or place.reminders_off_at
    hers.bonuses_off_at = hers.bonuses_off_at or place.bonuses_off_at
    if place.state == "confirmed":
        _count_once(place, hers, now)
    db.session.flush()


def _in_her_line(place: Registration, hers: Registration, actor: str, now: datetime) -> None:
    """What the address that goes waited for, the kept one waits for, as long, unless she is further herself."""
    kept = place.seat_kept and not hers.seat_kept and hers.state in MAY_TAKE_OVER
    if kept and hers.state in (State.UNPROVEN, State.WAITLISTED):
        places.go(hers, Step.CANCEL, State.CANCELLED, now=now, actor=actor)
    if hers.state == State.CANCELLED and place.state != State.UNPROVEN:
        waits = State.WAITLISTED if place.state == State.OFFERED else State(place.state)
        places.go(hers, Step.RETURN, waits, now=now, actor=actor)
        if waits is State.WAITLISTED:
            hers.waiting_since, hers.waiting_rank = place.waiting_since, place.waiting_rank
        db.session.flush()
    # A seat that was held for that address is offered again: to her, if she is the next.
    registrations.leave(place, actor=actor, now=now, tell=False, hand_on=kept)
    if kept:
        hers.seat_kept = move_seats(place.cohort_id, +1)
        db.session.flush()


def _taken(place: Registration, hers: Registration | None, kept: int, actor: str, now: datetime) -> Registration:
    """The seat that was just given back, for the kept person; the one she has where she has one."""
    if hers is not None and hers.state == "confirmed":
        places.release(place.cohort_id, now=now)
        return hers
    cohort = db.session.get_one(Cohort, place.cohort_id)
    facts = place_facts.place_in(cohort.public_id, now)
    return people.take_place(cohort, kept, hers, place=facts, tell=True, actor=actor, now=now)


def _evidence(place: Registration, hers: Registration) -> None:
    for model in EVIDENCE:
        moved: Any = update(model).where(model.registration_id == place.id)
        db.session.execute(moved.values(registration_id=hers.id), execution_options={"synchronize_session": False})


def _count_once(place: Registration, hers: Registration, now: datetime) -> None:
    """Two places in a cohort that is over are one woman: the kept one's counts."""
    if hers.state != State.CONFIRMED:
        if hers.state == State.OFFERED or hers.seat_kept:
            move_seats(place.cohort_id, -1)
        places.go(hers, places.INTO_A_PLACE[State(hers.state)], State.CONFIRMED, now=now)
    else:
        move_seats(place.cohort_id, -1)
    places.go(place, Step.CANCEL, State.CANCELLED, now=now)


def _records(kept: int, gone: int) -> None:
    """Consents, notes and tags; those she had as well are not doubled."""
    for model in (Consent, PersonNote):
        of_gone: Any = update(model).where(model.person_id == gone)
        db.session.execute(of_gone.values(person_id=kept), execution_options={"synchronize_session": False})
    if db.session.get(CreditDetails, kept) is None:
        details = update(CreditDetails).where(CreditDetails.person_id == gone).values(person_id=kept)
        db.session.execute(details, execution_options={"synchronize_session": False})
    has = select(PersonTag.word).where(PersonTag.person_id == kept)
    new = update(PersonTag).where(PersonTag.person_id == gone, PersonTag.word.not_in(has))
    db.session.execute(new.values(person_id=kept), execution_options={"synchronize_session": False})
    db.session.execute(delete(PersonTag).where(PersonTag.person_id == gone))
    # Whoever was merged into the one that goes now leads on to the one that stays.
    chain = update(MergedPerson).where(MergedPerson.into_id == gone).values(into_id=kept)
    db.session.execute(chain, execution_options={"synchronize_session": False})
