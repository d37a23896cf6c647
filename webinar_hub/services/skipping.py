"""One person is not sent one planned message: its place in the outbox is taken before its moment comes."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import Broadcast, Delivery, Registration
from webinar_hub.rules.delivery import priority_of
from webinar_hub.services import audit
from webinar_hub.services.broadcasts import name_of

OPEN = ("planned", "expanding")


def skip(place: int, broadcast: int, *, actor: str, now: datetime) -> None:
    """Leave her out of a message of her cohort that is still ahead for her; "Send again" takes that back.

    Raises NotFound for a message of another cohort, Conflict where it has been written out to her already.
    """
    row = db.session.execute(
        select(Broadcast, Registration)
        .join(Registration, Registration.cohort_id == Broadcast.cohort_id)
        .where(Broadcast.id == broadcast, Broadcast.state.in_(OPEN), Registration.id == place)
        .with_for_update(of=Broadcast)
    ).first()
    if row is None:
        raise NotFound("This mail is not planned any more.")
    values = {
        "key": f"{name_of(row[0])}:registration:{place}", "kind": row[0].kind, "registration_id": place,
        "broadcast_id": broadcast, "session_id": row[0].session_id, "drop_id": row[0].drop_id,
        "state": "cancelled", "priority": priority_of(row[0].kind), "attempts": 0, "created_at": now,
        "due_at": now, "reply": "An organizer left her out of it.",
    }  # fmt: skip
    if insert_new(Delivery, values, "id") is None:
        raise Conflict("It was written to her a moment ago, or she was left out of it already.")
    audit.note(actor, "delivery.skipped", f"registration:{place}", now=now, kind=row[0].kind)
