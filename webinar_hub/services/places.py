"""Seats and the line for them: the steps of a registration, and who is offered a seat that is free.

Whoever changes a registration and its cohort takes the registration first. Who comes from the cohort's side ("a
seat is free: who is next?") passes over registrations that somebody is changing at this very moment, so no two wait
for each other; the clock looks again for whom that left out. One lock, the cohort's row, orders all who offer.
"""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import delete, func, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict
from webinar_hub.core.language import gettext as _
from webinar_hub.core.log import get_logger
from webinar_hub.models import Cohort, Delivery, Registration, Session
from webinar_hub.models.registration import IS_OFFERED, IS_WAITING
from webinar_hub.rules.places import LAST_OFFER, IllegalStep, State, Step, following, offer_end
from webinar_hub.services import audit, outbox
from webinar_hub.services.admission import move_seats

log = get_logger("places")

IN_LINE = (Registration.waiting_rank, Registration.waiting_since, Registration.id)
"""The order in which seats are offered: an organizer's wish first, then who has waited longest."""
AT_ONCE = 200
"""Offers made, or ended, in one transaction; the clock comes back for the rest."""

INTO_A_PLACE = {
    State.UNPROVEN: Step.PROVE,
    State.PENDING: Step.APPROVE,
    State.WAITLISTED: Step.APPROVE,
    State.OFFERED: Step.ACCEPT,
    State.DECLINED: Step.APPROVE,
    State.CANCELLED: Step.RETURN,
}
"""The step that leads from where somebody stands to a place, when everything speaks for it."""


def go(row: Registration, step: Step, wanted: State, *, now: datetime, actor: str = "system") -> None:
    """Take one step, with all that belongs to where it leads. Raises IllegalStep, which is logged."""
    try:
        state = following(State(row.state), step, wanted)
    except IllegalStep as refused:
        refused.subject, refused.actor = f"registration:{row.id}", actor
        log.warning("illegal step", registration=row.id, state=row.state, step=step.value, by=actor)
        raise
    row.state = state.value
    if state is not State.UNPROVEN:
        # Whoever is only asked again had a place before, and is left as she was if she does not answer.
        row.cancelled_at = now if state is State.CANCELLED else None
    row.seat_kept = step is Step.REVIEW
    row.offer_until = None
    if state is State.WAITLISTED:
        row.waiting_since = row.waiting_since or now
    elif state is not State.OFFERED:
        row.waiting_since, row.waiting_rank = None, 0


def _next_in_line(cohort: int, most: int) -> Sequence[Registration]:
    """Those who are next, locked; whoever leaves at this moment is passed over."""
    return db.session.scalars(
        select(Registration)
        .where(Registration.cohort_id == cohort, IS_WAITING)
        .order_by(*IN_LINE)
        .limit(most)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()


def release(cohort: int, *, now: datetime) -> int:
    """Offer the free seats of a cohort to those who are next in line, and hold them; how many offers that were."""
    if not _anybody(cohort):
        return 0
    row = hold(cohort)
    free = _free(row)
    until = last_moment(row, now)
    if until is None or free <= 0:
        return 0
    next_ones = _next_in_line(cohort, free)
    for one in next_ones:
        offer(one, until, now=now)
    db.session.flush()
    if next_ones:
        move_seats(cohort, len(next_ones))
    return len(next_ones)


def offer(row: Registration, until: datetime, *, now: datetime, actor: str = "system") -> None:
    """Offer a seat, which the caller has taken or takes; the mail has the links to accept and to decline."""
    go(row, Step.OFFER, State.OFFERED, now=now, actor=actor)
    row.offer_until = until
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind == "waitlisted")
    key = f"registration:{row.id}:offer:{int(until.timestamp())}"
    outbox.enqueue(key, "offer", row.id, now=now, expires_at=until)
    audit.note(actor, "registration.offered", f"registration:{row.id}", now=now, until=until.isoformat())


def turn(cohort: int, *, now: datetime) -> int:
    """What is due in one cohort's line: offers that ran out end, free seats are offered, one without hope closes.

    How many registrations took a step. The clock calls it, each cohort a transaction of its own.
    """
    row = hold(cohort)
    ended = _end_offers(cohort, now)
    if last_moment(row, now) is not None:
        return ended + release(cohort, now=now)
    return ended + (_close(cohort, now) if row.state == "open" and _last_has_begun(cohort, now) else 0)


def _last_has_begun(cohort: int, now: datetime) -> bool:
    """Whether the last chance is at hand; not where all dates are called off, which may be taken back."""
    starts = select(func.max(Session.starts_at)).where(Session.cohort_id == cohort, Session.state == "scheduled")
    last = db.session.scalar(starts)
    return last is not None and last - now < LAST_OFFER


def _end_offers(cohort: int, now: datetime) -> int:
    """End the offers that ran out: each of these seats is free again."""
    over = db.session.scalars(
        select(Registration)
        .where(
            Registration.cohort_id == cohort,
            IS_OFFERED,
            Registration.offer_until <= now,
        )
        .order_by(Registration.offer_until, Registration.id)
        .limit(AT_ONCE)
        .with_for_update(skip_locked=True, key_share=True)
        .execution_options(populate_existing=True)
    ).all()
    for one in over:
        expire(one, now=now)
    db.session.flush()
    if over:
        move_seats(cohort, -len(over))
    return len(over)


def expire(row: Registration, *, now: datetime) -> None:
    """End one offer, and say so; its seat is for the caller to give back."""
    go(row, Step.EXPIRE, State.CANCELLED, now=now)
    row.revision += 1
    outbox.cancel(Delivery.registration_id == row.id, Delivery.kind == "offer")
    outbox.enqueue(f"registration:{row.id}:offer_over:{row.revision}", "offer_over", row.id, now=now)
    audit.note("system", "registration.offer_ran_out", f"registration:{row.id}", now=now)


def _close(cohort: int, now: datetime) -> int:
    """Tell those who are still on the waitlist that no seat came free in time, and let them go."""
    left = _next_in_line(cohort, AT_ONCE)
    for one in left:
        go(one, Step.CANCEL, State.CANCELLED, now=now)
        one.revision += 1
        outbox.cancel(Delivery.registration_id == one.id, Delivery.kind == "waitlisted")
        outbox.enqueue(f"registration:{one.id}:waitlist_over:{one.revision}", "waitlist_over", one.id, now=now)
    if left:
        audit.note("system", "waitlist.closed", f"cohort:{cohort}", now=now, people=len(left))
    db.session.flush()
    return len(left)


def share_out(cohort: int, came: Sequence[int], *, now: datetime) -> None:
    """More came in than there are seats: who came first has one, the others wait.

    `came` are registrations written in this transaction as if each had a seat; nobody has seen them yet. Raises
    Conflict where nobody can wait.
    """
    row = hold(cohort)
    # There may be more seats than people by now: somebody has raised the number meanwhile.
    free = min(len(came), max(0, _free(row)))
    if not can_wait(row, now):
        raise Conflict(_("This cohort is full."))
    if free:
        move_seats(cohort, free)
    late = list(came[free:])
    db.session.execute(
        update(Registration)
        .where(Registration.id.in_(late))
        .values(state=State.WAITLISTED.value, waiting_since=now)
        .execution_options(synchronize_session=False)
    )
    said = (Delivery.registration_id.in_(late), Delivery.kind == "confirmation", Delivery.state == "queued")
    db.session.execute(delete(Delivery).where(*said).execution_options(synchronize_session=False))
    for one in late:
        outbox.enqueue(f"registration:{one}:waitlisted:{int(now.timestamp())}", "waitlisted", one, now=now)


def can_wait(cohort: Cohort, now: datetime) -> bool:
    """Whether somebody new may join the waitlist, and could still be offered a seat."""
    return cohort.has_waitlist and last_moment(cohort, now) is not None


def hold(cohort: int) -> Cohort:
    """The cohort's row as it is now, locked: whoever gives seats away does it one after the other.

    But not against those who only point to it: each registration that is being written does, and would wait for us
    while we wait for it.
    """
    row = select(Cohort).where(Cohort.id == cohort).with_for_update(key_share=True)
    return db.session.scalars(row.execution_options(populate_existing=True)).one()


def last_moment(cohort: Cohort, now: datetime) -> datetime | None:
    """Until when a seat offered now would be held; None where none can be offered any more."""
    if cohort.state != "open" or cohort.archived_at is not None:
        return None
    starts = select(Session.starts_at).where(Session.cohort_id == cohort.id, Session.state == "scheduled")
    return offer_end(db.session.scalars(starts).all(), cohort.offer_minutes, now)


def _free(cohort: Cohort) -> int:
    return AT_ONCE if cohort.capacity is None else min(AT_ONCE, cohort.capacity - cohort.seats_taken)


def _anybody(cohort: int) -> bool:
    waiting = select(Registration.id).where(Registration.cohort_id == cohort, IS_WAITING)
    # In its order, which is that of the index of those who wait.
    return db.session.scalar(waiting.order_by(*IN_LINE).limit(1)) is not None
