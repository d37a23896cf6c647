"""Moving, changing and cancelling a session or a cohort, with everything that follows from it (FEATURES B6).

The cost is the same for ten registrants as for a million: what they are told is one broadcast, and their
calendar entries follow because every invite carries the session's revision.
"""

from datetime import datetime, time, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Cohort, Delivery, Drop, Registration, Session
from webinar_hub.rules.cohort_file import SessionPart
from webinar_hub.rules.release import release_after
from webinar_hub.rules.session import Span, no_move_because, overlap_words
from webinar_hub.rules.zones import NonexistentTime, to_utc, zone
from webinar_hub.services import audit, outbox, plan


def find_cohort(cohort_key: str) -> Cohort:
    """A cohort by the name its organizer gave, locked for a change. Raises NotFound naming it."""
    cohort = db.session.scalars(select(Cohort).where(Cohort.key == cohort_key).with_for_update()).first()
    if cohort is None:
        raise NotFound(f"There is no cohort {cohort_key!r}.")
    return cohort


def find(cohort_key: str, session_key: str) -> tuple[Cohort, Session]:
    """A session by the names its organizer gave, locked for a change. Raises NotFound naming what is missing."""
    cohort = find_cohort(cohort_key)
    sessions = db.session.scalars(select(Session).where(Session.cohort_id == cohort.id)).all()
    for session in sessions:
        if session.key == session_key:
            return cohort, session
    known = ", ".join(session.key for session in sessions)
    raise NotFound(f"Cohort {cohort_key!r} has no session {session_key!r}; it has {known}.")


def place(session: Session, wall_start: datetime, zone_name: str, minutes: int) -> None:
    """Set when a session is: the wall time meant (naive), its zone, its length. Raises Invalid (DST gap)."""
    try:
        starts_at = to_utc(wall_start, zone_name)
    except NonexistentTime as error:
        raise Invalid("starts", str(error)) from error
    session.wall_start, session.zone = wall_start.isoformat(timespec="seconds"), zone_name
    session.minutes = minutes
    session.starts_at = starts_at
    session.ends_at = starts_at + timedelta(minutes=minutes)


def add(cohort: Cohort, part: SessionPart, *, announce: bool, actor: str, now: datetime) -> Session:
    """One more session; with `announce` everybody already registered is told. The plan is for the caller.

    Raises Invalid for a wall time that does not exist.
    """
    session = Session(cohort_id=cohort.id, key=part.key, created_at=now, updated_at=now, revision=0)
    word(session, part)
    place(session, part.starts, cohort.zone, part.minutes)
    session.state = "cancelled" if part.cancelled else "scheduled"
    db.session.add(session)
    db.session.flush()
    if announce and not part.cancelled and session.starts_at > now:
        added(cohort, session, actor=actor, now=now)
    return session


def word(session: Session, part: SessionPart) -> None:
    """Have a session say what is written; when it is, is another matter."""
    session.title, session.summary, session.livestream_url = part.title, part.summary, part.livestream_url or ""


def move(cohort: Cohort, session: Session, wall_start: datetime, minutes: int, *, now: datetime) -> bool:
    """Set when a known session is; whether that is another time than before.

    Raises Conflict for a session that is over or would be in the past, Invalid for a wall time that does not exist.
    """
    before = Span(session.starts_at, session.ends_at)
    place(session, wall_start, cohort.zone, minutes)
    after = Span(session.starts_at, session.ends_at)
    if after == before:
        return False
    reason = no_move_because(before, after, now)
    if reason:
        raise Conflict(f"Session {session.key!r}: {reason}")
    return True


def reschedule(
    cohort: Cohort, session: Session, wall_start: datetime, minutes: int, *, actor: str, now: datetime
) -> None:
    """Move a session: reminders are re-timed, everybody gets an updated invite.

    Raises Conflict for a session that is cancelled, over, or would start in the past or while another one runs;
    Invalid for a wall time that does not exist, its own or that of a drop that follows it.
    """
    if session.state == "cancelled":
        raise Conflict(f"Session {session.key!r} is cancelled. Take that back in the cohort file first.")
    old_starts_at = session.starts_at
    if not move(cohort, session, wall_start, minutes, now=now):
        return
    _refuse_overlap(session)
    _take_drops_along(session, now)
    changed(cohort, session, old_starts_at=old_starts_at, actor=actor, now=now)
    plan.replan(cohort, now=now)


def _refuse_overlap(session: Session) -> None:
    """Raises Conflict while another session of the cohort runs: the cohort file refuses that, too."""
    others = select(Session).where(
        Session.cohort_id == session.cohort_id, Session.id != session.id, Session.state == "scheduled"
    )
    mine = Span(session.starts_at, session.ends_at)
    for other in db.session.scalars(others.order_by(Session.starts_at)):
        if mine.overlaps(Span(other.starts_at, other.ends_at)):
            raise Conflict(overlap_words(other.title, datetime.fromisoformat(other.wall_start), other.minutes))


def _take_drops_along(session: Session, now: datetime) -> None:
    """Move the drops that follow this session and have not been released. Raises Invalid (DST gap)."""
    place_of_session = zone(session.zone)
    starts, ends = (
        moment.astimezone(place_of_session).replace(tzinfo=None) for moment in (session.starts_at, session.ends_at)
    )
    followers = select(Drop).where(Drop.after_session_id == session.id, Drop.release_at > now)
    for drop in db.session.scalars(followers):
        at = time.fromisoformat(drop.after_at) if drop.after_at else None
        release = release_after(starts, ends, days=drop.after_days, at=at)
        drop.wall_release = release.isoformat(timespec="seconds")
        try:
            drop.release_at = to_utc(release, drop.zone)
        except NonexistentTime as error:
            raise Invalid("starts", f'The bonus "{drop.title}" would follow this session. {error}') from error


def changed(cohort: Cohort, session: Session, *, old_starts_at: datetime, actor: str, now: datetime) -> None:
    """Tell everybody that what their calendars show of a session has changed; the plan is for the caller."""
    _raise_revision(session, now)
    plan.silence(session)
    plan.announce(
        cohort,
        "session_changed",
        session.revision,
        now=now,
        session=session,
        old_starts_at=old_starts_at,
        expires_at=session.ends_at,
    )
    audit.note(
        actor, "session.changed", f"session:{session.id}", now=now,
        old=old_starts_at.isoformat(), new=session.starts_at.isoformat(),
    )  # fmt: skip


def reworded(session: Session, now: datetime) -> None:
    """A session reads differently but is when it was: calendars learn it at their next update, without a mail."""
    _raise_revision(session, now)


def added(cohort: Cohort, session: Session, *, actor: str, now: datetime) -> None:
    """Tell everybody already registered of one more session, with its invite; the plan is for the caller."""
    _raise_revision(session, now)
    plan.announce(cohort, "session_added", session.revision, now=now, session=session, expires_at=session.ends_at)
    audit.note(actor, "session.added", f"session:{session.id}", now=now, starts_at=session.starts_at.isoformat())


def cancel(cohort: Cohort, session: Session, *, actor: str, now: datetime) -> None:
    """Cancel a session: nothing more is said of it but that, and it leaves every calendar.

    Raises Conflict for one that is over. Cancelling twice is cancelling once.
    """
    if session.state == "cancelled":
        return
    if session.ends_at <= now:
        raise Conflict(f"Session {session.key!r} is over.")
    session.state = "cancelled"
    _raise_revision(session, now)
    plan.silence(session)
    plan.announce(cohort, "session_cancelled", session.revision, now=now, session=session)
    plan.replan(cohort, now=now)
    audit.note(actor, "session.cancelled", f"session:{session.id}", now=now)


def cancel_cohort(cohort: Cohort, *, actor: str, now: datetime) -> None:
    """Cancel a whole cohort: one mail says so, and every session ahead leaves every calendar.

    Raises Conflict for a draft, which the public would then see for the first time, as cancelled.
    """
    if cohort.state == "cancelled":
        return
    if cohort.state == "draft":
        raise Conflict("This is a draft: nobody sees it, so there is nothing to call off. Archive it instead.")
    cohort.state = "cancelled"
    ahead = list(
        db.session.scalars(
            select(Session)
            .where(Session.cohort_id == cohort.id, Session.state == "scheduled", Session.ends_at > now)
            .order_by(Session.starts_at)
        )
    )
    for session in ahead:
        session.state = "cancelled"
        _raise_revision(session, now)
        plan.silence(session)
    in_cohort = select(Registration.id).where(Registration.cohort_id == cohort.id)
    # Whoever left before is not told of this: what takes it out of her calendar still goes out.
    kept = ("my_link", "registration_cancelled", "calendar_cancel")
    outbox.cancel(Delivery.registration_id.in_(in_cohort), Delivery.kind.not_in(kept))
    plan.announce(cohort, "cohort_cancelled", 1, now=now, session=ahead[0] if ahead else None)
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.cancelled", f"cohort:{cohort.id}", now=now)


def _raise_revision(session: Session, now: datetime) -> None:
    session.revision += 1
    session.updated_at = now
