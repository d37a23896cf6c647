"""What an organizer decides: who gets a place, who does not and why, who is next in line (FEATURES A5, A6)."""

from collections.abc import Callable, Collection
from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Delivery, Registration
from webinar_hub.models.registration import IS_WAITING
from webinar_hub.rules.places import State, Step, holds_seat
from webinar_hub.services import audit, outbox, places, registrations
from webinar_hub.services.admission import move_seats
from webinar_hub.services.settling import settle_in

LONGEST_REASON = 500
MOST_AT_ONCE = 500
LATE = (
    "Less than 15 minutes are left before the last session, so no seat can be offered any more. Let her in instead."
)


def approve(registration: int, *, actor: str, now: datetime) -> State:
    """Give her a place, or, where every seat is taken, one on the waitlist; where she landed.

    Somebody in line is let in past the others. Approving twice is approving once. Raises Conflict where there
    is neither seat nor line.
    """
    row = _locked(registration)
    if row.state == State.CONFIRMED:
        return State.CONFIRMED
    if row.state not in (State.PENDING, State.WAITLISTED, State.DECLINED):
        places.go(row, Step.APPROVE, State.CONFIRMED, now=now, actor=actor)
    state = settle_in(row, now=now, actor=actor, approved=True)
    audit.note(actor, "registration.approved", f"registration:{row.id}", now=now, landed=state.value)
    return state


def decline(registration: int, reason: str, *, actor: str, now: datetime) -> None:
    """Say no, with a reason that she is told; "" gives none. A seat that was kept for her is offered to the next.

    Raises Invalid for a reason that is too long, IllegalStep for somebody who has a place.
    """
    words = " ".join(reason.split())
    if len(words) > LONGEST_REASON:
        raise Invalid("reason", f"A reason can have at most {LONGEST_REASON} characters.")
    row = _locked(registration)
    if row.state == State.DECLINED:
        return
    seat = holds_seat(row.state, kept=row.seat_kept)
    places.go(row, Step.DECLINE, State.DECLINED, now=now, actor=actor)
    row.reason = words
    row.revision += 1
    db.session.flush()
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind != "my_link")
    outbox.enqueue(f"registration:{row.id}:declined:{row.revision}", "declined", row.id, now=now)
    audit.note(actor, "registration.declined", f"registration:{row.id}", now=now, with_reason=bool(words))
    if seat:
        move_seats(row.cohort_id, -1)
        places.release(row.cohort_id, now=now)


def approve_all(cohort: int, chosen: Collection[int], *, actor: str, now: datetime) -> tuple[int, int]:
    """Approve these of a cohort's people, first come first served; how many have a seat, how many wait in line.

    All or none: raises Conflict where there are fewer seats than people, and no line.
    """
    landed = [approve(one, actor=actor, now=now) for one in _waiting(cohort, chosen)]
    return landed.count(State.CONFIRMED), landed.count(State.WAITLISTED)


def decline_all(cohort: int, chosen: Collection[int], reason: str, *, actor: str, now: datetime) -> int:
    """Decline these of a cohort's people with one reason; how many."""
    return _each(_waiting(cohort, chosen), lambda one: decline(one, reason, actor=actor, now=now))


def _waiting(cohort: int, chosen: Collection[int]) -> list[int]:
    """Those of the chosen who still wait for a decision: somebody else may have decided meanwhile.

    All are locked at once, in one order: nobody who holds one of them waits for the cohort's row that we take then.
    """
    if len(chosen) > MOST_AT_ONCE:
        raise Conflict(f"Choose at most {MOST_AT_ONCE} people at once. Nothing was changed.")
    rows = db.session.execute(
        select(Registration.registered_at, Registration.id)
        .where(
            Registration.cohort_id == cohort,
            Registration.id.in_(chosen),
            Registration.state == State.PENDING.value,
        )
        .order_by(Registration.id)
        .with_for_update(key_share=True)
    ).all()
    return [row.id for row in sorted(rows, key=lambda row: (row.registered_at, row.id))]


def _each(ids: Collection[int], change: Callable[[int], None]) -> int:
    for one in ids:
        change(one)
    return len(ids)


def to_front(registration: int, *, actor: str, now: datetime) -> None:
    """Have her be the next on the waitlist. Raises Conflict for somebody who is not on it."""
    row = _in_line(registration)
    first = select(func.min(Registration.waiting_rank)).where(
        Registration.cohort_id == row.cohort_id,
        IS_WAITING,
        Registration.id != row.id,
    )
    row.waiting_rank = min(0, db.session.scalar(first) or 0) - 1
    audit.note(actor, "registration.moved_to_front", f"registration:{row.id}", now=now)


def back_in_line(registration: int, *, actor: str, now: datetime) -> None:
    """Take a move to the front back: she is where her time on the waitlist puts her. Raises Conflict."""
    row = _in_line(registration)
    row.waiting_rank = 0
    audit.note(actor, "registration.moved_back", f"registration:{row.id}", now=now)


def offer_now(registration: int, *, actor: str, now: datetime) -> datetime:
    """Offer her a free seat, past those before her; until when it is held. Raises Conflict without one."""
    row = _in_line(registration)
    cohort = places.hold(row.cohort_id)
    until = places.last_moment(cohort, now)
    if until is None:
        raise Conflict(
            LATE if cohort.state == "open" else "This cohort is not open, so no seat can be offered in it."
        )
    if not move_seats(cohort.id, +1):
        raise Conflict("Every seat is taken or held. Raise the number of seats first, or let her in past them all.")
    places.offer(row, until, now=now, actor=actor)
    return until


def take_back(registration: int, *, actor: str, now: datetime) -> None:
    """Take an offer back: the next on the waitlist is offered the seat, and she waits where she waited.

    Raises IllegalStep for somebody who has answered, Conflict where nobody else waits.
    """
    row = _locked(registration)
    cohort = row.cohort_id
    # Not before the others are asked: she would be offered the very seat again.
    if row.state == State.OFFERED:
        move_seats(cohort, -1)
        if not places.release(cohort, now=now):
            raise Conflict("Nobody else can be offered this seat. Take her off the waitlist instead.")
    places.go(row, Step.TAKE_BACK, State.WAITLISTED, now=now, actor=actor)
    db.session.flush()
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind == "offer")
    audit.note(actor, "registration.offer_taken_back", f"registration:{row.id}", now=now)


def remove(registration: int, *, actor: str, now: datetime) -> None:
    """Take her off the waitlist, and tell her. Raises Conflict for somebody who is not on it."""
    row = _locked(registration)
    if row.state not in (State.WAITLISTED, State.OFFERED):
        raise Conflict("She is not on the waitlist any more. Load the page again.")
    registrations.leave(row, actor=actor, now=now)


def _in_line(registration: int) -> Registration:
    row = _locked(registration)
    if row.state != State.WAITLISTED:
        raise Conflict("She is not on the waitlist any more. Load the page again.")
    return row


def _locked(registration: int) -> Registration:
    row = db.session.scalars(
        select(Registration)
        .where(Registration.id == registration)
        .with_for_update(key_share=True)
        .execution_options(populate_existing=True)
    ).first()
    if row is None:
        raise NotFound()
    return row
