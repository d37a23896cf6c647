"""What an operator does to one delivery by hand: puts it back into the queue, or takes it out.

Everything else that happens to deliveries is in `outbox.py` next door.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, case, func, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import Cohort, Delivery, Person, Registration, Session
from webinar_hub.rules.delivery import priority_of
from webinar_hub.rules.delivery_story import FORCED_LIFE, retry_refusal
from webinar_hub.rules.outbox_filter import Wanted, retryable
from webinar_hub.rules.resending import Sendable, resend_refusal
from webinar_hub.services import audit, outbox


def retry(
    delivery: int, *, force: bool, actor: str, now: datetime, hint: str = " --force does it all the same."
) -> None:
    """Put one that failed, expired or was cancelled back into the queue, due now.

    Its key, number and moment of birth stay, and so does its Message-ID. `hint` says how to force it. Raises
    NotFound; Conflict for one that was sent, waits already or, without `force`, would come too late.
    """
    row = _locked(delivery)
    refused, can_be_forced = retry_refusal(row.state, row.expires_at, now, on_the_wire=row.lease_token is not None)
    if refused and not (force and can_be_forced):
        raise Conflict(f"Delivery {delivery}: {refused}{hint if can_be_forced else ''}")
    audit.note(actor, "delivery.retried", f"delivery:{delivery}", now=now, was=row.state)
    row.state, row.due_at = "queued", now
    row.lease_token = row.lease_until = None
    # The steps between attempts begin anew; one attempt stays, because a server may have seen these very bytes.
    row.attempts = min(row.attempts, 1)
    if row.expires_at is not None and row.expires_at <= now:
        row.expires_at = now + FORCED_LIFE
    db.session.flush()
    leave_work()


def retry_failed(wanted: Wanted, *, through: int, actor: str, now: datetime) -> int:
    """Put all that failed, are meant by `wanted` and still make sense back into the queue; how many.

    `through` is the highest number that was counted beforehand, so that nothing is sent which nobody has seen.
    """
    meant = retryable(wanted, now)
    statement = (
        update(Delivery)
        .where(*meant, Delivery.id <= through)
        .values(
            state="queued",
            due_at=now,
            lease_token=None,
            lease_until=None,
            attempts=case((Delivery.attempts > 1, 1), else_=Delivery.attempts),
        )
        .execution_options(synchronize_session=False)
    )
    number = cast("CursorResult[Any]", db.session.execute(statement)).rowcount
    told = {name: str(value) for name in ("cohort", "kind", "since") if (value := getattr(wanted, name))}
    audit.note(actor, "deliveries.retried", "outbox", now=now, number=number, **told)
    leave_work()
    return number


def cancel(delivery: int, *, actor: str, now: datetime) -> None:
    """Take one out that has not been sent. Raises NotFound, and Conflict when there is nothing to take out."""
    row = _locked(delivery)
    if not outbox.cancel(Delivery.id == delivery):
        raise Conflict(f"Delivery {delivery} is {row.state}: there is nothing to cancel.")
    audit.note(actor, "delivery.cancelled", f"delivery:{delivery}", now=now, was=row.state)


def resend(delivery: int, *, actor: str, now: datetime) -> None:
    """Send the same again, as a delivery of its own: due now, with what is true now.

    It is composed anew, so its calendar part has the session's present time and revision, and no calendar takes it
    for an older one. Raises NotFound; Conflict where the mail would say what is not so.
    """
    row = _locked(delivery)
    if row.registration_id is None:
        raise NotFound(f"There is no delivery {delivery}.")
    refused = resend_refusal(_sendable(row, now))
    if refused:
        raise Conflict(refused)
    before = select(func.count()).where(Delivery.key.startswith(f"delivery:{row.id}:again:"))
    values = {
        "key": f"delivery:{row.id}:again:{(db.session.scalar(before) or 0) + 1}", "kind": row.kind,
        "registration_id": row.registration_id, "broadcast_id": row.broadcast_id, "session_id": row.session_id,
        "drop_id": row.drop_id, "priority": priority_of(row.kind), "created_at": now, "due_at": now,
        "expires_at": row.expires_at if row.expires_at and row.expires_at > now else now + FORCED_LIFE,
        "state": "queued", "attempts": 0,
    }  # fmt: skip
    insert_new(Delivery, values, "id")
    audit.note(actor, "delivery.resent", f"registration:{row.registration_id}", now=now, kind=row.kind, of=row.id)
    leave_work()


def _sendable(row: Delivery, now: datetime) -> Sendable:
    place, person, cohort, session = db.session.execute(
        select(Registration, Person, Cohort, Session)
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Session, Session.id == row.session_id)
        .where(Registration.id == row.registration_id)
    ).one()
    ahead = select(Session.id).where(
        Session.cohort_id == cohort.id, Session.state == "scheduled", Session.ends_at > now
    )
    return Sendable(
        kind=row.kind,
        state=row.state,
        place_state=place.state,
        cohort_state=cohort.state,
        session_state=session.state if session else "",
        session_over=session is not None and session.ends_at <= now,
        anything_ahead=db.session.scalar(ahead.limit(1)) is not None,
        reminders_off=place.reminders_off_at is not None,
        bonuses_off=place.bonuses_off_at is not None,
        mail_stopped=person.suppressed_at is not None,
    )


def _locked(delivery: int) -> Delivery:
    row = db.session.scalars(select(Delivery).where(Delivery.id == delivery).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no delivery {delivery}.")
    return row
