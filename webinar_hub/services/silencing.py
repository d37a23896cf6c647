"""After going back to a backup: what may have been sent since is not sent again."""

from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Delivery
from webinar_hub.services import audit
from webinar_hub.services.broadcasts import own_clock_of


def silence(before: datetime, *, actor: str, now: datetime) -> tuple[int, int]:
    """Mark what was due by `before` and is still open as missed or cancelled; how many messages and deliveries.

    Nobody knows which of them went out after the backup was made; some of them may never have.
    """
    messages = _changed(
        update(Broadcast)
        .where(Broadcast.state.in_(("planned", "expanding")), Broadcast.due_at <= before)
        .where(Broadcast.own_days.is_(None))
        .values(state="missed")
    )
    messages += _pass_over(before)
    deliveries = _changed(
        update(Delivery)
        .where(Delivery.state.in_(("queued", "sending")), Delivery.due_at <= before)
        .values(
            state="cancelled",
            lease_until=None,
            lease_token=None,
            reply="Silenced after going back to a backup: it may have been sent.",
        )
    )
    audit.note(
        actor,
        "outbox.silenced",
        "outbox",
        now=now,
        before=before.isoformat(),
        messages=messages,
        deliveries=deliveries,
    )
    return messages, deliveries


def _pass_over(before: datetime) -> int:
    """Of what is due to each one on her own clock leave out whose turn was by then: the rest goes on; how many."""
    rows = db.session.scalars(
        select(Broadcast).where(
            Broadcast.own_days.is_not(None), Broadcast.state == "expanding", Broadcast.due_at <= before
        )
    ).all()
    for row in rows:
        row.own_through, row.expanded_through = own_clock_of(row).came_before(before), 0
    db.session.flush()
    return len(rows)


def _changed(statement: Any) -> int:
    result = db.session.execute(statement.execution_options(synchronize_session=False))
    return cast("CursorResult[Any]", result).rowcount
