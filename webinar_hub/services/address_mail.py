"""Mails to an address that is not the one a person is known by: a new one, a former one, a colleague's.

Letters find their reader by her registration (`queries/letters.py`), so these are notices: the address stands in
the row, and what comes back about them suppresses nobody (`docs/decisions/0008-notices.md`).
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.language import speaking
from webinar_hub.documents.calendar_session import of_stored, session_uid
from webinar_hub.documents.names import inert
from webinar_hub.models import Cohort, Registration, Session, Webinar
from webinar_hub.services import notices
from webinar_hub.services.voice import Voice


@dataclass(frozen=True, slots=True)
class Reader:
    """Whom a mail goes to, and in which language."""

    email: str
    name: str
    language: str


@dataclass(frozen=True, slots=True)
class Organizer:
    """Who writes it; `webinar` is a title, "" where no place is known."""

    name: str
    email: str
    webinar: str


@dataclass(frozen=True, slots=True)
class Entry:
    """A session in her calendar, with the SEQUENCE of the CANCEL that takes it out."""

    session: Session
    cohort: Cohort
    webinar: str
    registration: str
    revision: int


def organizer_of(person: int) -> Organizer | None:
    """Who organizes what she signed up for last."""
    row = db.session.execute(
        select(Cohort.organizer_name, Cohort.organizer_email, Webinar.title)
        .join(Registration, Registration.cohort_id == Cohort.id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.person_id == person)
        .order_by(Registration.id.desc())
        .limit(1)
    ).first()
    return Organizer(*row) if row else None


def send(
    voice: Voice,
    kind: str,
    to: Reader,
    organizer: Organizer | None,
    facts: Mapping[str, object],
    *,
    now: datetime,
    expires_at: datetime | None = None,
    entry: Entry | None = None,
    key: str = "",
) -> None:
    """Write one mail, with the words of templates/notices/<kind>/ in the reader's language.

    With an `entry` it takes that session out of her calendar, and has no sense after its end.
    """
    who = organizer or Organizer(voice.from_name or "Webinar Hub", voice.fallback, "")
    # Anybody may have chosen a name, and it leaves from the organizer's address (A25).
    reader = replace(to, name=inert(to.name))
    with speaking(to.language):
        words = voice.templates.render(kind, to=reader, organizer=who, entry=entry, **facts)
    envelope = notices.Envelope(
        to_email=to.email,
        to_name=to.name,
        from_email=voice.sender or who.email,
        from_name=voice.from_name or who.name,
        reply_to=voice.reply_to or who.email,
        calendar=_cancellation(voice, entry, to, now) if entry else None,
        calendar_method="CANCEL" if entry else None,
    )
    ends = entry.session.ends_at if entry else expires_at
    notices.write(kind, envelope, words, now=now, key=key, expires_at=ends)


def _cancellation(voice: Voice, entry: Entry, to: Reader, now: datetime) -> bytes:
    from webinar_hub.documents.ics import shared_invite  # noqa: PLC0415  slow import

    session = of_stored(
        entry.session,
        entry.webinar,
        url=voice.links.session(entry.session.public_id),
        organizer=(entry.cohort.organizer_name, voice.sender or entry.cohort.organizer_email),
        cancelled=True,
    )
    return shared_invite(session, "CANCEL").for_attendee(
        uid=session_uid(entry.session.public_id, entry.registration, voice.host),
        name=to.name,
        email=to.email,
        revision=entry.revision,
        stamped_at=now,
    )
