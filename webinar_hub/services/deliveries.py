"""What an operator does to one delivery by hand: puts it back into the queue, or takes it out.

Everything else that happens to deliveries is in `outbox.py` next door.
"""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, case, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Delivery
from webinar_hub.rules.delivery_story import FORCED_LIFE, retry_refusal
from webinar_hub.rules.outbox_filter import Wanted, retryable
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


def _locked(delivery: int) -> Delivery:
    row = db.session.scalars(select(Delivery).where(Delivery.id == delivery).with_for_update()).first()
    if row is None:
        raise NotFound(f"There is no delivery {delivery}.")
    return row
