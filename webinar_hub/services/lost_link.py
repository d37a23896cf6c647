"""Sends a person her link again; the answer to whoever asks never tells whether she exists (A20).

The same statements run for everybody: known or not, written to or not, merged into another person or not. One of
them writes the mail, if there is anybody it could go to.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import String, and_, case, cast, literal, null, or_, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import leave_work
from webinar_hub.core.errors import Invalid, TooMany
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Delivery, MergedPerson, Person, Registration
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.people import not_merged
from webinar_hub.rules.registration import email_key
from webinar_hub.services import allowances
from webinar_hub.services.invites import COLUMNS

HOUR = timedelta(hours=1)
PER_ADDRESS = 3
PER_NETWORK = 60
LIVES = timedelta(hours=24)


def send(email: str, *, network: str, now: datetime) -> None:
    """Put her link into the outbox if she is known and has not asked three times this hour already.

    Whatever became of her places, waiting, cancelled, handed on, the newest one says who she is. Raises Invalid for
    what is no address and TooMany for a network that asks for many; both say nothing about anybody.
    """
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
    allowances.spend("lost-link-network", network, limit=PER_NETWORK, window=HOUR, now=now)
    try:
        allowances.spend("lost-link", key, limit=PER_ADDRESS, window=HOUR, now=now)
    except TooMany:
        return
    insert_selected(Delivery, COLUMNS, _mail(key, now))
    leave_work()


def _mail(key: str, now: datetime) -> Any:
    """The delivery to whoever has this address, or, if she was merged, to the address of who she is by now."""
    hers = and_(Person.email_key == key, not_merged())
    gone = aliased(Person)
    kept = select(MergedPerson.into_id).join(gone, gone.id == MergedPerson.person_id).where(gone.email_key == key)
    newest = (
        select(Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(or_(hers, Person.id.in_(kept)))
        .order_by(case((Person.email_key == key, 0), else_=1), Registration.id.desc())
        .limit(1)
        .subquery()
    )
    moment = literal(now, Delivery.due_at.type)
    name = literal("registration:") + cast(newest.c.id, String) + f":link:{now.timestamp():.6f}"
    return select(
        name, literal("my_link"), newest.c.id, null(), literal("queued"),
        literal(priority_of("my_link")), literal(0), moment, moment, literal(now + LIVES, Delivery.expires_at.type),
    ).where(newest.c.id.is_not(None))  # fmt: skip
