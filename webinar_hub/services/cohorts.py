"""What a cohort is set to, and its life: published, taken back, put away; its sessions are in sessions.py."""

from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.models import Cohort, Registration, Session, Webinar
from webinar_hub.rules import life_cycle, publishing
from webinar_hub.rules.cohort_file import CohortPart, MessagesPart
from webinar_hub.rules.hours import Hours
from webinar_hub.rules.places import HOPES, State
from webinar_hub.rules.zones import NonexistentTime, to_utc
from webinar_hub.services import audit, places, plan, sessions
from webinar_hub.services.editing import edit
from webinar_hub.services.webinars import NotReady

SETTINGS = (
    "zone", "organizer_name", "organizer_email", "capacity", "late_join", "livestream_url", "host_url",
    "declined_frees_seat", "has_waitlist", "offer_minutes", "needs_approval", "approval_again", "reminder_minutes",
    "announces_live", "thank_you_minutes", "welcome_note", "thank_you_note", "proves_address",
    "proof_of_work", "asks_credit", "needs_code", "takes_groups", "group_hold_hours",
    "bonus_at", "write_from", "write_until", "weekdays_only",
)  # fmt: skip
"""The columns that a clone or a program takes over as they are."""

_ENTRY = (
    *("proves_address", "has_waitlist", "offer_minutes", "needs_approval", "approval_again", "asks_credit"),
    *("needs_code", "takes_groups"),
)


class TooFewSeats(Conflict):
    """More people have a seat than there would be."""

    field = "capacity"


def settle(cohort: Cohort, part: CohortPart, messages: MessagesPart) -> None:
    """Set a cohort to what is written; its key and its sessions are not touched, and the plan is for the caller.

    Raises TooFewSeats, and Invalid for an enrolment moment that clocks jump over.
    """
    if part.capacity is not None and part.capacity < cohort.seats_taken:
        raise TooFewSeats(
            f"{cohort.seats_taken} people have a seat, so the capacity cannot be {part.capacity}. "
            f"Write {cohort.seats_taken} or more."
        )
    cohort.title, cohort.zone, cohort.capacity = part.title, part.zone, part.capacity
    cohort.organizer_name, cohort.organizer_email = part.organizer_name, part.organizer_email
    cohort.enrolment_opens_at = _moment("enrolment_opens", part.enrolment_opens, part.zone)
    cohort.enrolment_closes_at = _moment("enrolment_closes", part.enrolment_closes, part.zone)
    cohort.late_join = part.late_join
    cohort.livestream_url = part.livestream_url or ""
    if part.host_url is not None:
        cohort.host_url = part.host_url
    cohort.declined_frees_seat = part.declined_frees_seat
    _settle_access(cohort, part)
    cohort.reminder_minutes = [int(lead.total_seconds() // 60) for lead in messages.reminders]
    cohort.announces_live = messages.live
    cohort.thank_you_minutes = int(messages.thank_you_after.total_seconds() // 60) if messages.thank_you else None
    cohort.welcome_note, cohort.thank_you_note = messages.welcome_note, messages.thank_you_note
    if messages.hours is not None:
        set_hours(cohort, messages.hours)
    db.session.flush()


def _settle_access(cohort: Cohort, part: CohortPart) -> None:
    """What a cohort asks of whoever comes in, where it is spoken of."""
    for name in _ENTRY:
        if (wanted := getattr(part, name)) is not None:
            setattr(cohort, name, wanted)
    if part.group_hold_hours is not None:
        cohort.group_hold_hours = part.group_hold_hours or None
    if part.changes_close is not None:
        cohort.changes_close_at = _moment("changes_close", part.changes_close, part.zone)


def set_hours(cohort: Cohort, hours: Hours) -> None:
    """At which hours people are written to who have not chosen themselves."""
    cohort.bonus_at, cohort.weekdays_only = hours.bonus_at, hours.weekdays_only
    cohort.write_from, cohort.write_until = hours.opens, hours.closes


def change_hours(key: str, hours: Hours, *, seen: int, actor: str, now: datetime) -> None:
    """Save at which hours people are written to who have not chosen. Raises NotFound, EditedMeanwhile."""
    cohort = sessions.find_cohort(key)
    edit(cohort, seen)
    before = _kept(cohort)
    set_hours(cohort, hours)
    audit.note(actor, "cohort.changed", f"cohort:{cohort.id}", now=now, **audit.difference(before, _kept(cohort)))


def _moment(field: str, wall: datetime | None, zone: str) -> datetime | None:
    try:
        return None if wall is None else to_utc(wall, zone)
    except NonexistentTime as error:
        raise Invalid(field, str(error)) from error


def change(key: str, part: CohortPart, messages: MessagesPart, *, seen: int, actor: str, now: datetime) -> None:
    """Save an edit of the settings: messages ahead are planned anew, and a new link reaches the sessions ahead.

    Raises NotFound, EditedMeanwhile, Conflict for a cancelled cohort, and what `settle` raises.
    """
    cohort = sessions.find_cohort(key)
    edit(cohort, seen)
    if cohort.state == "cancelled":
        raise Conflict("This cohort was cancelled, and everybody has been told. Make a copy of it for a new run.")
    before, old_link = _kept(cohort), cohort.livestream_url
    settle(cohort, part, messages)
    _follow_link(cohort, old_link, now)
    plan.replan(cohort, now=now)
    # More seats are somebody's who waits.
    places.release(cohort.id, now=now)
    audit.note(actor, "cohort.changed", f"cohort:{cohort.id}", now=now, **audit.difference(before, _kept(cohort)))


def _kept(cohort: Cohort) -> dict[str, Any]:
    moments = ("enrolment_opens_at", "enrolment_closes_at")
    said = {name: getattr(cohort, name) for name in ("title", *SETTINGS)}
    return said | {name: at.isoformat() if (at := getattr(cohort, name)) else None for name in moments}


def _follow_link(cohort: Cohort, old_link: str, now: datetime) -> None:
    """Sessions ahead that used the cohort's link use its new one; one with a link of its own keeps it."""
    if cohort.livestream_url == old_link:
        return
    ahead = select(Session).where(Session.cohort_id == cohort.id, Session.ends_at > now)
    for session in db.session.scalars(ahead.where(Session.livestream_url.in_(("", old_link)))):
        session.livestream_url = cohort.livestream_url


def publish(key: str, *, actor: str, now: datetime) -> None:
    """Open a draft to everybody. Publishing twice is publishing once. Raises NotFound, NotReady, Conflict."""
    cohort = sessions.find_cohort(key)
    if cohort.state == "open":
        return
    if cohort.state != "draft":
        raise Conflict("This cohort was cancelled, and everybody has been told. Make a copy of it for a new run.")
    missing = publishing.missing(_facts(cohort, now))
    if missing:
        raise NotReady(missing)
    cohort.state = "open"
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.published", f"cohort:{cohort.id}", now=now)


def _facts(cohort: Cohort, now: datetime) -> publishing.PublishFacts:
    webinar = db.session.get_one(Webinar, cohort.webinar_id)
    ahead = select(func.count()).where(
        Session.cohort_id == cohort.id, Session.state == "scheduled", Session.starts_at > now
    )
    return publishing.facts_of(webinar, cohort, webinar.presenters, db.session.scalar(ahead) or 0)


def unpublish(key: str, *, actor: str, now: datetime) -> None:
    """Make a published cohort a draft again, while nobody has a place in it. Raises NotFound, Conflict."""
    cohort = sessions.find_cohort(key)
    if cohort.state == "draft":
        return
    if cohort.state != "open" or cohort.archived_at is not None:
        raise Conflict("Only a cohort that is open can become a draft again.")
    first, _ = _bounds(cohort)
    hoping = select(func.count()).where(
        Registration.cohort_id == cohort.id, Registration.state.in_(sorted(HOPES - {State.OFFERED}))
    )
    registered = cohort.seats_taken + (db.session.scalar(hoping) or 0)
    reason = life_cycle.no_unpublishing_because(registered, first is not None and first <= now)
    if reason:
        raise Conflict(reason)
    cohort.state = "draft"
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.unpublished", f"cohort:{cohort.id}", now=now)


def archive(key: str, *, actor: str, now: datetime) -> None:
    """Put away a cohort that is over, cancelled or a draft: it sends nothing more. Raises NotFound, Conflict."""
    cohort = sessions.find_cohort(key)
    if cohort.archived_at is not None:
        return
    first, last = _bounds(cohort)
    where = life_cycle.stage(cohort.state, archived=False, first_start=first, last_end=last, now=now)
    if reason := life_cycle.no_archiving_because(where):
        raise Conflict(reason)
    cohort.archived_at = now
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.archived", f"cohort:{cohort.id}", now=now)


def bring_back(key: str, *, actor: str, now: datetime) -> None:
    """Take a cohort out of the archive. Raises NotFound."""
    cohort = sessions.find_cohort(key)
    if cohort.archived_at is None:
        return
    cohort.archived_at = None
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.brought_back", f"cohort:{cohort.id}", now=now)


def _bounds(cohort: Cohort) -> tuple[datetime | None, datetime | None]:
    row = db.session.execute(
        select(Session.starts_at, Session.ends_at).where(
            Session.cohort_id == cohort.id, Session.state == "scheduled"
        )
    ).all()
    return min((each.starts_at for each in row), default=None), max((each.ends_at for each in row), default=None)
