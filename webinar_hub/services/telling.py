"""Who was given a date that did not last: she, and nobody else, is told how it is now.

Whoever signed up while a change could be taken back has the new time in her confirmation and her calendar. When it
is taken back, or moved back by hand, all others still know the right time and are not written to.
"""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime

from sqlalchemy import and_, insert, or_, select

from webinar_hub.core.db import db, leave_work
from webinar_hub.models import Broadcast, Change, Cohort, Delivery, Registration, Session
from webinar_hub.rules.calendar_mail import MAY_REQUEST
from webinar_hub.rules.delivery import priority_of
from webinar_hub.services import picture
from webinar_hub.services.picture import Rows


def unsay_what_is_known(rows: Rows, change: Change, earlier: Sequence[Change], now: datetime) -> None:
    """Withdraw the announcement of a session that is back at the time people know, moved by changes they do not.

    Those who came meanwhile and were given another time are told.
    """
    if not earlier or change.until is None:
        return
    known, since = _known_before(earlier)
    told = {int(id_) for id_, values in known.items() if id_ in change.after.get("sessions", {})
            and picture.holds(rows.sessions[int(id_)], values, but=("title",))}  # fmt: skip
    for broadcast in rows.broadcasts.values():
        if broadcast.kind == "session_changed" and broadcast.state == "planned" and broadcast.session_id in told:
            broadcast.state = "withdrawn"
    for id_ in told:
        session = rows.sessions[id_]
        old = picture.moment(change.before["sessions"][str(id_)], "starts_at") or session.starts_at
        tell_those_given(rows.cohort, [session], {id_: old}, since=since[str(id_)], now=now)


def _known_before(changes: Sequence[Change]) -> tuple[dict[str, picture.Values], dict[str, datetime]]:
    """What people know of each session these changes moved, and since when they do not know better."""
    known: dict[str, picture.Values] = {}
    since: dict[str, datetime] = {}
    for other in changes:  # the latest first, so what stays is the earliest
        for id_, values in other.before.get("sessions", {}).items():
            known[id_] = known.get(id_, {}) | values
            since[id_] = other.at
    return known, since


def tell_those_given(
    cohort: Cohort,
    sessions: Iterable[Session],
    old_starts_at: dict[int, datetime],
    *,
    since: datetime,
    now: datetime,
) -> int:
    """Write to everybody who was given, since then, another time of these sessions, or a plan without them.

    `old_starts_at` is the time she was given, by session; one that is not in it is new to her. How many mails.
    """
    about = [session for session in sessions if session.ends_at > now]
    if not about:
        return 0
    given = _given(cohort, [session.id for session in about], since)
    mails = 0
    for session in about:
        moved = session.id in old_starts_at
        readers = given.get(None, set()) | (given.get(session.id, set()) if moved else set())
        if readers:
            mails += _tell(cohort, session, readers, old_starts_at.get(session.id), now)
    return mails


def _given(cohort: Cohort, sessions: Collection[int], since: datetime) -> dict[int | None, set[int]]:
    """By session, or None for all: the registrations that were sent its date since then, or are just now."""
    lately = or_(Delivery.sent_at >= since, and_(Delivery.state == "sending", Delivery.composed_at >= since))
    about_one = and_(Delivery.kind.in_(MAY_REQUEST), Delivery.session_id.in_(sessions))
    rows = db.session.execute(
        select(Delivery.registration_id, Delivery.session_id, Delivery.kind)
        .join(Registration, Registration.id == Delivery.registration_id)
        .where(
            Registration.cohort_id == cohort.id,
            Registration.state == "confirmed",
            lately,
            or_(Delivery.kind == "confirmation", about_one),
        )
    )
    found: dict[int | None, set[int]] = {}
    for registration, session, kind in rows:
        if registration is None:
            continue
        # A confirmation lists every date, whichever of them its invite is for.
        found.setdefault(None if kind == "confirmation" else session, set()).add(registration)
    return found


def _tell(cohort: Cohort, session: Session, readers: Collection[int], old: datetime | None, now: datetime) -> int:
    kind = "session_added" if old is None else "session_changed"
    broadcast = Broadcast(
        cohort_id=cohort.id,
        key=f"session:{session.id}:{kind}:{session.revision}:given",
        kind=kind,
        session_id=session.id,
        old_starts_at=old,
        due_at=now,
        expires_at=session.ends_at,
        state="expanded",
        expanded_at=now,
    )
    db.session.add(broadcast)
    db.session.flush()
    mail = {
        "kind": kind, "broadcast_id": broadcast.id, "session_id": session.id, "state": "queued",
        "priority": priority_of(kind), "attempts": 0, "created_at": now, "due_at": now,
        "expires_at": session.ends_at,
    }  # fmt: skip
    rows = [
        mail | {"key": f"{broadcast.key}:registration:{id_}", "registration_id": id_} for id_ in sorted(readers)
    ]
    db.session.execute(insert(Delivery), rows)
    leave_work()
    return len(rows)
