"""Double opt-in, its first half: writes down somebody without a place and asks by mail whether the address is hers.

Nothing else is mailed to her, and no seat is taken. The second half is in `proving.py`.
"""

from datetime import datetime, timedelta

from sqlalchemy import case, func, select

from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Person, Registration
from webinar_hub.rules.places import State, Step, following
from webinar_hub.rules.protection import PROOF_LASTS, PROOFS_A_DAY, PROOFS_AN_HOUR
from webinar_hub.services import outbox
from webinar_hub.services.admission import Admitted, Newcomer, admit_unproven

HOUR = timedelta(hours=1)
DAY = timedelta(days=1)


def ask(newcomer: Newcomer, *, now: datetime) -> Admitted | None:
    """Ask her, unless there is nothing to ask: then None, and nothing was written.

    There is nothing to ask of somebody who has shown it before, or whose place here is a matter of another step.
    """
    if _need_not_be_asked(newcomer):
        return None
    admitted = admit_unproven(newcomer, now=now)
    mine = (Registration.person_id == admitted.person_id, Registration.cohort_id == newcomer.cohort_id)
    row = db.session.scalars(select(Registration).where(*mine).with_for_update(key_share=True)).one()
    if row.state == State.CANCELLED:
        row.state = following(State.CANCELLED, Step.RETURN, State.UNPROVEN)
        row.revision += 1
    mail(row, newcomer.step, now=now)
    return admitted


def mail(row: Registration, step: int, *, now: datetime) -> None:
    """Send the question to the registration, which is locked, unless its address was asked too often already.

    `step` counts the pauses between two mails. A link that is sent again works as long as a new one.
    """
    if row.state != State.UNPROVEN or _asked_enough(row.person_id, now):
        return
    row.registered_at = now
    db.session.flush()
    key = f"registration:{row.id}:prove:{row.revision}:{step}"
    outbox.enqueue(key, "prove", row.id, now=now, expires_at=now + PROOF_LASTS)


def _need_not_be_asked(newcomer: Newcomer) -> bool:
    of_cohort = (Registration.person_id == Person.id) & (Registration.cohort_id == newcomer.cohort_id)
    known = db.session.execute(
        select(Person.proven_at, Registration.state)
        .outerjoin(Registration, of_cohort)
        .where(Person.email_key == newcomer.email_key)
    ).first()
    askable = (None, State.UNPROVEN, State.CANCELLED)
    return known is not None and (known.proven_at is not None or known.state not in askable)


def _asked_enough(person: int, now: datetime) -> bool:
    """Of all cohorts together: a mailbox does not fill up more slowly because there are many webinars."""
    lately = func.coalesce(func.sum(case((Delivery.created_at > now - HOUR, 1), else_=0)), 0)
    hourly, daily = db.session.execute(
        select(lately, func.count(Delivery.id))
        .join(Registration, Registration.id == Delivery.registration_id)
        .where(Registration.person_id == person, Delivery.kind == "prove", Delivery.created_at > now - DAY)
    ).one()
    return bool(hourly >= PROOFS_AN_HOUR or daily >= PROOFS_A_DAY)
