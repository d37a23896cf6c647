"""What happens next in the demo, and what it can show of it."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from operator import attrgetter
from typing import Any

from sqlalchemy import Row, func, or_, select, true

from webinar_hub.core.db import db
from webinar_hub.documents.when import duration_in_words
from webinar_hub.models import (
    Announcement,
    Broadcast,
    Cohort,
    Delivery,
    Drop,
    Person,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.models.registration import IS_OFFERED
from webinar_hub.rules.example_people import CROWD
from webinar_hub.rules.join_window import OPENS_BEFORE, opens_at

_WORDS = {
    "live": "“We are live” goes out: {}",
    "drop": "A bonus opens: {}",
    "catch_up": "After a pause: {}",
    "thank_you": "Thank you: {}",
    "session_changed": "A new time: {}",
    "session_cancelled": "A session is called off: {}",
    "session_added": "A new date: {}",
    "cohort_cancelled": "It is called off: {}",
    "announcement": "An announcement goes out: {}",
    "news": "News go out: {}",
}


@dataclass(frozen=True, slots=True)
class NextThing:
    """Something that lies ahead: at a moment (aware UTC), in the zone of its cohort, and what it is."""

    at: datetime
    zone: str
    words: str


@dataclass(frozen=True, slots=True)
class Stage:
    """Where the demo plays: its first webinar with its first cohort, whose zone the demo's clock is shown in."""

    slug: str
    cohort: str
    zone: str


def stage() -> Stage | None:
    """The webinar the demo is about, or None before one is imported."""
    row = db.session.execute(
        select(Webinar.slug, Cohort.public_id, Cohort.zone)
        .join(Cohort, Cohort.webinar_id == Webinar.id)
        .order_by(Cohort.id)
        .limit(1)
    ).first()
    return Stage(row.slug, row.public_id, row.zone) if row else None


def next_moment(now: datetime) -> datetime | None:
    """The next moment after `now` at which anything happens: a mail is due, a door opens, a session ends."""
    # Whatever there is: the player must not jump over what happens in a cohort nobody looks at.
    thing = min(_things(now, true()), key=attrgetter("at"), default=None)
    return thing.at if thing else None


def next_thing(now: datetime) -> NextThing | None:
    """What the visitor will see happen next after `now`, or None where nothing lies ahead; five statements.

    That is in the first cohort, and in any other in which somebody who is not of the made-up crowd has a place.
    """
    somebody = (
        select(Registration.id)
        .join(Person, Person.id == Registration.person_id)
        .where(Registration.cohort_id == Cohort.id, Person.email_key.not_like(f"%{CROWD}"))
        .exists()
    )
    seen = or_(Cohort.id == select(func.min(Cohort.id)).scalar_subquery(), somebody)
    # Of two things at once the first one named is said, and a mail is what people look for.
    return min(_things(now, seen), key=attrgetter("at"), default=None)


def last_moment(now: datetime) -> datetime:
    """When the last planned thing will have happened; `now` where nothing lies ahead."""
    last_message = db.session.scalar(select(func.max(Broadcast.leaves_at())).where(Broadcast.state == "planned"))
    last_end = db.session.scalar(select(func.max(Session.ends_at)).where(Session.state == "scheduled"))
    return max(moment for moment in (now, last_message, last_end) if moment is not None)


def _things(now: datetime, seen: Any) -> Iterator[NextThing]:
    if row := _first(_next_broadcast(now).where(seen)):
        yield NextThing(row.due_at, row.zone, _said(row))
    if row := _first(_next_delivery(now).where(or_(Delivery.notice_id.is_not(None), seen))):
        yield NextThing(row.due_at, row.zone, "A mail that had to wait goes out")
    if row := _first(_next_session(Session.starts_at, after=now + OPENS_BEFORE).where(seen)):
        yield NextThing(opens_at(row.starts_at), row.zone, f"The join button comes alive: {row.title}")
    if row := _first(_next_session(Session.ends_at, after=now).where(seen)):
        yield NextThing(row.ends_at, row.zone, f"The live hour ends: {row.title}")
    if row := _first(_next_end_of_offer(now).where(seen)):
        yield NextThing(row.offer_until, row.zone, f"A seat that is held goes on to the next one: {row.title}")


def _first(statement: Any) -> Row[Any] | None:
    row: Row[Any] | None = db.session.execute(statement.limit(1)).first()
    return row


def _next_broadcast(now: datetime) -> Any:
    about = func.coalesce(Session.title, Drop.title, Announcement.subject, Webinar.title).label("about")
    moment = Broadcast.leaves_at()
    return (
        select(moment.label("due_at"), Broadcast.kind, Broadcast.lead_minutes, Drop.surprise, Cohort.zone, about)
        .join(Cohort, Cohort.id == Broadcast.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .outerjoin(Session, Session.id == Broadcast.session_id)
        .outerjoin(Drop, Drop.id == Broadcast.drop_id)
        .outerjoin(Announcement, Announcement.id == Broadcast.announcement_id)
        .where(Broadcast.state == "planned", moment > now)
        .order_by(moment, Broadcast.id)
    )


def _next_delivery(now: datetime) -> Any:
    return (
        select(Delivery.due_at, func.coalesce(Cohort.zone, _home()).label("zone"))
        .outerjoin(Registration, Registration.id == Delivery.registration_id)
        .outerjoin(Cohort, Cohort.id == Registration.cohort_id)
        .where(Delivery.state == "queued", Delivery.due_at > now)
        .order_by(Delivery.due_at, Delivery.id)
    )


def _next_end_of_offer(now: datetime) -> Any:
    return (
        select(Registration.offer_until, Cohort.zone, Webinar.title)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(IS_OFFERED, Registration.offer_until > now)
        .order_by(Registration.offer_until, Registration.id)
    )


def _home() -> Any:
    """The zone of the first cohort, for mails to staff, which belong to none."""
    first = select(Cohort.zone).order_by(Cohort.id).limit(1).scalar_subquery()
    return func.coalesce(first, "UTC")


def _next_session(moment: Any, *, after: datetime) -> Any:
    return (
        select(Session.starts_at, Session.ends_at, Session.title, Cohort.zone)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.state == "scheduled", moment > after)
        .order_by(moment, Session.id)
    )


def _said(row: Row[Any]) -> str:
    if row.surprise:
        return "A surprise bonus opens"  # what it is, nobody knows before
    if row.kind == "reminder" and row.lead_minutes:
        return f"Reminder, {duration_in_words(timedelta(minutes=row.lead_minutes))} before: {row.about}"
    return _WORDS.get(row.kind, "A mail goes out: {}").format(row.about)
