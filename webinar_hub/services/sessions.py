"""Moving, changing and cancelling a session or a cohort, with everything that follows from it (FEATURES B6).

The cost is the same for ten registrants as for a million: what they are told is one broadcast, and their
calendar entries follow because every invite carries the session's revision.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, time, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Cohort, Delivery, Drop, Registration, Session
from webinar_hub.rules.cohort_file import SessionPart
from webinar_hub.rules.delivery import ALL_PRIORITIES
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


@dataclass(frozen=True, slots=True)
class Move:
    """A session and when it is to be: a naive wall time in the cohort's zone, and its length."""

    session: Session
    wall_start: datetime
    minutes: int


def reschedule(
    cohort: Cohort, session: Session, wall_start: datetime, minutes: int, *, actor: str, now: datetime
) -> None:
    """Move a session: reminders are re-timed, everybody gets an updated invite.

    Raises Conflict for a session that is cancelled, over, or would start in the past or while another one runs;
    Invalid for a wall time that does not exist, its own or that of a drop that follows it.
    """
    reschedule_all(cohort, [Move(session, wall_start, minutes)], actor=actor, now=now)


def reschedule_all(cohort: Cohort, moves: Sequence[Move], *, actor: str, now: datetime) -> None:
    """Move several sessions at once, in as many statements as one takes; it raises what `reschedule` does."""
    moved: list[tuple[Session, datetime]] = []
    for wish in moves:
        if wish.session.state == "cancelled":
            raise Conflict(f"Session {wish.session.key!r} is cancelled. Take that back in the cohort file first.")
        old_starts_at = wish.session.starts_at
        if move(cohort, wish.session, wish.wall_start, wish.minutes, now=now):
            moved.append((wish.session, old_starts_at))
    if not moved:
        return
    refuse_overlap(cohort, [session for session, _ in moved])
    _take_drops_along([session for session, _ in moved], now)
    all_changed(cohort, moved, actor=actor, now=now)
    plan.replan(cohort, now=now)


def refuse_overlap(cohort: Cohort, moved: Sequence[Session]) -> None:
    """Raises Conflict where one of these runs while another session does; the cohort file refuses that, too."""
    scheduled = select(Session).where(Session.cohort_id == cohort.id, Session.state == "scheduled")
    running: Session | None = None
    for session in db.session.scalars(scheduled.order_by(Session.starts_at, Session.id)):
        if running is not None and session.starts_at < running.ends_at and not {session, running}.isdisjoint(moved):
            stays = running if session in moved else session
            raise Conflict(overlap_words(stays.title, datetime.fromisoformat(stays.wall_start), stays.minutes))
        if running is None or session.ends_at > running.ends_at:
            running = session


def _take_drops_along(sessions: Sequence[Session], now: datetime) -> None:
    """Move the drops that follow these sessions and have not been released. Raises Invalid (DST gap)."""
    followed = {session.id: session for session in sessions}
    followers = select(Drop).where(Drop.after_session_id.in_(followed), Drop.release_at > now)
    for drop in db.session.scalars(followers):
        session = followed[drop.after_session_id or 0]
        starts, ends = (
            moment.astimezone(zone(session.zone)).replace(tzinfo=None)
            for moment in (session.starts_at, session.ends_at)
        )
        at = time.fromisoformat(drop.after_at) if drop.after_at else None
        place_drop(drop, release_after(starts, ends, days=drop.after_days, at=at), because="follow this session")


def place_drop(drop: Drop, release: datetime, *, because: str = "move along") -> None:
    """Set when a drop opens, by the wall time meant. Raises Invalid (DST gap), saying why it would move."""
    drop.wall_release = release.isoformat(timespec="seconds")
    try:
        drop.release_at = to_utc(release, drop.zone)
    except NonexistentTime as error:
        raise Invalid("starts", f'The bonus "{drop.title}" would {because}. {error}') from error


def changed(cohort: Cohort, session: Session, *, old_starts_at: datetime, actor: str, now: datetime) -> None:
    """Tell everybody that what their calendars show of a session has changed; the plan is for the caller."""
    all_changed(cohort, [(session, old_starts_at)], actor=actor, now=now)


def all_changed(cohort: Cohort, moved: Sequence[tuple[Session, datetime]], *, actor: str, now: datetime) -> None:
    """Tell everybody of these sessions, each with its start until now, that they have changed."""
    known = plan.silence(*(session for session, _ in moved))
    for session, old_starts_at in moved:
        told = known.get(session.id, old_starts_at)
        # Moved back to when people think it is: what they would read must name two different times.
        told = old_starts_at if told == session.starts_at else told
        _tell_of_change(cohort, session, told, actor=actor, now=now)


def _tell_of_change(cohort: Cohort, session: Session, told: datetime, *, actor: str, now: datetime) -> None:
    _raise_revision(session, now)
    plan.announce(
        cohort,
        "session_changed",
        session.revision,
        now=now,
        session=session,
        old_starts_at=told,
        expires_at=session.ends_at,
    )
    audit.note(
        actor, "session.changed", f"session:{session.id}", now=now,
        old=told.isoformat(), new=session.starts_at.isoformat(),
    )  # fmt: skip


def reworded(session: Session, now: datetime) -> None:
    """A session reads differently but is when it was: calendars learn it at their next update, without a mail."""
    _raise_revision(session, now)


def added(cohort: Cohort, session: Session, *, actor: str, now: datetime) -> None:
    """Tell everybody already registered of one more session, with its invite; the plan is for the caller."""
    _raise_revision(session, now)
    plan.unsay(session, "session_cancelled", now)
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
    plan.silence(*ahead)
    in_cohort = select(Registration.id).where(Registration.cohort_id == cohort.id)
    # Whoever left before is not told of this: what takes it out of her calendar still goes out.
    kept = ("my_link", "registration_cancelled", "calendar_cancel")
    # By the priority the index of what is open is found: without, SQLite reads all that the cohort was ever sent.
    outbox.cancel(
        Delivery.priority.in_(ALL_PRIORITIES), Delivery.registration_id.in_(in_cohort), Delivery.kind.not_in(kept)
    )
    plan.announce(cohort, "cohort_cancelled", 1, now=now, session=ahead[0] if ahead else None)
    plan.replan(cohort, now=now)
    audit.note(actor, "cohort.cancelled", f"cohort:{cohort.id}", now=now)


def _raise_revision(session: Session, now: datetime) -> None:
    session.revision += 1
    session.updated_at = now
