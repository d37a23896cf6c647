"""Sends a person her link again; the answer to whoever asks never tells whether she exists (A20).

The same statements run for everybody: known or not, written to or not, merged into another person or not. One of
them writes the mail, if there is anybody it could go to.
"""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, func, literal, null, or_, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import leave_work
from webinar_hub.core.errors import Invalid, TooMany
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Delivery, MergedPerson, Person, Registration
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.people import not_merged
from webinar_hub.rules.places import State
from webinar_hub.rules.protection import PROOF_LASTS, PROOFS_A_DAY
from webinar_hub.rules.registration import email_key
from webinar_hub.services import allowances
from webinar_hub.services.invites import COLUMNS
from webinar_hub.services.place_facts import step_of

HOUR = timedelta(hours=1)
PER_ADDRESS = 3
LIVES = timedelta(hours=24)


def send(email: str, *, now: datetime) -> None:
    """Put her link into the outbox if she is known and has not asked three times this hour already.

    Whatever became of her places, waiting, cancelled, handed on, the newest one says who she is. Of whom we only
    know what somebody typed (double opt-in), she is asked once more whether the address is hers. Raises Invalid for
    what is no address, which says nothing about anybody.
    """
    try:
        key = email_key(email)
    except ValueError as error:
        raise Invalid("email", str(error)) from error
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
        select(Registration.id, Registration.state, Registration.revision, Registration.person_id)
        .join(Person, Person.id == Registration.person_id)
        .where(or_(hers, Person.id.in_(kept)))
        .order_by(
            case((Person.email_key == key, 0), else_=1),
            Registration.state == State.UNPROVEN,
            Registration.id.desc(),
        )
        .limit(1)
        .subquery()
    )
    unproven = newest.c.state == State.UNPROVEN
    moment = Delivery.due_at.type
    proof = ":prove:" + cast(newest.c.revision, String) + f":{step_of(now)}"
    name = (
        "registration:" + cast(newest.c.id, String) + case((unproven, proof), else_=f":link:{now.timestamp():.6f}")
    )
    lives = case((unproven, literal(now + PROOF_LASTS, moment)), else_=literal(now + LIVES, moment))
    return select(
        name, case((unproven, "prove"), else_="my_link"), newest.c.id, null(), literal("queued"),
        literal(priority_of("my_link")), literal(0), literal(now, moment), literal(now, moment), lives,
    ).where(or_(~unproven, _asked_today(newest.c.person_id, now) < PROOFS_A_DAY))  # fmt: skip


def _asked_today(person: ColumnElement[int], now: datetime) -> Any:
    """How often she was asked within a day whether the address is hers, in all cohorts together."""
    return (
        select(func.count(Delivery.id))
        .join(Registration, Registration.id == Delivery.registration_id)
        .where(Registration.person_id == person, Delivery.kind == "prove", Delivery.created_at > now - 24 * HOUR)
        .scalar_subquery()
    )
