"""Sends a person her link again; the answer to whoever asks never tells whether she exists (A20)."""

from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, TooMany
from webinar_hub.models import Person, Registration
from webinar_hub.rules.places import State
from webinar_hub.rules.registration import email_key
from webinar_hub.services import allowances, asking, outbox
from webinar_hub.services.registrations import step_of

HOUR = timedelta(hours=1)
PER_ADDRESS = 3


def send(email: str, *, now: datetime) -> None:
    """Put her link into the outbox if she is known and has not asked three times this hour already.

    Of whom we only know what somebody typed (double opt-in), she is asked once more whether the address is hers.
    Raises Invalid for what is no address, which says nothing about anybody.
    """
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    newest = (
        select(Registration)
        .join(Person, Person.id == Registration.person_id)
        .where(Person.email_key == key)
        .order_by(Registration.state == State.UNPROVEN, Registration.id.desc())
        .limit(1)
    )
    registration = db.session.scalar(newest)
    try:
        allowances.spend("lost-link", key, limit=PER_ADDRESS, window=HOUR, now=now)
    except TooMany:
        return
    if registration is not None and registration.state == State.UNPROVEN:
        asking.mail(registration, step_of(now), now=now)
    elif registration is not None:
        outbox.enqueue(
            f"registration:{registration.id}:link:{now.timestamp():.6f}",
            "my_link",
            registration.id,
            now=now,
            expires_at=now + HOUR * 24,
        )
