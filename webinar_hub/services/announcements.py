"""Announcements: written as a draft, held for five minutes once they are sent, taken back as long as they wait.

Whom they reach is decided when they come due, by the same conditions that counted them (`rules/segment.py`).
Writing the deliveries is `broadcasts.py` next door.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, func, or_, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.models import Announcement, Broadcast, Cohort, Delivery
from webinar_hub.rules import announcement as rules
from webinar_hub.rules.audience import how_many, others_who_write
from webinar_hub.rules.segment import Segment, from_data
from webinar_hub.services import audit, outbox
from webinar_hub.services.editing import edit


@dataclass(frozen=True, slots=True)
class Draft:
    """What an organizer has written; `whole_webinar` is for every cohort of it and not only this one."""

    kind: str
    subject: str
    body: str
    segment: Segment
    whole_webinar: bool = False


@dataclass(frozen=True, slots=True)
class Taken:
    """What taking back has stopped: `stopped` mails had not left yet, `sent` had, `leaving` may arrive or not."""

    stopped: int
    sent: int
    leaving: int


def write(cohort: str, draft: Draft, *, by: int, now: datetime) -> int:
    """Keep a new draft; its id. Raises Invalid for words or a segment that cannot be, NotFound."""
    home = _cohort(cohort)
    rules.demand_sound(draft.kind, draft.subject, draft.body, draft.segment)
    row = Announcement(webinar_id=home.webinar_id, written_by=by, created_at=now, **_columns(home, draft))
    db.session.add(row)
    db.session.flush()
    audit.note(f"organizer:{by}", "announcement.written", f"announcement:{row.id}", now=now, **_told(row))
    return row.id


def rewrite(cohort: str, announcement: int, draft: Draft, *, seen: int, by: int, now: datetime) -> None:
    """Change a draft. Raises Conflict once it is on its way, EditedMeanwhile, Invalid, NotFound."""
    row, home = locked(cohort, announcement), _cohort(cohort)
    if row.state != "draft":
        raise Conflict("It is on its way already. Take it back first, then change it.")
    rules.demand_sound(draft.kind, draft.subject, draft.body, draft.segment)
    edit(row, seen)
    before = _told(row)
    for name, value in _columns(home, draft).items():
        setattr(row, name, value)
    audit.note(
        f"organizer:{by}",
        "announcement.changed",
        f"announcement:{row.id}",
        now=now,
        before=before,
        after=_told(row),
    )


def discard(cohort: str, announcement: int, *, by: int, now: datetime) -> None:
    """Throw a draft away. Raises Conflict for one that has been sent to anybody, NotFound."""
    row = locked(cohort, announcement)
    if row.state != "draft" or _sent(row):
        raise Conflict("It has been sent, so it is kept: people may ask about it.")
    audit.note(f"organizer:{by}", "announcement.discarded", f"announcement:{row.id}", now=now, **_told(row))
    db.session.delete(row)


def schedule(
    cohort: str, announcement: int, wish: rules.Wish, *, seen: int, by: int, now: datetime, most_alone: int
) -> str:
    """Send it, now or later; its new state: "scheduled", or "waiting" where a second organizer has to agree.

    It is held for five minutes at least. Raises Conflict when it is on its way, when nobody would get it, or when
    it goes to more than `most_alone` people and she, who is alone, has not confirmed that; EditedMeanwhile, Invalid
    for a moment that cannot be, NotFound.
    """
    row = locked(cohort, announcement)
    if row.state != "draft":
        raise Conflict("It is on its way already.")
    people: int = (
        db.session.scalar(how_many(row.kind, row.webinar_id, row.cohort_id, from_data(row.segment), now)) or 0
    )
    rules.demand_sendable(wish, people, now)
    needs_another = people > most_alone and bool(db.session.execute(others_who_write(row.webinar_id, by)).first())
    if people > most_alone and not needs_another and not wish.is_sure:
        raise Invalid("sure", f"This goes to {people:,} people. Check the box that says so, then send it.")
    edit(row, seen)
    row.due_at, row.counted, row.approved_by = wish.at or now, people, None
    # Whoever sends it stands for it: nobody agrees to what she has sent herself, whoever began the draft.
    row.written_by = by
    row.state = "waiting" if needs_another else "scheduled"
    if row.state == "scheduled":
        _send(row, now)
    audit.note(f"organizer:{by}", f"announcement.{row.state}", f"announcement:{row.id}", now=now, **_told(row))
    return row.state


def approve(cohort: str, announcement: int, *, seen: int, by: int, now: datetime) -> None:
    """A second organizer agrees. Raises Conflict for its writer and for one that does not wait, EditedMeanwhile."""
    row = locked(cohort, announcement)
    if row.state != "waiting":
        raise Conflict("It does not wait for anybody any more.")
    if row.written_by == by:
        raise Conflict("Somebody other than its writer has to look at it.")
    edit(row, seen)
    row.state, row.approved_by = "scheduled", by
    _send(row, now)
    audit.note(f"organizer:{by}", "announcement.approved", f"announcement:{row.id}", now=now, **_told(row))


def take_back(cohort: str, announcement: int, *, by: int, now: datetime) -> Taken:
    """Make it a draft again and stop what has not left. Raises Conflict when there is nothing to stop, NotFound.

    A worker that writes its audience out at this moment holds the broadcast, so what it writes is seen and stopped.
    """
    row = locked(cohort, announcement)
    broadcasts = list(
        db.session.scalars(select(Broadcast).where(Broadcast.announcement_id == row.id).with_for_update())
    )
    waits = [one for one in broadcasts if one.state in ("planned", "expanding")]
    stopped = outbox.cancel(Delivery.broadcast_id.in_([one.id for one in broadcasts])) if broadcasts else 0
    if row.state == "draft" or (row.state == "scheduled" and not waits and not stopped):
        raise Conflict("There is nothing to take back: it is a draft, or every mail of it has left.")
    for one in waits:
        one.state = "withdrawn"
    row.state, row.due_at, row.approved_by = "draft", None, None
    row.version += 1
    leaving = _number(row, Delivery.state == "cancelled", Delivery.lease_token.is_not(None))
    taken = Taken(stopped, _sent(row), leaving)
    audit.note(
        f"organizer:{by}", "announcement.taken_back", f"announcement:{row.id}", now=now,
        stopped=taken.stopped, sent=taken.sent, leaving=taken.leaving,
    )  # fmt: skip
    return taken


def locked(cohort: str, announcement: int) -> Announcement:
    """The announcement, to be changed, if it belongs to this cohort or to all of its webinar. Raises NotFound."""
    home = _cohort(cohort)
    row = db.session.scalars(
        select(Announcement)
        .where(
            Announcement.id == announcement,
            Announcement.webinar_id == home.webinar_id,
            or_(Announcement.cohort_id.is_(None), Announcement.cohort_id == home.id),
        )
        .with_for_update()
    ).first()
    if row is None:
        raise NotFound("There is no such announcement.")
    return row


def _send(row: Announcement, now: datetime) -> None:
    """One broadcast for each cohort, due when its time to be taken back is over."""
    row.due_at = max(row.due_at or now, now + rules.HELD)
    cohorts = select(Cohort.id).where(Cohort.webinar_id == row.webinar_id)
    if row.cohort_id is not None:
        cohorts = cohorts.where(Cohort.id == row.cohort_id)
    before = db.session.scalar(select(func.max(Broadcast.round)).where(Broadcast.announcement_id == row.id))
    for cohort in db.session.scalars(cohorts.order_by(Cohort.id)):
        db.session.add(
            Broadcast(
                cohort_id=cohort,
                key=f"announcement:{row.id}",
                round=(before or 0) + 1,
                kind=row.kind,
                announcement_id=row.id,
                segment=row.segment,
                due_at=row.due_at,
            )
        )
    db.session.flush()
    leave_work()


def _sent(row: Announcement) -> int:
    return _number(row, Delivery.state == "sent")


def _number(row: Announcement, *conditions: ColumnElement[bool]) -> int:
    """How many deliveries of it are so."""
    of_it = select(Broadcast.id).where(Broadcast.announcement_id == row.id)
    number = db.session.scalar(select(func.count()).where(Delivery.broadcast_id.in_(of_it), *conditions))
    return number or 0


def _cohort(key: str) -> Cohort:
    row = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if row is None:
        raise NotFound()
    return row


def _columns(home: Cohort, draft: Draft) -> dict[str, Any]:
    return {
        "cohort_id": None if draft.whole_webinar else home.id,
        "kind": draft.kind,
        "subject": " ".join(draft.subject.split()),
        "body": draft.body,
        "segment": draft.segment.as_data(),
    }


def _told(row: Announcement) -> dict[str, Any]:
    due = row.due_at.isoformat() if row.due_at else None
    return {"title": row.subject, "body": row.body, "segment": row.segment, "due": due, "people": row.counted}
