"""Records that somebody pressed "Join": evidence is only ever added."""

from datetime import datetime

from sqlalchemy import ColumnElement, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import lazy_gettext as _
from webinar_hub.models import AttendanceSegment, Person, Registration, Session
from webinar_hub.rules.join_window import session_state
from webinar_hub.rules.registration import email_key


def join(person: int, session: str, *, now: datetime) -> None:
    """Record her join. Raises NotFound where she has no place, Conflict while the door is closed."""
    _come(Registration.person_id == person, session, "join_button", now)


def join_unproven(email: str, session: str, *, now: datetime) -> None:
    """Record that the browser came in with which this address was signed up; raises what `join` raises.

    It is told apart, because nobody has shown that the address is its own (FEATURES A14).
    """
    whose = select(Person.id).where(Person.email_key == email_key(email)).scalar_subquery()
    _come(Registration.person_id == whose, session, UNPROVEN, now)


def _come(whose: ColumnElement[bool], session: str, source: str, now: datetime) -> None:
    row = db.session.execute(
        select(Session, Registration.id)
        .join(Registration, Registration.cohort_id == Session.cohort_id)
        .where(Session.public_id == session, whose, Registration.state == "confirmed")
    ).first()
    if row is None:
        raise NotFound()
    live, registration = row
    state = session_state(live.starts_at, live.ends_at, cancelled=live.state == "cancelled", now=now)
    if state not in ("join_open", "live"):
        raise Conflict(str(CLOSED[state]))
    db.session.add(
        AttendanceSegment(registration_id=registration, session_id=live.id, source=source, started_at=now)
    )


UNPROVEN = "sign_up_browser"
"""The source of a join before anybody has shown that the address is hers."""
CLOSED = {
    "upcoming": _("The door opens 15 minutes before the start."),
    "over": _("This session is over."),
    "cancelled": _("This session was cancelled."),
}
