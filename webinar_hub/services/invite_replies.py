"""What calendars answer to invites: kept if it is hers and current; a place is given back where that is wished.

A REPLY is a mail that anybody can write (A48). It counts only if it names the entry by the unguessable ids of both
session and registration, comes from the attendee who was invited, answers the invite's newest version and is newer
than the last answer.
"""

import re
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import and_, func, or_, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.documents.returned import CalendarReply
from webinar_hub.models import Cohort, InviteReply, Person, Registration, Session, SessionChoice
from webinar_hub.models.session_choice import own_revision
from webinar_hub.rules.registration import email_key
from webinar_hub.services import audit, registrations, series

_UID = re.compile(r"([0-9a-f]{16})\.([0-9a-f]{16})@(.+)")
# A calendar's clock may be wrong, but an answer from next week would outdo every later one.
CLOCKS_DIFFER = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class _Invited:
    """Somebody and the session an invite was for."""

    person: Person
    registration: Registration
    session: Session
    cohort: Cohort
    own: int

    @property
    def sequence(self) -> int:
        return self.session.revision + self.registration.revision + self.own


def take(reply: CalendarReply, *, host: str, now: datetime) -> str:
    """Keep an answer; "" when it was kept, else why it was ignored. `host` ends our UIDs."""
    invited = _invited(reply.uid, host)
    if invited is None:
        return "no invite of ours"
    problem = _problem(reply, invited, now)
    if problem:
        return problem
    if not _kept(invited, reply.answer, min(reply.stamped_at, now)):
        return "older than the last answer"
    detail = {"session": invited.session.key, "answer": reply.answer}
    subject = f"registration:{invited.registration.id}"
    audit.note(f"person:{invited.person.id}", "invite.answered", subject, now=now, **detail)
    _give_back(invited, now)
    return ""


def change_mind(person: int, registration: str, session: str, *, now: datetime) -> None:
    """She says on her page that she can come after all. Raises NotFound for what is not hers."""
    row = registrations.hers(person, registration)
    found = db.session.scalars(
        select(Session).where(Session.public_id == session, Session.cohort_id == row.cohort_id)
    ).first()
    if found is None:
        raise NotFound()
    reply = db.session.scalars(
        select(InviteReply).where(InviteReply.registration_id == row.id, InviteReply.session_id == found.id)
    ).first()
    if reply is not None:
        own = series.choice(row.id, found.id)
        reply.answer, reply.replied_at = "accepted", now
        reply.sequence = found.revision + row.revision + (own.revision if own else 0)


def _invited(uid: str, host: str) -> _Invited | None:
    parts = _UID.fullmatch(uid)
    if parts is None or parts[3].lower() != host.lower():
        return None
    row = db.session.execute(
        select(Person, Registration, Session, Cohort, own_revision())
        .join(Registration, Registration.person_id == Person.id)
        .join(Session, Session.cohort_id == Registration.cohort_id)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.public_id == parts[1], Registration.public_id == parts[2])
        .with_for_update(of=Registration, key_share=True)
    ).first()
    return _Invited(*row) if row else None


def _problem(reply: CalendarReply, invited: _Invited, now: datetime) -> str:
    """Why the answer does not count, or ""."""
    try:
        attendee = email_key(reply.attendee)
    except ValueError:
        return "not from an address"
    if attendee != invited.person.email_key:
        return "from somebody who was not invited"
    if reply.sequence != invited.sequence:
        return "to another version of the invite"
    if reply.stamped_at > now + CLOCKS_DIFFER:
        return "from the future"
    gone = invited.registration.state != "confirmed" or "cancelled" in (invited.session.state, invited.cohort.state)
    return "about what does not take place for her" if gone or invited.session.ends_at <= now else ""


def _kept(invited: _Invited, answer: str, replied_at: datetime) -> bool:
    """Whether it was newer than what was there: to a later version, or later to the same (RFC 5546 section 2.1.5).

    The database compares, so that two mails at once do no harm.
    """
    change = {"answer": answer, "sequence": invited.sequence, "replied_at": replied_at}
    statement = insert_or_update(
        InviteReply,
        {"registration_id": invited.registration.id, "session_id": invited.session.id, **change},
        ["registration_id", "session_id"],
        change,
        where=or_(InviteReply.sequence < invited.sequence, InviteReply.replied_at < replied_at),
    ).returning(InviteReply.id)
    return db.session.execute(statement).first() is not None


def _give_back(invited: _Invited, now: datetime) -> None:
    """Free the place of somebody who has declined all there is still to come, if the organizer wants that."""
    if not invited.cohort.declined_frees_seat:
        return
    own = (
        select(SessionChoice.revision)
        .where(SessionChoice.session_id == Session.id, SessionChoice.registration_id == invited.registration.id)
        .scalar_subquery()
    )
    answer = and_(
        InviteReply.session_id == Session.id,
        InviteReply.registration_id == invited.registration.id,
        InviteReply.sequence == Session.revision + invited.registration.revision + func.coalesce(own, 0),
    )
    answers = db.session.scalars(
        select(InviteReply.answer)
        .select_from(Session)
        .outerjoin(InviteReply, answer)
        .where(Session.cohort_id == invited.cohort.id, Session.state == "scheduled", Session.ends_at > now)
    ).all()
    if answers and all(each == "declined" for each in answers):
        registrations.cancel(invited.person.id, invited.registration.public_id, now=now)
