"""Single dates of a series: one sign-up is meant for every session, and she may leave one out and take it back.

Her own entry of that session follows: its SEQUENCE is the sum of the session's revision, her registration's and her
choice's, each of which only rises, so whatever comes last wins in any calendar (RFC 5546 section 2.1.4).
"""

from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.models import Cohort, Delivery, Registration, Session, SessionChoice
from webinar_hub.rules.calendar_mail import ABOUT_ITS_TIME
from webinar_hub.services import audit, outbox, registrations


def choice(registration: int, session: int) -> SessionChoice | None:
    """What she has chosen about one session; None while she has not."""
    return db.session.get(SessionChoice, (registration, session))


def opt_out(person: int, registration: str, session: str, *, now: datetime) -> None:
    """Leave one date out: nothing more is sent of it, and it leaves her calendar. Twice is once.

    Raises NotFound for what is not hers, Conflict for a date that is over or cancelled.
    """
    row, wanted = _hers(person, registration, session, now)
    known = choice(row.id, wanted.id)
    if known is not None and known.out:
        return
    revision = _choose(row, wanted, known, out=True, now=now)
    about_it = Delivery.registration_id == row.id, Delivery.session_id == wanted.id
    outbox.cancel(*about_it, Delivery.kind.in_(ABOUT_ITS_TIME))
    _tell("calendar_cancel", row, wanted, revision, now)


def opt_in(person: int, registration: str, session: str, *, now: datetime) -> None:
    """Take a date back: it is sent to her calendar again, with all reminders. Raises as `opt_out`."""
    row, wanted = _hers(person, registration, session, now)
    known = choice(row.id, wanted.id)
    if known is None or not known.out:
        return
    revision = _choose(row, wanted, known, out=False, now=now)
    about_it = Delivery.registration_id == row.id, Delivery.session_id == wanted.id
    outbox.cancel(*about_it, Delivery.kind == "calendar_cancel")
    _tell("invite", row, wanted, revision, now)


def _hers(person: int, registration: str, session: str, now: datetime) -> tuple[Registration, Session]:
    """Her place, locked, and a session of it that is ahead."""
    row = registrations.hers(person, registration)
    found = db.session.execute(
        select(Session, Cohort.state)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.public_id == session, Session.cohort_id == row.cohort_id)
    ).first()
    if found is None:
        raise NotFound()
    if row.state != "confirmed":
        raise Conflict(_("You have no place here at the moment."))
    if found.state == "cancelled" or found[0].state == "cancelled" or found[0].ends_at <= now:
        raise Conflict(_("This date is over or does not take place."))
    return row, found[0]


def _choose(row: Registration, session: Session, known: SessionChoice | None, *, out: bool, now: datetime) -> int:
    """Write her choice down; the SEQUENCE that her entry has by now."""
    if known is None:
        known = SessionChoice(registration_id=row.id, session_id=session.id, revision=0)
        db.session.add(known)
    known.out, known.changed_at = out, now
    known.revision += 1
    db.session.flush()
    verb = "session.opted_out" if out else "session.opted_in"
    audit.note(f"person:{row.person_id}", verb, f"registration:{row.id}", now=now, session=session.key)
    return session.revision + row.revision + known.revision


def _tell(kind: str, row: Registration, session: Session, revision: int, now: datetime) -> None:
    outbox.enqueue(
        # A name of its own: what is written when she leaves or hands her place on counts without her choices.
        f"session:{session.id}:{kind}:chosen:{revision}:registration:{row.id}",
        kind,
        row.id,
        now=now,
        session_id=session.id,
        expires_at=session.ends_at,
    )
