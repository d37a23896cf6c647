"""Keeps what is still ahead at the wall time its organizer meant, when a new tz database moves a zone's clocks.

Governments change their minds a few weeks ahead. "7 pm in Asunción" then is another instant, and calendars, which
were sent instants, have to be told (RELIABILITY F19).
"""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.log import get_logger
from webinar_hub.models import Cohort, Drop, Session
from webinar_hub.rules.zones import NonexistentTime, UnknownZone, to_utc
from webinar_hub.services import plan, sessions

ACTOR = "time zone database"

log = get_logger("zones")


def follow(now: datetime) -> int:
    """Work out again every session and drop that lies ahead; how many sessions have moved.

    Everybody concerned gets one update a session. A wall time that clocks now jump over stays at its old instant
    and is logged: only the organizer can say what she means instead.
    """
    ahead = select(Session).where(Session.state == "scheduled", Session.starts_at > now).order_by(Session.id)
    moved = [session for session in db.session.scalars(ahead) if _differs(session.wall_start, session)]
    drops = select(Drop).where(Drop.release_at > now)
    shifted = [drop for drop in db.session.scalars(drops) if _differs(drop.wall_release, drop)]
    for drop in shifted:
        drop.release_at = to_utc(datetime.fromisoformat(drop.wall_release), drop.zone)
    cohorts = {session.cohort_id for session in moved} | {drop.cohort_id for drop in shifted}
    for cohort in db.session.scalars(select(Cohort).where(Cohort.id.in_(cohorts)).with_for_update()):
        _move((session for session in moved if session.cohort_id == cohort.id), cohort, now)
        plan.replan(cohort, now=now)
    return len(moved)


def _move(moved: Iterable[Session], cohort: Cohort, now: datetime) -> None:
    for session in moved:
        before = session.starts_at
        sessions.place(session, datetime.fromisoformat(session.wall_start), session.zone, session.minutes)
        sessions.changed(cohort, session, old_starts_at=before, actor=ACTOR, now=now)
        log.warning("session follows its zone", session=session.public_id, zone=session.zone)


def _differs(wall: str, row: Session | Drop) -> bool:
    try:
        instant = to_utc(datetime.fromisoformat(wall), row.zone)
    except (NonexistentTime, UnknownZone) as error:
        log.error("wall time lost", kind=type(row).__name__, id=row.public_id, reason=str(error))
        return False
    return instant != (row.starts_at if isinstance(row, Session) else row.release_at)
