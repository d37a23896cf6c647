"""The calendar mails that follow another mail: one per session, because an invite holds one UID (RFC 5546, T13).

They are written when their forerunner is recorded as sent, by one statement for all its recipients: signing up
costs the same for one session as for fifty, and an address that refuses the first mail is not sent the rest.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, String, and_, case, cast, exists, literal, select
from sqlalchemy.orm import aliased

from webinar_hub.core.db import leave_work
from webinar_hub.core.inserts import insert_selected
from webinar_hub.models import Cohort, Delivery, Registration, Session
from webinar_hub.models.session_choice import has_opted_out, own_revision
from webinar_hub.rules.calendar_mail import CANCELS, MAY_REQUEST
from webinar_hub.rules.delivery import priority_of

# What follows which kind, for every other session that lies ahead. A session that was cancelled meanwhile, and is
# in her calendar still, leaves it on this occasion: whoever left is not told of it any more by a broadcast.
FOLLOWED_BY = {
    "confirmation": "invite",
    "registration_cancelled": "calendar_cancel",
    # Of somebody who had a place and was looked at again; whoever never had one has nothing in her calendar.
    "declined": "calendar_cancel",
    "cohort_cancelled": "calendar_cancel",
}
COLUMNS = [
    "key", "kind", "registration_id", "session_id", "state", "priority", "attempts",
    "created_at", "due_at", "expires_at",
]  # fmt: skip


def follow_up(deliveries: Sequence[int], kinds: Collection[str], *, now: datetime) -> None:
    """Write the calendar mails that follow these deliveries, all of them just sent and of these kinds."""
    for kind, next_kind in FOLLOWED_BY.items():
        if kind in kinds:
            insert_selected(Delivery, COLUMNS, _rows(deliveries, kind, next_kind, now))
            leave_work()


def _rows(deliveries: Sequence[int], kind: str, next_kind: str, now: datetime) -> Any:
    first = aliased(Delivery)
    revision = Session.revision + Registration.revision + own_revision()
    kind_of_session = case((Session.state == "scheduled", next_kind), else_="calendar_cancel")
    key = (
        literal("session:") + cast(Session.id, String) + ":" + kind_of_session + ":" + cast(revision, String)
        + ":registration:" + cast(Registration.id, String)
    )  # fmt: skip
    moment = literal(now, Delivery.due_at.type)
    return (
        select(
            key, kind_of_session, Registration.id, Session.id, literal("queued"),
            literal(priority_of(next_kind)), literal(0), moment, moment, Session.ends_at,
        )
        .select_from(first)
        .join(Registration, Registration.id == first.registration_id)
        .join(Session, Session.cohort_id == Registration.cohort_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(
            first.id.in_(deliveries),
            first.kind == kind,
            first.session_id.is_distinct_from(Session.id),
            Session.ends_at > now,
            ~_told_already(),
            _still_true(next_kind),
        )
    )  # fmt: skip


def _told_already() -> ColumnElement[bool]:
    """The mail that a session is cancelled took it out of her calendar, or is about to: no second one says so."""
    told = aliased(Delivery)
    key = (
        literal("session:") + cast(Session.id, String) + ":session_cancelled:" + cast(Session.revision, String)
        + ":registration:" + cast(Registration.id, String)
    )  # fmt: skip
    return select(told.id).where(told.key == key, told.state.in_(("queued", "sending", "sent"))).exists()


def _still_true(kind: str) -> ColumnElement[bool]:
    """An invite goes to who is coming, for what takes place; a cancellation to who left, and to who had it."""
    takes_place = Session.state == "scheduled"
    if kind == "invite":
        coming = (Registration.state == "confirmed") & ~has_opted_out(Session.id)
        return and_(coming, takes_place | _still_in_her_calendar())
    left = (Registration.state == "cancelled") & (takes_place | _still_in_her_calendar())
    declined = (Registration.state == "declined") & _still_in_her_calendar()
    called_off = (Cohort.state == "cancelled") & Registration.state.not_in(("unproven", "waitlisted", "offered"))
    return left | declined | called_off


def _still_in_her_calendar() -> ColumnElement[bool]:
    """She was sent the session, and nothing later takes it back; a later row has the higher SEQUENCE."""
    sent, taken_back = aliased(Delivery), aliased(Delivery)
    later = exists().where(
        taken_back.registration_id == sent.registration_id,
        taken_back.session_id == sent.session_id,
        taken_back.kind.in_(CANCELS),
        taken_back.state.in_(("queued", "sending", "sent")),
        taken_back.id > sent.id,
    )
    return exists().where(
        sent.registration_id == Registration.id,
        sent.session_id == Session.id,
        sent.kind.in_(MAY_REQUEST),
        sent.state == "sent",
        ~later,
    )
