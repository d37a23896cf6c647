"""Keeps sign-ups from filling the mailbox of somebody who never asked: so many mails a day until she answers one."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Person, Registration
from webinar_hub.rules.gate import UNPROVEN_MAILS_A_DAY

# What anybody can cause by typing an address into a form of ours.
CAUSED = ("confirmation", "prove", "my_link")
DAY = timedelta(days=1)


def is_full(person: int, now: datetime) -> bool:
    """Whether sign-ups have mailed her enough for a day; never once she has shown that the address is hers."""
    sent = (
        select(func.count(Delivery.id))
        .join(Registration, Registration.id == Delivery.registration_id)
        .where(
            Registration.person_id == Person.id,
            Delivery.kind.in_(CAUSED),
            Delivery.created_at > now - DAY,
            Delivery.state != "cancelled",
        )
        .scalar_subquery()
    )
    full = select(Person.id).where(Person.id == person, Person.proven_at.is_(None), sent >= UNPROVEN_MAILS_A_DAY)
    return db.session.scalar(full) is not None
