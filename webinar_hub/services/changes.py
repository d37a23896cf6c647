"""Changes a cohort's dates at an organizer's wish, and holds back for ten minutes what would be said of it (B6).

Everything is true at once: pages show the new time, and whoever signs up is given it. Only what would be mailed
because of it waits, by `Broadcast.held_until`, so a change that nobody takes back needs nobody to finish it.
Taking it back is next door, in `undoing.py`; why it is so: docs/decisions/0007-undo.md.
"""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import or_, select, update

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.documents.when import when_in
from webinar_hub.models import Broadcast, Change, Cohort, Session
from webinar_hub.rules.change import Wish, fingerprint, held_until, moved_along
from webinar_hub.rules.zones import NonexistentTime, to_utc, zone
from webinar_hub.services import audit, outbox, picture, sessions, telling
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.services.picture import Picture, Rows
from webinar_hub.services.sessions import Move


def apply(cohort_key: str, wish: Wish, *, seen: str | None, actor: str, now: datetime) -> Change:
    """Make a wish true, all of it or nothing, and hold back what would be said of it.

    `seen` is the fingerprint of the dates on which she decided. Raises NotFound, EditedMeanwhile when they have
    changed since, Invalid and Conflict for what cannot be; for a wish that changes nothing Conflict.
    """
    cohort = sessions.find_cohort(cohort_key)
    rows = picture.rows_of(cohort)
    if seen is not None and seen != standing(rows):
        raise EditedMeanwhile()
    before = rows.picture()
    _forget_what_is_told(cohort, now)
    change = Change(cohort_id=cohort.id, actor=actor, words="", at=now)
    db.session.add(change)
    db.session.flush()
    with outbox.remembering(change.id):
        change.words = _do(rows, wish, actor=actor, now=now)[:500]
    _settle(change, rows, before, now)
    _note(change, now)
    leave_work()
    return change


def _forget_what_is_told(cohort: Cohort, now: datetime) -> None:
    over = or_(Change.until.is_(None), Change.until <= now, Change.undone_at.is_not(None))
    outbox.forget_silenced(select(Change.id).where(Change.cohort_id == cohort.id, over))


def standing(rows: Rows) -> str:
    """The fingerprint of a cohort's dates as they are."""
    return fingerprint(rows.cohort, list(rows.sessions.values()), list(rows.drops.values()))


def running(cohort_id: int, now: datetime) -> list[Change]:
    """The changes of a cohort that can be taken back at this moment, the latest first."""
    return list(
        db.session.scalars(
            select(Change)
            .where(Change.cohort_id == cohort_id, Change.until > now, Change.undone_at.is_(None))
            .order_by(Change.id.desc())
        )
    )


def _do(rows: Rows, wish: Wish, *, actor: str, now: datetime) -> str:
    """Do what is wished; the words for it."""
    cohort = rows.cohort
    if cohort.state == "cancelled":
        raise Conflict("This cohort is cancelled, so its dates cannot be changed.")
    match wish.what:
        case "move":
            return _move(rows, wish, actor=actor, now=now)
        case "shift":
            return _shift(rows, wish, actor=actor, now=now)
        case "cancel":
            session = _session(rows, wish.key)
            _refuse_untold_move(rows, session, now)
            if session.state == "cancelled":
                raise Conflict(f"“{session.title}” is cancelled already.")
            if session.ends_at <= now:
                raise Conflict(f"“{session.title}” is over: it cannot be cancelled any more.")
            sessions.cancel(cohort, session, actor=actor, now=now)
            return f"“{session.title}” on {when_in(session.starts_at, cohort.zone)} is cancelled."
        case "cancel-cohort":
            sessions.cancel_cohort(cohort, actor=actor, now=now)
            return f"“{cohort.title}” is cancelled, with every session ahead."


def _refuse_untold_move(rows: Rows, session: Session, now: datetime) -> None:
    """Raises Conflict where the mail would name a time that nobody has been told of."""
    for broadcast in rows.broadcasts.values():
        held = broadcast.held_until is not None and broadcast.held_until > now
        untold = held and broadcast.kind == "session_changed" and broadcast.state == "planned"
        if untold and broadcast.session_id == session.id:
            raise Conflict(
                f"You moved “{session.title}” a moment ago, and nobody knows of it yet. Undo that first, then "
                "cancel: so people read of the date that they know."
            )


def _session(rows: Rows, key: str) -> Session:
    for session in rows.sessions.values():
        if session.key == key:
            return session
    raise NotFound()


def _move(rows: Rows, wish: Wish, *, actor: str, now: datetime) -> str:
    cohort, anchor = rows.cohort, _session(rows, wish.key)
    if anchor.state == "cancelled":
        raise Conflict(f"“{anchor.title}” is cancelled, so it has no time to change.")
    if wish.starts is None:
        raise Invalid("starts", "Say the day and the time.")
    old, old_title = datetime.fromisoformat(anchor.wall_start), anchor.title
    chosen = _in_scope(rows, anchor, wish, now)
    moves = [
        Move(
            session,
            moved_along(datetime.fromisoformat(session.wall_start), old, wish.starts),
            wish.minutes or session.minutes,
        )
        for session in chosen
    ]
    _retitle(chosen, anchor, wish, now)
    _reschedule(cohort, moves, actor=actor, now=now)
    others = len(chosen) - 1
    more = f", and {others} more {'session' if others == 1 else 'sessions'} likewise" if others else ""
    if wish.starts != old:
        return f"“{anchor.title}” is now on {when_in(anchor.starts_at, cohort.zone)}{more}."
    if anchor.title != old_title:
        return f"“{old_title}” is now called “{anchor.title}”{more}."
    return f"“{anchor.title}” now takes {anchor.minutes} minutes{more}."


def _in_scope(rows: Rows, anchor: Session, wish: Wish, now: datetime) -> list[Session]:
    """The sessions that follow the wish; what has begun or is cancelled stays as it is."""
    if wish.scope == "this":
        return [anchor]
    ahead = [s for s in rows.sessions.values() if s.state == "scheduled" and (s.starts_at > now or s is anchor)]
    return [s for s in ahead if wish.scope == "all" or s.starts_at >= anchor.starts_at]


def _retitle(chosen: Sequence[Session], anchor: Session, wish: Wish, now: datetime) -> None:
    if not wish.title or wish.title == anchor.title:
        return
    for session in chosen:
        session.title = wish.title
        sessions.reworded(session, now)


def _reschedule(cohort: Cohort, moves: Sequence[Move], *, actor: str, now: datetime) -> None:
    try:
        sessions.reschedule_all(cohort, moves, actor=actor, now=now)
    except Invalid as error:
        raise Invalid("starts", error.message) from error


def _shift(rows: Rows, wish: Wish, *, actor: str, now: datetime) -> str:
    """Everything ahead by so many days: sessions, drops of their own time, the dates of sign-up."""
    if not wish.days:
        raise Invalid("days", "Say by how many days: a week is 7.")
    step, cohort = timedelta(days=wish.days), rows.cohort
    ahead = [s for s in rows.sessions.values() if s.state == "scheduled" and s.starts_at > now]
    if not ahead:
        raise Conflict("No session of this cohort lies ahead, so there is nothing to move.")
    _shift_drops(rows, {session.id for session in ahead}, step, now)
    _shift_sign_up(cohort, step, now)
    moves = [Move(s, datetime.fromisoformat(s.wall_start) + step, s.minutes) for s in ahead]
    _reschedule(cohort, moves, actor=actor, now=now)
    direction = "later" if wish.days > 0 else "earlier"
    days = f"{abs(wish.days)} {'day' if abs(wish.days) == 1 else 'days'}"
    number = f"{len(ahead)} {'session' if len(ahead) == 1 else 'sessions'}"
    return f"The cohort is moved {days} {direction}: {number}, with everything that belongs to them."


def _shift_drops(rows: Rows, moved: Collection[int], step: timedelta, now: datetime) -> None:
    """Those ahead that do not go along with a session of their own."""
    for drop in rows.drops.values():
        if drop.release_at > now and drop.after_session_id not in moved:
            sessions.place_drop(drop, datetime.fromisoformat(drop.wall_release) + step)
            if drop.release_at <= now:
                raise Conflict(f"The bonus “{drop.title}” would open in the past. Move by fewer days.")


def _shift_sign_up(cohort: Cohort, step: timedelta, now: datetime) -> None:
    for name in ("enrolment_opens_at", "enrolment_closes_at"):
        moment = getattr(cohort, name)
        if moment is not None and moment > now:
            setattr(cohort, name, _same_hour(moment, cohort.zone, step))


def _same_hour(moment: datetime, zone_name: str, step: timedelta) -> datetime:
    wall = moment.astimezone(zone(zone_name)).replace(tzinfo=None) + step
    try:
        return to_utc(wall, zone_name)
    except NonexistentTime:
        # Enrolment that ends in the hour which clocks skip ends when they have skipped it.
        return to_utc(wall + timedelta(hours=1), zone_name)


def _settle(change: Change, rows: Rows, before: Picture, now: datetime) -> None:
    """Write down what differs, hold back what would be said of it, and say nothing of what is as people know it."""
    after = picture.rows_of(rows.cohort)
    change.before, change.after = picture.difference(before, after.picture())
    if not any(table in change.after for table in ("cohorts", "sessions", "drops")):
        raise Conflict("That is how it is already, so there is nothing to change.")
    concerned = change.after.get("sessions", {})
    moments = [
        moment
        for values in (*concerned.values(), *change.before.get("sessions", {}).values())
        if (moment := picture.moment(values, "starts_at")) is not None
    ]
    # What is cancelled or takes longer keeps its start, which is not among what differs.
    moments += [after.sessions[int(id_)].starts_at for id_ in concerned]
    change.until = held_until(moments, now)
    earlier = [other for other in running(rows.cohort.id, now) if other.id != change.id]
    telling.unsay_what_is_known(after, change, earlier, now)
    _raise_versions(after, change)
    _hold(change, after, earlier)
    db.session.flush()
    change.before, change.after = picture.difference(before, picture.rows_of(rows.cohort).picture())


def _raise_versions(rows: Rows, change: Change) -> None:
    rows.cohort.version += 1
    for table in ("sessions", "drops"):
        for id_ in change.after.get(table, {}):
            getattr(rows, table)[int(id_)].version += 1


def _hold(change: Change, rows: Rows, earlier: Sequence[Change]) -> None:
    """Hold every broadcast that the change made or moved; what is held already waits as long."""
    if change.until is None:
        outbox.forget_silenced(select(Change.id).where(Change.id == change.id))
        return
    touched = change.after.get("broadcasts", {})
    for broadcast in rows.broadcasts.values():
        held_before = broadcast.held_until in {other.until for other in earlier}
        if broadcast.state == "planned" and (str(broadcast.id) in touched or held_before):
            broadcast.held_until = change.until
    for other in earlier:
        other.until = change.until


def tell_now(cohort_key: str, change_id: int, *, actor: str, now: datetime) -> None:
    """End the window of this change, and of every other one of the cohort: what waits goes out now.

    Telling twice is telling once. Raises NotFound.
    """
    cohort = sessions.find_cohort(cohort_key)
    change = db.session.scalars(
        select(Change).where(Change.id == change_id, Change.cohort_id == cohort.id)
    ).one_or_none()
    if change is None:
        raise NotFound()
    open_now = running(cohort.id, now)
    for other in open_now:
        other.until = now
    db.session.execute(
        update(Broadcast)
        .where(Broadcast.cohort_id == cohort.id, Broadcast.held_until > now)
        .values(held_until=now)
        .execution_options(synchronize_session=False)
    )
    if open_now:
        audit.note(actor, "change.told", f"cohort:{cohort.id}", now=now, changes=[other.id for other in open_now])
    leave_work()


def _note(change: Change, now: datetime) -> None:
    told = {table: rows for table, rows in change.after.items() if table != "broadcasts"}
    was = {table: rows for table, rows in change.before.items() if table != "broadcasts"}
    audit.note(
        change.actor, "dates.changed", f"cohort:{change.cohort_id}", now=now,
        change=change.id, words=change.words, before=was, after=told,
    )  # fmt: skip
