"""Takes a change of dates back before anybody has been told of it (FEATURES B6).

Everything is as it was, but for what only ever rises: revisions of calendar entries and versions of rows.
"""

from datetime import datetime
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import Broadcast, Change, Session
from webinar_hub.services import audit, changes, outbox, picture, plan, sessions, telling
from webinar_hub.services.picture import Rows

TOO_LATE = "The ten minutes are over: people are being told of this change. Change it again, and they hear of that."


def undo(cohort_key: str, change_id: int, *, actor: str, now: datetime) -> int:
    """Take a change back; to how many people a mail goes because they were given the new time meanwhile.

    Undoing twice is undoing once. Raises NotFound; Conflict when it is too late, when a later change has to be
    taken back first, when something of it was changed by another way since, or its old time is taken by now.
    """
    cohort = sessions.find_cohort(cohort_key)
    change = db.session.scalars(
        select(Change).where(Change.id == change_id, Change.cohort_id == cohort.id).with_for_update()
    ).one_or_none()
    if change is None:
        raise NotFound()
    if change.undone_at is not None:
        return 0
    rows = picture.rows_of(cohort)
    _demand_possible(change, rows, now)
    given = _times_given(change, rows)
    _put_dates_back(change, rows, now)
    sessions.refuse_overlap(cohort, _sessions_of(change, rows))
    _put_messages_back(change, rows, now)
    outbox.bring_back(change.id)
    change.undone_at = now
    mails = telling.tell_those_given(cohort, _sessions_of(change, rows), given, since=change.at, now=now)
    plan.replan(cohort, now=now)
    audit.note(
        actor, "change.undone", f"cohort:{cohort.id}", now=now, change=change.id, words=change.words, mails=mails
    )
    leave_work()
    return mails


def _demand_possible(change: Change, rows: Rows, now: datetime) -> None:
    if change.until is None or change.until <= now or _has_left(change, rows):
        raise Conflict(TOO_LATE)
    if any(other.id > change.id for other in changes.running(rows.cohort.id, now)):
        raise Conflict("Something was changed after this. Take the later change back first, then this one.")
    for table, known in rows.tables():
        if table == "broadcasts":
            continue
        for id_, values in change.after.get(table, {}).items():
            row = known.get(int(id_))
            if row is None or not picture.holds(row, values):
                raise Conflict(
                    "Somebody has changed the same dates by another way since. Nothing was undone: look at the "
                    "timeline, and change what is not right."
                )


def _has_left(change: Change, rows: Rows) -> bool:
    """Whether something that was held back is going out: a worker's clock may be ahead of ours."""
    held = (id_ for id_, values in change.after.get("broadcasts", {}).items() if values.get("held_until"))
    found = (rows.broadcasts.get(int(id_)) for id_ in held)
    return any(broadcast is not None and broadcast.state in ("expanding", "expanded") for broadcast in found)


def _times_given(change: Change, rows: Rows) -> dict[int, datetime]:
    """By session: when it was to be while the change held, for those that take place then as before."""
    changed = change.after.get("sessions", {}).items()
    return {int(id_): rows.sessions[int(id_)].starts_at for id_, values in changed if "state" not in values}


def _sessions_of(change: Change, rows: Rows) -> list[Session]:
    """Those whose time or taking place was changed; of another title calendars learn at their next update."""
    told = {"starts_at", "ends_at", "state"}
    return [
        rows.sessions[int(id_)] for id_, values in change.after.get("sessions", {}).items() if told & values.keys()
    ]


def _put_dates_back(change: Change, rows: Rows, now: datetime) -> None:
    for table, known in rows.tables():
        if table == "broadcasts":
            continue
        for id_, values in change.before.get(table, {}).items():
            row: Any = known[int(id_)]
            picture.put(row, values)
            if table != "cohorts":
                row.version += 1
            if table == "sessions":
                sessions.reworded(row, now)
    rows.cohort.version += 1


def _put_messages_back(change: Change, rows: Rows, now: datetime) -> None:
    """What the change made is gone, what it moved or withdrew is as it was; what others hold still waits."""
    left = [other for other in changes.running(rows.cohort.id, now) if other.id != change.id]
    before = change.before.get("broadcasts", {})
    for id_, values in change.after.get("broadcasts", {}).items():
        broadcast = rows.broadcasts.get(int(id_))
        if broadcast is None:
            continue
        if id_ not in before:
            _take_away(broadcast)
        elif picture.holds(broadcast, values, but=("held_until",)):
            picture.put(broadcast, before[id_])
            if broadcast.held_until is not None:
                broadcast.held_until = left[0].until if left else None
    db.session.flush()


def _take_away(broadcast: Broadcast) -> None:
    if broadcast.state == "planned":
        db.session.delete(broadcast)
    else:
        broadcast.state = "withdrawn"
