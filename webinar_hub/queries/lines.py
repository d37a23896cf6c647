"""The waitlists: who stands where, and what is due in them."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import func, or_, select, union

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Registration, Session
from webinar_hub.models.registration import IS_OFFERED, IS_WAITING
from webinar_hub.rules.places import LAST_OFFER


def positions(registrations: Collection[int]) -> dict[int, int]:
    """The number of each of these in her line, from 1 on, by registration; who is in none is left out.

    One statement; it reads the lines these are in.
    """
    theirs = select(Registration.cohort_id).where(IS_WAITING, Registration.id.in_(registrations))
    order = (Registration.waiting_rank, Registration.waiting_since, Registration.id)
    number = func.row_number().over(partition_by=Registration.cohort_id, order_by=order).label("number")
    line = select(Registration.id, number).where(IS_WAITING, Registration.cohort_id.in_(theirs)).subquery()
    rows = db.session.execute(select(line.c.id, line.c.number).where(line.c.id.in_(registrations)))
    return {registration: place for registration, place in rows}


def next_end() -> datetime | None:
    """When the next offer runs out; None while none is out."""
    found: datetime | None = db.session.scalar(select(func.min(Registration.offer_until)).where(IS_OFFERED))
    return found


def due(now: datetime) -> list[int]:
    """The ids of cohorts in whose lines something is to be done: an offer ended, a seat is free, hope is over."""
    over = select(Registration.cohort_id).where(IS_OFFERED, Registration.offer_until <= now)
    free = or_(Cohort.capacity.is_(None), Cohort.seats_taken < Cohort.capacity)
    to_do = _of_sessions(Session.starts_at >= now + LAST_OFFER) & free
    # A line ends with the last chance in it, not where every date is called off: that may be taken back.
    closes = ~_of_sessions(Session.starts_at >= now + LAST_OFFER) & _of_sessions(
        Session.starts_at < now + LAST_OFFER, Session.ends_at > now
    )
    waiting: Any = (
        select(Registration.cohort_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(IS_WAITING, Cohort.state == "open", Cohort.archived_at.is_(None), or_(to_do, closes))
    )
    return sorted(db.session.scalars(union(over, waiting)))


def _of_sessions(*conditions: Any) -> Any:
    return (
        select(Session.id)
        .where(Session.cohort_id == Cohort.id, Session.state == "scheduled", *conditions)
        .correlate(Cohort)
        .exists()
    )
