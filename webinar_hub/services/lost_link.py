"""Sends a person her link again; the answer to whoever asks never tells whether she exists (A20)."""

from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, TooMany
from webinar_hub.models import Person, Registration
from webinar_hub.rules.registration import email_key
from webinar_hub.services import allowances, outbox

HOUR = timedelta(hours=1)
PER_ADDRESS = 3
PER_NETWORK = 60


def send(email: str, *, network: str, now: datetime) -> None:
    """Put her link into the outbox if she is known and has not asked three times this hour already.

    Raises Invalid for what is no address and TooMany for a network that asks for many; both say nothing about
    anybody.
    """
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    allowances.spend("lost-link-network", network, limit=PER_NETWORK, window=HOUR, now=now)
    newest = (
        select(Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.email_key == key)
        .order_by(Registration.id.desc())
        .limit(1)
    )
    registration = db.session.scalar(newest)
    try:
        allowances.spend("lost-link", key, limit=PER_ADDRESS, window=HOUR, now=now)
    except TooMany:
        return
    if registration is not None:
        outbox.enqueue(
            f"registration:{registration}:link:{now.timestamp():.6f}",
            "my_link",
            registration,
            now=now,
            expires_at=now + HOUR * 24,
        )
