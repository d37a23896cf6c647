"""The outbox: writing deliveries, claiming them under a lease, recording what became of them.

What is due when is decided in `rules/delivery.py`; composing and sending happen in `worker/`, outside any
transaction. `docs/message-states.md` draws the states.
"""

import secrets
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any, cast

from sqlalchemy import (
    ColumnElement,
    CursorResult,
    Select,
    Table,
    and_,
    bindparam,
    case,
    delete,
    func,
    literal,
    or_,
    select,
    update,
)

from webinar_hub.core.clock import LONGEST_LEASE, lease_moment, ran_out
from webinar_hub.core.db import at_once, db, leave_work
from webinar_hub.core.inserts import insert_new, insert_selected
from webinar_hub.models import Delivery, SilencedDelivery
from webinar_hub.models.delivery import OPEN_STATES
from webinar_hub.rules.delivery import ALL_PRIORITIES, RESCUED, Claimed, priority_of
from webinar_hub.services import invites


@dataclass(frozen=True, slots=True)
class Result:
    """What became of a claimed delivery: the state it goes to and, for "queued", when it is due again.

    `burnt` says whether the attempt counts; one that never reached the mail server does not (F7).
    """

    claimed: Claimed
    state: str
    reply: str
    due_at: datetime | None = None
    burnt: bool = True


def enqueue(
    key: str,
    kind: str,
    registration_id: int | None,
    *,
    now: datetime,
    session_id: int | None = None,
    notice_id: int | None = None,
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    priority: int | None = None,
) -> None:
    """Put one message to one person into the outbox, due now or at `due_at`.

    A second one of the same key is not added. Without a registration it is a notice (`services/notices.py`).
    """
    values = {
        "key": key,
        "kind": kind,
        "registration_id": registration_id,
        "session_id": session_id,
        "notice_id": notice_id,
        "priority": priority_of(kind) if priority is None else priority,
        "created_at": now,
        "due_at": due_at or now,
        "expires_at": expires_at,
        "state": "queued",
        "attempts": 0,
    }
    insert_new(Delivery, values, "id")
    leave_work()


CLAIMED_COLUMNS = tuple(getattr(Delivery, name) for name in Claimed.__dataclass_fields__)


def claim(limit: int, *conditions: Any, lease: float, now: datetime) -> list[Claimed]:
    """Take up to `limit` due deliveries for `lease` seconds of the database's clock, the urgent ones first.

    `conditions` leave out what must not go now (`worker/pacer.py`).
    A row whose lease ran out belongs to nobody and is taken like a queued one: that is the whole rescue.
    The rows are picked in a CTE so that PostgreSQL evaluates LIMIT and SKIP LOCKED once.
    """
    token = secrets.token_urlsafe(16)
    picked = (
        select(Delivery.id)
        .where(_open(now), or_(Delivery.expires_at.is_(None), Delivery.expires_at > now), *conditions)
        .order_by(Delivery.priority, Delivery.due_at, Delivery.id)
        .limit(limit)
        .with_for_update(skip_locked=True)
        .cte("picked")
    )
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(select(picked.c.id)))
        .values(
            state="sending",
            lease_token=case((Delivery.state == "sending", token + RESCUED), else_=token),
            lease_until=lease_moment(lease),
            attempts=Delivery.attempts + 1,
            composed_at=func.coalesce(Delivery.composed_at, now, type_=Delivery.composed_at.type),
        )
        .returning(*CLAIMED_COLUMNS)
        .execution_options(synchronize_session=False)
    )
    rows = [Claimed(*row) for row in db.session.execute(statement)]
    return sorted(rows, key=lambda row: (priority_of(row.kind), row.id))


def _open(now: datetime) -> Any:
    """Due and held by nobody."""
    free = or_(Delivery.lease_until.is_(None), ran_out(Delivery.lease_until))
    # The index holds the open rows only, and SQLite takes it only where its condition is written out.
    return and_(OPEN_STATES, Delivery.due_at <= now, free)


def orphaned(now: datetime) -> bool:
    """Whether a lease ran out before its delivery was recorded: its sender has died, another must be woken.

    Cheap when nothing is due but what is being sent, however much waits for a later moment.
    """
    due = and_(OPEN_STATES, Delivery.priority.in_(ALL_PRIORITIES), Delivery.due_at <= now)
    left = select(Delivery.id).where(due, Delivery.state == "sending", ran_out(Delivery.lease_until))
    return db.session.scalar(left.limit(1)) is not None


def hurry(until: datetime, *, now: datetime) -> int:
    """Make due now what would be due between now and `until`; how many deliveries that were."""
    ahead = and_(OPEN_STATES, Delivery.due_at > now, Delivery.due_at <= until)
    statement = update(Delivery).where(ahead).values(due_at=now).execution_options(synchronize_session=False)
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def waiting(most: int, *, now: datetime) -> int:
    """How many deliveries could be claimed at this moment, counted no further than `most`."""
    some = (
        select(Delivery.id)
        .where(_open(now), or_(Delivery.expires_at.is_(None), Delivery.expires_at > now))
        .limit(most)
        .subquery()
    )
    return db.session.scalar(select(func.count()).select_from(some)) or 0


# Built once: every commit of a sender needs them.
_TABLE = cast("Table", Delivery.__table__)
_MINE = and_(_TABLE.c.id == bindparam("row"), _TABLE.c.lease_token == bindparam("token"))
_BACK = (
    update(_TABLE)
    .where(_MINE, _TABLE.c.state == "sending")
    .values(
        state=bindparam("goes_to"),
        reply=bindparam("said"),
        due_at=func.coalesce(bindparam("again", type_=_TABLE.c.due_at.type), _TABLE.c.due_at),
        attempts=_TABLE.c.attempts - bindparam("not_burnt"),
        # No server has seen it yet: the next attempt tells its own time.
        composed_at=case((_TABLE.c.attempts > bindparam("not_burnt"), _TABLE.c.composed_at)),
        lease_until=None,
        lease_token=None,
    )
)


# So many sent mails are recorded by one statement: each statement is a way to the database and back.
AT_ONCE = 16


@cache
def _done(number: int) -> Any:
    columns, each = _TABLE.c, range(number)
    mine = [and_(columns.id == bindparam(f"row_{n}"), columns.lease_token == bindparam(f"token_{n}")) for n in each]
    said = case(*((columns.id == bindparam(f"row_{n}"), bindparam(f"said_{n}")) for n in each))
    return (
        update(_TABLE)
        .where(or_(*mine))
        .values(state="sent", sent_at=bindparam("moment"), reply=said, lease_until=None, lease_token=None)
    )


_STILL_SENDING = select(_TABLE.c.id, _TABLE.c.lease_token).where(
    _TABLE.c.id.in_(bindparam("rows", expanding=True)), _TABLE.c.state == "sending"
)


def still_ours(claimed: Sequence[Claimed]) -> set[int]:
    """Which of these claimed deliveries nobody has cancelled or taken over meanwhile, by id (F23, F24)."""
    if not claimed:
        return set()
    tokens = {item.id: item.lease_token for item in claimed}
    found = db.session.connection().execute(_STILL_SENDING, {"rows": list(tokens)})
    return {id_ for id_, token in found if tokens[id_] == token}


def may_be_recorded_at_once(results: Sequence[Result]) -> bool:
    """Whether `record_at_once` will do: all were sent, nothing follows them, and each statement is a way there."""
    plain = all(result.state == "sent" and result.claimed.kind not in invites.FOLLOWED_BY for result in results)
    return plain and len(results) <= AT_ONCE and db.engine.dialect.name == "postgresql"


def record_at_once(results: Sequence[Result], following: Sequence[Claimed], *, now: datetime) -> set[int]:
    """What `record` and `still_ours` do, in one statement that is a transaction of its own."""
    wanted = {f"next_{n}": item.id for n, item in enumerate(following)}
    statement = _done_and_still_ours(len(results), len(following))
    found = at_once(statement, _numbered(results) | wanted | {"moment": now})
    tokens = {item.id: item.lease_token for item in following}
    return {id_ for id_, token in found if tokens.get(id_) == token}


@cache
def _done_and_still_ours(number: int, following: int) -> Any:
    done = _done(number).returning(_TABLE.c.id).cte("done")
    wanted = [bindparam(f"next_{n}", type_=_TABLE.c.id.type) for n in range(following)]
    ours = select(_TABLE.c.id, _TABLE.c.lease_token).where(_TABLE.c.id.in_(wanted), _TABLE.c.state == "sending")
    return ours.add_cte(done)


def record(results: Sequence[Result], *, now: datetime) -> None:
    """Write down what became of claimed deliveries, each only if its lease is still ours (fencing, F15).

    A mail that the server took is "sent" even if it was cancelled meanwhile: that is the truth. One that was
    not taken stays cancelled.
    """
    sent = [result for result in results if result.state == "sent"]
    other = [result for result in results if result.state != "sent"]
    for begin in range(0, len(sent), AT_ONCE):
        some = sent[begin : begin + AT_ONCE]
        db.session.connection().execute(_done(len(some)), _numbered(some) | {"moment": now})
    if sent:
        invites.follow_up([result.claimed.id for result in sent], _kinds(sent), now=now)
    if other:
        db.session.connection().execute(_BACK, [_parameters(result) | _fate(result) for result in other])


def _parameters(result: Result) -> dict[str, Any]:
    return {"row": result.claimed.id, "token": result.claimed.lease_token, "said": result.reply[:500]}


def _numbered(results: Sequence[Result]) -> dict[str, Any]:
    return {f"{name}_{n}": value for n, one in enumerate(results) for name, value in _parameters(one).items()}


def _fate(result: Result) -> dict[str, Any]:
    return {"goes_to": result.state, "again": result.due_at, "not_burnt": 0 if result.burnt else 1}


def _kinds(results: Sequence[Result]) -> frozenset[str]:
    return frozenset(result.claimed.kind for result in results)


REMEMBERING = "remembering"


@contextmanager
def remembering(change: int) -> Iterator[None]:
    """Write down what is cancelled inside, for `bring_back`: a change that can be taken back takes nothing away."""
    db.session().info[REMEMBERING] = change
    try:
        yield
    finally:
        del db.session().info[REMEMBERING]


UNTOUCHED = "untouched"


@contextmanager
def untouched() -> Iterator[None]:
    """Inside, nothing is cancelled: who only looks at what a change would do stops no mails and waits for none."""
    db.session().info[UNTOUCHED] = True
    try:
        yield
    finally:
        del db.session().info[UNTOUCHED]


def _remembered(change: int, conditions: tuple[Any, ...]) -> ColumnElement[bool]:
    """Note the deliveries that are about to be cancelled; a condition that holds for exactly those."""
    found: Any = (
        select(literal(change), Delivery.id, Delivery.lease_until).where(OPEN_STATES, *conditions).with_for_update()
    )
    insert_selected(SilencedDelivery, ["change_id", "delivery_id", "lease_until"], found)
    return Delivery.id.in_(_silenced_by(change))


def _silenced_by(change: int) -> Select[int]:
    return select(SilencedDelivery.delivery_id).where(SilencedDelivery.change_id == change)


def bring_back(change: int) -> int:
    """Put back into the outbox what a change took out of it, and what was not sent all the same; how many.

    What was being sent at that moment is its sender's until the lease of then is over: it may still tell.
    """
    held = (
        select(SilencedDelivery.lease_until)
        .where(SilencedDelivery.change_id == change, SilencedDelivery.delivery_id == Delivery.id)
        .scalar_subquery()
    )
    on_the_wire = Delivery.lease_token.is_not(None)
    statement = (
        update(Delivery)
        .where(Delivery.id.in_(_silenced_by(change)), Delivery.state == "cancelled")
        .values(
            state=case((on_the_wire, "sending"), else_="queued"),
            lease_until=case((on_the_wire, func.coalesce(held, lease_moment(LONGEST_LEASE)))),
        )
        .execution_options(synchronize_session=False)
    )
    leave_work()
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def forget_silenced(changes: Select[int]) -> None:
    """Forget what these changes took out: nothing brings it back any more."""
    db.session.execute(
        delete(SilencedDelivery)
        .where(SilencedDelivery.change_id.in_(changes))
        .execution_options(synchronize_session=False)
    )


def expire(now: datetime) -> int:
    """End every delivery whose sense has passed and that nobody is sending at this moment; how many."""
    statement = (
        update(Delivery)
        .where(_open(now), Delivery.expires_at <= now)
        .values(state="expired", lease_until=None, lease_token=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount


def cancel(*conditions: Any) -> int:
    """Cancel what meets `conditions` and has not been sent; how many.

    One that is being sent keeps its lease, so that its sender can still say what happened to it.
    """
    if UNTOUCHED in db.session().info:
        return 0
    change = db.session().info.get(REMEMBERING)
    if change is not None:
        conditions = (_remembered(change, conditions),)
    statement = (
        update(Delivery)
        .where(OPEN_STATES, *conditions)
        .values(state="cancelled", lease_until=None)
        .execution_options(synchronize_session=False)
    )
    return cast("CursorResult[Any]", db.session.execute(statement)).rowcount
