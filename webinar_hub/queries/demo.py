"""What happens next in the demo, and what it can show of it."""

from datetime import datetime

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Session
from webinar_hub.queries.health import next_due
from webinar_hub.rules.join_window import OPENS_BEFORE


def next_moment(now: datetime) -> datetime | None:
    """The next moment after `now` at which something happens: a mail is due, a door opens, a session ends."""
    opening = select(func.min(Session.starts_at)).where(Session.starts_at > now + OPENS_BEFORE)
    ending = select(func.min(Session.ends_at)).where(Session.ends_at > now)
    opens: datetime | None = db.session.scalar(opening)
    candidates = [
        db.session.scalar(select(func.min(Broadcast.due_at)).where(Broadcast.state == "planned")),
        next_due(),
        opens - OPENS_BEFORE if opens else None,
        db.session.scalar(ending),
    ]
    return min((moment for moment in candidates if moment is not None and moment > now), default=None)


def last_moment(now: datetime) -> datetime:
    """When the last planned thing will have happened; `now` where nothing lies ahead."""
    last_message = db.session.scalar(select(func.max(Broadcast.due_at)).where(Broadcast.state == "planned"))
    last_end = db.session.scalar(select(func.max(Session.ends_at)).where(Session.state == "scheduled"))
    return max(moment for moment in (now, last_message, last_end) if moment is not None)
