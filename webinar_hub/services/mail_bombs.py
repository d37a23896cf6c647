"""Keeps sign-ups from filling the mailbox of somebody who never asked: so many mails a day until she acts."""

from datetime import datetime, timedelta

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Person, Registration
from webinar_hub.rules.protection import UNPROVEN_MAILS_A_DAY
from webinar_hub.services import outbox

# What anybody can cause by typing an address into a form of ours.
CAUSED = ("confirmation", "applied", "waitlisted", "prove", "my_link")
DAY = timedelta(days=1)


def is_full(person: int, now: datetime, *, more: int = 0) -> bool:
    """Whether sign-ups have mailed her enough for a day; never once she has shown that the address is hers.

    `more` are those that are just being written.
    """
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
    full = select(Person.id).where(
        Person.id == person, Person.proven_at.is_(None), sent >= UNPROVEN_MAILS_A_DAY + more
    )
    return db.session.scalar(full) is not None


def hold_back(person: int, registration: int | None, now: datetime) -> None:
    """Take back the mail that a sign-up has just written for a full mailbox; the place itself stays.

    Any mail that came before opens her page, where the place stands.
    """
    # The one that was just written counts, too.
    if is_full(person, now, more=1):
        outbox.cancel(Delivery.registration_id == registration, Delivery.kind.in_(CAUSED))
