"""Plays a cohort forward for one person, with the services that run the real one, in a database of its own.

Everything here happens inside `core/db.py: scratch()`. Nothing of it is decided here: `registrations` lets her in,
`plan` says what is sent, `broadcasts` writes it out when it is due, `outbox` hands it over, `invites` follows up.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, insert, select, update

from webinar_hub.core.db import Base, db, finish_now
from webinar_hub.models import Broadcast, Cohort, Delivery, Person, Registration, Rhythm, SessionChoice
from webinar_hub.rules.delivery import Claimed
from webinar_hub.services import broadcasts, outbox, plan, registrations
from webinar_hub.services.registrations import SignUp

# More than any moment brings: a cohort's invites all come with the confirmation.
_ALL = 10_000
_LEASE = 600.0
_A_MINUTE = timedelta(minutes=1)
# No hours that anybody can choose keep a mail for longer.
_LATEST_HOUR = timedelta(days=5)


@dataclass(frozen=True, slots=True)
class Visitor:
    """Who is played: as the sign-up form would know her, when she comes, and what she has switched off since."""

    name: str
    email: str
    zone: str
    profession: str
    joins_at: datetime
    reminders_off: bool = False
    bonuses_off: bool = False
    suppressed: bool = False
    is_real: bool = False
    rhythm: Mapping[str, Any] | None = None
    """The columns of her hours and her pause (`models/rhythm.py`), if she has chosen any."""
    opted_out: frozenset[int] = frozenset()
    """The ids of the sessions she leaves out."""


@dataclass(frozen=True, slots=True)
class Part:
    """The piece of the plan that is played: `most` messages from the one at `begin`, or `only` the one so named.

    What comes with the sign-up, confirmation and invites, is played with the first.
    """

    begin: int = 0
    most: int = _ALL
    only: str = ""


WHOLE = Part()


@dataclass(frozen=True, slots=True)
class Played:
    """What she is to be sent in this part, in its order; `following` messages of the plan come after it.

    `closed` says why nobody can come in at that moment, or is "".
    """

    claimed: Sequence[Claimed]
    keys: Mapping[int, str]
    following: int
    closed: str


def set_up(tables: Mapping[str, Sequence[Mapping[str, Any]]], visitor: Visitor) -> None:
    """Put the copied rows into the empty database, its cohort with free seats: whoever rehearses takes nobody's."""
    for name, rows in tables.items():
        if rows:
            opened = (_opened(row, visitor) if name == Cohort.__tablename__ else dict(row) for row in rows)
            db.session.execute(insert(Base.metadata.tables[name]), list(opened))


def _opened(cohort: Mapping[str, Any], visitor: Visitor) -> dict[str, Any]:
    """The cohort as it is when people come: not as a draft, which is rehearsed most, and not put away."""
    given: dict[str, Any] = {"seats_taken": 0, "capacity": None, "archived_at": None}
    # What is rehearsed is what somebody is sent who has a place; how she came by it is another matter.
    given |= {"needs_approval": False, "proves_address": False}
    if cohort["state"] == "draft":
        given["state"] = "open"
    if visitor.is_real:
        # She is in already, however the sign-up stands today.
        given |= {"enrolment_opens_at": None, "enrolment_closes_at": None}
    return dict(cohort) | {name: value for name, value in given.items() if name in cohort}


def play(cohort_id: int, visitor: Visitor, part: Part = WHOLE) -> Played:
    """Let her come in when she does, and bring about what she is sent from then on."""
    cohort = db.session.get_one(Cohort, cohort_id)
    planned = [message.due_at for message in plan.planned_messages(cohort)]
    plan.replan(cohort, now=min([*planned, visitor.joins_at]) - _A_MINUTE)
    db.session.flush()
    if closed := _come_in(cohort, visitor):
        return Played((), {}, 0, closed)
    chosen, following = _chosen(visitor, part)
    own = list(db.session.scalars(select(Broadcast).where(Broadcast.own_days.is_not(None))))
    claimed = list(_send(visitor.joins_at)) if not part.begin else list(_silently(visitor.joins_at))
    begins = chosen[0].due_at if part.begin and chosen else visitor.joins_at
    ends = chosen[-1].due_at if following else _horizon(visitor, planned, own)
    claimed += _run(visitor.joins_at, begins, ends)
    return Played(claimed, {row.id: row.key for row in [*chosen, *own]}, following, "")


def _horizon(visitor: Visitor, planned: Sequence[datetime], own: Sequence[Broadcast]) -> datetime:
    """When all is said: what comes on her own clock included, at whatever hour."""
    days = max((row.own_days or 0 for row in own), default=0)
    paused = visitor.rhythm["paused_until"] if visitor.rhythm else None
    return max([*planned, visitor.joins_at + timedelta(days=days), paused or visitor.joins_at]) + _LATEST_HOUR


def _run(joins_at: datetime, begins: datetime, ends: datetime) -> Iterator[Claimed]:
    """Ring whenever something is due, as the clock does; what is told before `begins` was in an earlier part."""
    while (moment := _next_bell()) is not None and moment <= ends:
        at = max(moment, joins_at)
        broadcasts.miss_expired(at)
        outbox.expire(at)
        while broadcasts.expand_next(at).more:
            pass
        # Her turn has been: nobody else comes.
        done = update(Broadcast).where(Broadcast.own_through > joins_at).values(state="expanded")
        db.session.execute(done, execution_options={"synchronize_session": False})
        if at >= begins:
            yield from _send(at)
        else:
            _send_all()
    while (later := _next_mail()) is not None:
        outbox.expire(later)
        yield from _send(later)


def _next_bell() -> datetime | None:
    broadcast = select(func.min(Broadcast.due_at)).where(Broadcast.state.in_(("planned", "expanding")))
    return min(filter(None, (db.session.scalar(broadcast), _next_mail())), default=None)


def _next_mail() -> datetime | None:
    moment: datetime | None = db.session.scalar(select(func.min(Delivery.due_at)).where(Delivery.state == "queued"))
    return moment


def _send_all() -> None:
    while (moment := _next_mail()) is not None:
        outbox.expire(moment)
        list(_send(moment))


def _come_in(cohort: Cohort, visitor: Visitor) -> str:
    form = SignUp(
        name=visitor.name, email=visitor.email, profession=visitor.profession, zone=visitor.zone,
        news_words="", page="/studio",
    )  # fmt: skip
    closed = registrations.sign_up(cohort.public_id, form, network="rehearsal", per_network=1, now=visitor.joins_at)
    if closed:
        return closed
    finish_now()
    registration = db.session.scalars(select(Registration)).one()
    registration.reminders_off_at = visitor.joins_at if visitor.reminders_off else None
    registration.bonuses_off_at = visitor.joins_at if visitor.bonuses_off else None
    if visitor.suppressed:
        db.session.execute(update(Person).values(suppressed_at=visitor.joins_at))
    if visitor.rhythm is not None:
        _take_over_rhythm(registration, visitor.rhythm)
    db.session.add_all(
        SessionChoice(
            registration_id=registration.id, session_id=session, out=True, revision=1, changed_at=visitor.joins_at
        )
        for session in visitor.opted_out
    )
    db.session.flush()
    return ""


def _take_over_rhythm(registration: Registration, rhythm: Mapping[str, Any]) -> None:
    db.session.add(Rhythm(person_id=registration.person_id, **rhythm))
    if rhythm["paused_until"] is not None and rhythm["pauses_bonuses"]:
        outbox.enqueue(
            f"registration:{registration.id}:catch-up:rehearsed", "catch_up", registration.id,
            now=max(rhythm["paused_at"], registration.registered_at), due_at=rhythm["paused_until"],
        )  # fmt: skip


def _chosen(visitor: Visitor, part: Part) -> tuple[list[Broadcast], int]:
    """The messages of this part; those before it count as written out, those after it are not due yet."""
    rows = list(
        db.session.scalars(
            select(Broadcast).where(Broadcast.state == "planned").order_by(Broadcast.due_at, Broadcast.id)
        )
    )
    coming = [row for row in rows if row.due_at >= visitor.joins_at]
    if part.only:
        chosen = [row for row in coming if row.key == part.only]
    else:
        chosen = coming[part.begin : part.begin + part.most]
    others = (
        update(Broadcast)
        .where(Broadcast.own_days.is_(None), Broadcast.id.not_in([row.id for row in chosen]))
        .values(state="expanded")
    )
    db.session.execute(others, execution_options={"synchronize_session": False})
    return chosen, max(0, len(coming) - part.begin - part.most)


def _send(now: datetime) -> Iterator[Claimed]:
    """Hand over everything due, as a sender does whose every mail is taken."""
    while claimed := outbox.claim(_ALL, lease=_LEASE, now=now):
        yield from claimed
        outbox.record([outbox.Result(item, "sent", "250 rehearsed") for item in claimed], now=now)
        # Only a confirmation brings more mails with it, the invites to the sessions after the next.
        if all(item.kind != "confirmation" for item in claimed):
            return


def _silently(now: datetime) -> Iterator[Claimed]:
    """What came with the sign-up was told in an earlier part."""
    list(_send(now))
    return iter(())
