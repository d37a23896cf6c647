"""Programs: made from a cohort or by hand, changed, thrown away; and the dated cohorts that are made from them."""

from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Cohort, Program
from webinar_hub.rules.program import Pattern, from_json, to_json
from webinar_hub.rules.staff import Staff
from webinar_hub.services import audit, cloning, creating, sessions, webinars
from webinar_hub.services.cloning import NewRun
from webinar_hub.services.editing import edit


def find(slug: str, program: int) -> Program:
    """A program of the webinar with this slug, locked for a change. Raises NotFound."""
    webinar = webinars.find(slug)
    known = select(Program).where(Program.id == program, Program.webinar_id == webinar.id).with_for_update()
    row = db.session.scalars(known).first()
    if row is None:
        raise NotFound()
    return row


def from_cohort(key: str, title: str, *, actor: str, now: datetime) -> Program:
    """Keep a cohort's sessions, bonuses and settings as a program. Raises NotFound, Conflict without a session."""
    cohort = sessions.find_cohort(key)
    program = _new(cohort.webinar_id, title or cohort.title, cloning.pattern(cohort), now)
    program.settings = cloning.settings_of(cohort)
    db.session.flush()
    audit.note(actor, "program.made", f"program:{program.id}", now=now, of=cohort.key)
    return program


def by_hand(
    slug: str,
    title: str,
    pattern: Pattern,
    by: Staff,
    *,
    zone: str,
    reminders: tuple[timedelta, ...],
    now: datetime,
) -> Program:
    """A program that no cohort stood for; its settings are those of a quickly created webinar. Raises NotFound."""
    program = _new(webinars.find(slug).id, title, pattern, now)
    program.settings = _defaults(by, zone, reminders)
    db.session.flush()
    audit.note(by.actor, "program.made", f"program:{program.id}", now=now)
    return program


def _new(webinar_id: int, title: str, pattern: Pattern, now: datetime) -> Program:
    kept_sessions, kept_drops = to_json(pattern)
    program = Program(
        webinar_id=webinar_id, title=title, sessions=kept_sessions, drops=kept_drops, settings={}, created_at=now
    )
    db.session.add(program)
    return program


def _defaults(by: Staff, zone: str, reminders: tuple[timedelta, ...]) -> dict[str, Any]:
    return {
        "zone": zone,
        "organizer_name": by.name,
        "organizer_email": by.email,
        "capacity": None,
        "late_join": "all past drops",
        "livestream_url": "",
        "host_url": "",
        "declined_frees_seat": False,
        "has_waitlist": False,
        "offer_minutes": 720,
        "needs_approval": False,
        "approval_again": False,
        "reminder_minutes": [int(lead / timedelta(minutes=1)) for lead in reminders],
        "announces_live": True,
        "thank_you_minutes": int(creating.MESSAGES.thank_you_after / timedelta(minutes=1)),
        "welcome_note": "",
        "thank_you_note": "",
    }


def change(
    slug: str, program: int, title: str, pattern: Pattern, *, zone: str, seen: int, actor: str, now: datetime
) -> None:
    """Save an edit; cohorts made from it before stay as they are. Raises NotFound, EditedMeanwhile."""
    row = find(slug, program)
    edit(row, seen)
    row.title = title
    row.settings = {**row.settings, "zone": zone}
    row.sessions, row.drops = to_json(pattern)
    audit.note(actor, "program.changed", f"program:{row.id}", now=now, title=title, sessions=len(row.sessions))


def throw_away(slug: str, program: int, *, actor: str, now: datetime) -> None:
    """Delete a program; cohorts made from it stay. Raises NotFound."""
    row = find(slug, program)
    audit.note(actor, "program.deleted", f"program:{row.id}", now=now, title=row.title)
    db.session.delete(row)


def make_cohort(slug: str, program: int, run: NewRun, *, actor: str, now: datetime) -> Cohort:
    """A draft cohort with every date worked out from its first day, all of it or nothing.

    Raises NotFound, Conflict for a program without a session, Invalid for dates that cannot be.
    """
    row = find(slug, program)
    pattern = from_json(row.sessions, row.drops)
    if not pattern.sessions:
        raise Conflict("This program has no session yet. Add one first.")
    cohort = cloning.run_of(row.webinar_id, pattern, row.settings, run, actor=actor, now=now)
    audit.note(actor, "cohort.made", f"cohort:{cohort.id}", now=now, program=row.title)
    return cohort
