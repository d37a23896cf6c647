"""Keeps the stored broadcasts true to the plan: adds, re-times and withdraws; what was sent stays."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db, leave_work
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop, Session
from webinar_hub.rules.calendar_mail import ABOUT_ITS_TIME
from webinar_hub.rules.message_plan import (
    DropFacts,
    MessageRules,
    PlannedMessage,
    SessionFacts,
    overdue,
    plan,
)
from webinar_hub.services import outbox, own_clocks

OPEN = ("planned", "expanding")


def planned_messages(cohort: Cohort) -> list[PlannedMessage]:
    """The cohort's plan as its rows stand now; one that is a draft, cancelled or put away has none."""
    if cohort.state != "open" or cohort.archived_at is not None:
        return []
    sessions = db.session.scalars(select(Session).where(Session.cohort_id == cohort.id))
    drops = db.session.scalars(select(Drop).where(Drop.cohort_id == cohort.id))
    thanks = cohort.thank_you_minutes
    return plan(
        cohort.id,
        [SessionFacts(s.id, s.starts_at, s.ends_at, s.state == "cancelled") for s in sessions],
        [DropFacts(drop.id, drop.release_at) for drop in drops if drop.enrolment_days is None],
        MessageRules(
            reminders=tuple(timedelta(minutes=minutes) for minutes in cohort.reminder_minutes),
            announces_live=cohort.announces_live,
            thank_you_after=timedelta(minutes=thanks) if thanks is not None else None,
        ),
    )


def replan(cohort: Cohort, *, now: datetime) -> None:
    """Compare the plan with the stored broadcasts and change what differs, for what still lies ahead.

    Announcements of a change (`announce`) are not part of the plan and are left alone.
    """
    db.session.flush()
    stored = _stored(cohort)
    wanted = {message.key: message for message in planned_messages(cohort)}
    for key, message in wanted.items():
        _make_true(cohort, message, stored.get(key, []), now)
    dropped = (row for key, rows in stored.items() if key not in wanted for row in rows)
    _withdraw([row for row in dropped if row.state in (*OPEN, "expanded")])
    _withdraw(own_clocks.replan(cohort, now=now))
    if cohort.state == "cancelled":
        _withdraw_announcements(cohort)
    leave_work()


def announce(
    cohort: Cohort,
    kind: str,
    revision: int,
    *,
    now: datetime,
    session: Session | None = None,
    old_starts_at: datetime | None = None,
    expires_at: datetime | None = None,
) -> None:
    """Tell everybody in the cohort at once; one announcement of a kind for each revision of its subject.

    Of a draft nobody is told anything: nobody can be in it.
    """
    if cohort.state == "draft":
        return
    subject = f"session:{session.id}" if session else f"cohort:{cohort.id}"
    db.session.add(
        Broadcast(
            cohort_id=cohort.id,
            key=f"{subject}:{kind}:{revision}",
            kind=kind,
            session_id=session.id if session else None,
            old_starts_at=old_starts_at,
            due_at=now,
            expires_at=expires_at,
        )
    )
    leave_work()


def silence(*sessions: Session) -> dict[int, datetime]:
    """Stop what is on its way about sessions' old times: reminders, invites, earlier announcements (F23).

    Of a session whose last move nobody has been told of yet, by id: the start that people still know.
    """
    about_them = Broadcast.session_id.in_([session.id for session in sessions])
    # A worker that is writing an audience out right now holds its broadcast: what it writes must be seen below.
    db.session.execute(select(Broadcast.id).where(about_them).with_for_update())
    # By broadcast, and then what belongs to none: there is an index for that, so nobody else's mails are looked at.
    of_sessions = select(Broadcast.id).where(about_them)
    outbox.cancel(Delivery.broadcast_id.in_(of_sessions), Delivery.kind.in_(ABOUT_ITS_TIME))
    outbox.cancel(
        Delivery.broadcast_id.is_(None),
        Delivery.session_id.in_([session.id for session in sessions]),
        Delivery.kind.in_(ABOUT_ITS_TIME),
    )
    open_announcements = select(Broadcast).where(
        about_them, Broadcast.kind.in_(("session_changed", "session_added")), Broadcast.state.in_(OPEN)
    )
    known: dict[int, datetime] = {}
    for broadcast in db.session.scalars(open_announcements.order_by(Broadcast.id)):
        if broadcast.state == "planned" and broadcast.session_id and broadcast.old_starts_at:
            known.setdefault(broadcast.session_id, broadcast.old_starts_at)
        broadcast.state = "withdrawn"
    return known


def _withdraw_announcements(cohort: Cohort) -> None:
    """What an organizer wrote before she cancelled the cohort, and what still waits, was not meant for this."""
    _withdraw(
        list(
            db.session.scalars(
                select(Broadcast)
                .where(
                    Broadcast.cohort_id == cohort.id,
                    Broadcast.announcement_id.is_not(None),
                    Broadcast.state.in_(OPEN),
                )
                .with_for_update()
            )
        )
    )


def unsay(session: Session, kind: str, now: datetime) -> None:
    """Withdraw what is held back of a session and is not true any more."""
    untold = select(Broadcast).where(
        Broadcast.session_id == session.id,
        Broadcast.kind == kind,
        Broadcast.state == "planned",
        ~Broadcast.is_free(now),
    )
    for broadcast in db.session.scalars(untold.with_for_update()):
        broadcast.state = "withdrawn"


def _stored(cohort: Cohort) -> dict[str, list[Broadcast]]:
    """The plan's stored broadcasts by key, the latest round last."""
    rows = db.session.scalars(
        select(Broadcast)
        .where(
            Broadcast.cohort_id == cohort.id,
            Broadcast.kind.in_(("reminder", "live", "drop", "thank_you")),
            Broadcast.own_days.is_(None),
        )
        .order_by(Broadcast.key, Broadcast.round)
        .with_for_update()
    )
    stored: dict[str, list[Broadcast]] = {}
    for row in rows:
        stored.setdefault(row.key, []).append(row)
    return stored


def _make_true(cohort: Cohort, message: PlannedMessage, rounds: Sequence[Broadcast], now: datetime) -> None:
    latest = rounds[-1] if rounds else None
    if latest is not None and latest.due_at == message.due_at and latest.state != "withdrawn":
        latest.expires_at = message.expires_at
        return
    if message.due_at <= now:
        _catch_up(cohort, message, rounds, now)
    elif latest is not None and latest.state in OPEN and latest.expanded_through == 0 and latest.early is None:
        latest.due_at, latest.expires_at = message.due_at, message.expires_at
    else:
        # It went out for the old time, or never will: the new time gets a round of its own.
        _withdraw([row for row in rounds if row.state in ("expanding", "expanded")])
        db.session.add(_broadcast(cohort, message, latest.round + 1 if latest else 1))


def _catch_up(cohort: Cohort, message: PlannedMessage, rounds: Sequence[Broadcast], now: datetime) -> None:
    """Its moment has passed: nothing of it is sent later, and what is worth a mail still is due now, once."""
    late = overdue(message, now)
    _withdraw([row for row in rounds if row.state in OPEN and (late is None or row.due_at > now)])
    if late is not None and all(row.state == "withdrawn" for row in rounds):
        broadcast = _broadcast(cohort, late, rounds[-1].round + 1 if rounds else 1)
        if not cohort.seats_taken:
            # Nobody is here to be told, and who signs up from now on sees it on her page.
            broadcast.state, broadcast.expanded_at = "expanded", now
        db.session.add(broadcast)


def _withdraw(broadcasts: Sequence[Broadcast]) -> None:
    """Stop broadcasts, and what of them still waits in the outbox."""
    for broadcast in broadcasts:
        if broadcast.state in OPEN:
            broadcast.state = "withdrawn"
    if broadcasts:
        outbox.cancel(Delivery.broadcast_id.in_([broadcast.id for broadcast in broadcasts]))


def _broadcast(cohort: Cohort, message: PlannedMessage, round_: int) -> Broadcast:
    return Broadcast(
        cohort_id=cohort.id,
        key=message.key,
        round=round_,
        kind=message.kind,
        session_id=message.session_id,
        drop_id=message.drop_id,
        lead_minutes=int(message.lead.total_seconds() // 60) if message.lead else None,
        due_at=message.due_at,
        expires_at=message.expires_at,
    )
