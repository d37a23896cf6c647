"""The calendar an organizer subscribes to: her address for it, whose an address is, and what is in it."""

from collections.abc import Collection
from dataclasses import replace

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.links import Links
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents.calendar_session import CalendarEntry, public_uid
from webinar_hub.models import Cohort, Organizer, OrganizerFeed, Session, Webinar
from webinar_hub.queries.calendars import Hub, calendar_session, session_rows
from webinar_hub.queries.staff import as_staff
from webinar_hub.rules.staff import Permission, Staff


def feed_of(organizer: int, links: Links) -> str | None:
    """The address of her calendar, or None while she has not asked for one."""
    row = db.session.get(OrganizerFeed, organizer)
    return None if row is None else links.studio_feed(organizer, row.nonce)


def feed_owner(tokens: Tokens, token: str) -> Staff:
    """Whose calendar this address is. Raises NotFound for an ended or invented one, or somebody who has left."""
    parts = tokens.read("studio-feed", token, (int, str))
    row = db.session.get(OrganizerFeed, parts[0]) if parts else None
    organizer = db.session.get(Organizer, row.organizer_id) if row else None
    if parts is None or row is None or row.nonce != parts[1] or organizer is None or not organizer.active:
        raise NotFound()
    return as_staff(organizer)


def entries(whose: Staff, hub: Hub) -> list[CalendarEntry]:
    """Every session of the webinars she may see, how many are registered in its title; one statement."""
    only = whose.webinars(Permission.SEE)
    wanted = session_rows().where(Cohort.archived_at.is_(None))
    if only is not None:
        wanted = wanted.where(Webinar.id.in_(_ids(only)))
    return [_entry(session, cohort, title, hub) for session, cohort, title in db.session.execute(wanted)]


def _ids(only: Collection[int]) -> list[int]:
    return sorted(only)


def _entry(session: Session, cohort: Cohort, title: str, hub: Hub) -> CalendarEntry:
    said = calendar_session(session, cohort, title, hub)
    places = f"{cohort.seats_taken:,} registered" + (f" of {cohort.capacity:,}" if cohort.capacity else "")
    state = "Draft, " if cohort.state == "draft" else ""
    named = replace(said, title=f"{said.title} ({state}{places})")
    # A UID of its own: whoever teaches and organizes has both in one calendar.
    return CalendarEntry(named, public_uid(f"studio-{session.public_id}", hub.host), session.revision)
