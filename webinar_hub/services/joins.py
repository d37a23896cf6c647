"""Records that somebody pressed "Join": evidence is only ever added."""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import lazy_gettext as _
from webinar_hub.models import AttendanceSegment, Registration, Session
from webinar_hub.rules.join_window import session_state


def join(person: int, session: str, *, now: datetime) -> None:
    """Record her join. Raises NotFound where she has no place, Conflict while the door is closed."""
    row = db.session.execute(
        select(Session, Registration.id)
        .join(Registration, Registration.cohort_id == Session.cohort_id)
        .where(Session.public_id == session, Registration.person_id == person, Registration.state == "confirmed")
    ).first()
    if row is None:
        raise NotFound()
    live, registration = row
    state = session_state(live.starts_at, live.ends_at, cancelled=live.state == "cancelled", now=now)
    if state not in ("join_open", "live"):
        raise Conflict(str(CLOSED[state]))
    db.session.add(
        AttendanceSegment(registration_id=registration, session_id=live.id, source="join_button", started_at=now)
    )


CLOSED = {
    "upcoming": _("The door opens 15 minutes before the start."),
    "over": _("This session is over."),
    "cancelled": _("This session was cancelled."),
}
