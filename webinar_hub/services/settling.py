"""Where somebody lands once the way is clear: her address is proven, she is approved, she accepts what was offered.

Signing up, leaving and coming back are in `registrations.py`, the line itself in `places.py`.
"""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.models import Cohort, Registration
from webinar_hub.rules.places import State, Step, first_stop
from webinar_hub.services import audit, place_facts, places, registrations
from webinar_hub.services.admission import move_seats


def settle_in(
    row: Registration, *, now: datetime, actor: str = "", approved: bool = False, tell: bool = True
) -> State:
    """Decide from facts where she lands, and write the mail that says so; the caller has locked the registration.

    Her address is taken as proven. Without `approved` she waits where a cohort decides on everybody; then she has a
    seat if there is one, and else a place in line. Raises Conflict where there is neither, or nothing is ahead
    any more, IllegalStep for somebody who is further already.
    """
    cohort = db.session.get_one(Cohort, row.cohort_id)
    place = place_facts.place_in(cohort.public_id, now)
    if place.facts.state != "open" or place.next_session_id is None:
        raise Conflict(_("Nothing of this cohort is ahead any more, so nobody can be given a place in it."))
    stop = first_stop(proves_address=False, needs_approval=place.needs_approval, proven=True, approved=approved)
    state = stop or (State.CONFIRMED if registrations.take_seat(row, place) else _line(cohort, row, now))
    registrations.come_in(row, state, now=now, actor=actor or f"person:{row.person_id}")
    if tell:
        registrations.tell(row, place, now)
    return state


def _line(cohort: Cohort, row: Registration, now: datetime) -> State:
    """Raises Conflict where there is no line; who is in it already stays where she is."""
    if row.state == State.WAITLISTED or not places.can_wait(cohort, now):
        raise Conflict(_("Every seat of this cohort is taken."))
    return State.WAITLISTED


def offered(registration: int, nonce: str) -> Registration:
    """The registration that a link of an offer belongs to, locked. Raises NotFound for every other link."""
    row = db.session.scalars(
        select(Registration).where(Registration.id == registration).with_for_update(key_share=True)
    ).first()
    if row is None or row.nonce != nonce:
        raise NotFound()
    return row


def accept(row: Registration, *, now: datetime) -> bool:
    """Take the seat that is held for her; whether it still was. Accepting twice is accepting once.

    Where her offer has run out it ends here, whether or not the clock has been by, and the next one is asked.
    """
    if row.state == State.CONFIRMED:
        return True
    if row.state != State.OFFERED:
        return False
    actor = f"person:{row.person_id}"
    if row.offer_until is None or row.offer_until <= now:
        _give_on(row, now)
        return False
    cohort = db.session.get_one(Cohort, row.cohort_id)
    place = place_facts.place_in(cohort.public_id, now)
    if place.facts.state != "open" or place.next_session_id is None:
        return False
    registrations.come_in(row, State.CONFIRMED, now=now, actor=actor)
    registrations.tell(row, place, now)
    audit.note(actor, "registration.accepted", f"registration:{row.id}", now=now)
    return True


def _give_on(row: Registration, now: datetime) -> None:
    places.expire(row, now=now)
    db.session.flush()
    move_seats(row.cohort_id, -1)
    places.release(row.cohort_id, now=now)


def decline_offer(row: Registration, *, now: datetime) -> bool:
    """Let the seat go that is held for her, and with it her place on the waitlist; whether there was one to let go.

    It asks no mail of us: the page says it. Whoever has accepted already keeps her place.
    """
    if row.state != State.OFFERED:
        return False
    registrations.leave(row, actor=f"person:{row.person_id}", now=now, tell=False)
    return True


def review_again(row: Registration, now: datetime) -> bool:
    """After an edit: have the organizer decide again where the cohort is set so; whether that is the case.

    Her seat is kept for her meanwhile, and so are her calendar entries; nothing else is sent until it is decided.
    The registration is locked by the caller.
    """
    cohort = db.session.get_one(Cohort, row.cohort_id)
    if row.state != State.CONFIRMED or not (cohort.needs_approval and cohort.approval_again):
        return False
    actor = f"person:{row.person_id}"
    places.go(row, Step.REVIEW, State.PENDING, now=now, actor=actor)
    db.session.flush()
    registrations.tell(row, place_facts.place_in(cohort.public_id, now), now)
    audit.note(actor, "registration.reviewed", f"registration:{row.id}", now=now)
    return True
