"""Ending and resuming mails to an address that does not want or does not get them (FEATURES D8).

Whether it is so is decided in `rules/suppression.py`; the facts come in next door, in `mail_events.py`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Delivery, Person, Registration
from webinar_hub.rules.registration import email_key
from webinar_hub.services import audit, tasks

MAIL = "mail"


def hold(registrations: Collection[int]) -> Sequence[Person]:
    """Lock the people of these registrations, and then all of theirs, each in the order of their ids."""
    theirs = select(Registration.person_id).where(Registration.id.in_(registrations))
    people = db.session.scalars(
        select(Person).where(Person.id.in_(theirs)).order_by(Person.id).with_for_update()
    ).all()
    ids = [person.id for person in people]
    db.session.execute(
        select(Registration.id)
        .where(Registration.person_id.in_(ids))
        .order_by(Registration.id)
        .with_for_update(key_share=True)
    ).all()
    return people


def begin(person: Person, reason: str, *, now: datetime) -> None:
    """Write to her, who is held, no more: what waits ends as suppressed, what she has to know becomes a task."""
    if person.suppressed_at is not None:
        return
    person.suppressed_at, person.suppression_reason = now, reason
    db.session.flush()
    hers = select(Registration.id).where(Registration.person_id == person.id)
    # One on the wire keeps its token, so that its sender can still say what happened to it.
    ended = db.session.execute(
        update(Delivery)
        .where(Delivery.registration_id.in_(hers), Delivery.state.in_(("queued", "sending")))
        .values(state="suppressed", lease_until=None)
        .returning(Delivery.id)
        .execution_options(synchronize_session=False)
    ).scalars()
    tasks.ask_to_call(list(ended), now=now)
    audit.note(MAIL, "suppression.began", f"person:{person.id}", now=now, reason=reason)


def lift(address: str, *, actor: str, now: datetime) -> None:
    """Write to this address again; what came back so far no longer counts against it.

    What was not sent meanwhile stays unsent, and topics she ended stay ended. Raises NotFound for an address
    nobody has signed up with, Conflict for one that is written to already.
    """
    try:
        key = email_key(address)
    except ValueError as error:
        raise NotFound(str(error)) from error
    person = db.session.scalars(select(Person).where(Person.email_key == key).with_for_update()).first()
    if person is None:
        raise NotFound(f"Nobody has signed up as {address}.")
    if person.suppressed_at is None:
        raise Conflict(f"Mails to {address} are not stopped; there is nothing to lift.")
    # Not the reason: it quotes a mail server, which quotes addresses, and what is chained stays for years.
    detail = {"since": person.suppressed_at.isoformat()}
    person.suppressed_at, person.suppression_reason, person.suppression_lifted_at = None, None, now
    audit.note(actor, "suppression.lifted", f"person:{person.id}", now=now, **detail)
