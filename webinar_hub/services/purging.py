"""The nightly clean-up: what has had its time is deleted in small steps, after it was announced (FEATURES G4).

What a kind is, and which rows are over, is in `rules/retention.py`. Each call is one short transaction; whoever is
killed in between goes on where it was, because what is gone is not found again.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import AuditEntry, AuditHead, AuditLink, LooseFile, Purge
from webinar_hub.rules.personal_data import HELD
from webinar_hub.rules.retention import (
    KINDS,
    NOTICE,
    Target,
    chained_through,
    cutoff,
    emptied_names,
    night_of,
    people_to_forget,
    targets,
)
from webinar_hub.services import audit, erasing

AT_ONCE = 500
PEOPLE_AT_ONCE = 20
SYSTEM = "system"
ONLY = 1


@dataclass(frozen=True, slots=True)
class Periods:
    """What the owner has set: days by kind (0 for ever), and the zone whose nights count."""

    days: Mapping[str, int]
    zone: str

    def before(self, kind: str, now: datetime) -> datetime | None:
        """What ended before this moment has had its time; None for never."""
        return cutoff(self.days[kind], now)


def confirm(kind: str, periods: Periods, *, actor: str, now: datetime) -> None:
    """Let the clean-up of a kind begin with the next night. Raises NotFound, Conflict for what is kept for ever."""
    if kind not in KINDS:
        raise NotFound()
    if not periods.days[kind]:
        raise Conflict("This is kept for ever, so nothing is deleted.")
    row = _row(kind, periods, now)
    if row.confirmed_at is None:
        row.confirmed_at = now
        audit.note(actor, "purge.confirmed", f"purge:{kind}", now=now, days=row.days)


def hold(kind: str, periods: Periods, *, actor: str, now: datetime) -> None:
    """Put the clean-up of a kind off for two more weeks, from now. Raises NotFound."""
    if kind not in KINDS:
        raise NotFound()
    row = _row(kind, periods, now)
    row.announced_at, row.confirmed_at = now, None
    audit.note(actor, "purge.held", f"purge:{kind}", now=now, days=row.days)


def take_next_step(periods: Periods, *, now: datetime) -> bool:
    """One step of tonight's clean-up; whether there is more to do now."""
    for kind in KINDS:
        before = periods.before(kind, now)
        if before is not None and _step(kind, before, periods, now):
            return True
    return False


def _step(kind: str, before: datetime, periods: Periods, now: datetime) -> bool:
    """Whether something of this kind was done, and more may be left of it."""
    row = db.session.get(Purge, kind)
    if row is not None and row.days <= periods.days[kind] and _is_done_tonight(row, periods, now):
        return False
    if row is None or row.days > periods.days[kind]:
        if not _anything(kind, before, periods, now):
            return False
        row = _row(kind, periods, now)
    if row.confirmed_at is None and not _has_been_announced(row, periods, now):
        return False
    if row.began_at is None or night_of(periods.zone, row.began_at) != night_of(periods.zone, now):
        row.began_at, row.number = now, 0
    gone = _take(kind, before, periods, now)
    row.number += gone
    if not gone:
        _finish(row, now)
    return True


def _has_been_announced(row: Purge, periods: Periods, now: datetime) -> bool:
    """Two weeks have gone by, and the night after them has come."""
    return night_of(periods.zone, row.announced_at + NOTICE) < night_of(periods.zone, now)


def _is_done_tonight(row: Purge, periods: Periods, now: datetime) -> bool:
    done = row.done_at is not None and night_of(periods.zone, row.done_at) == night_of(periods.zone, now)
    return done or (row.confirmed_at is not None and _confirmed_today(row, periods, now))


def _confirmed_today(row: Purge, periods: Periods, now: datetime) -> bool:
    """The owner said "from the next night on", so nothing goes while she still looks at the page."""
    assert row.confirmed_at is not None  # noqa: S101  asked by the caller
    fresh = row.done_at is None or row.done_at < row.confirmed_at
    return fresh and night_of(periods.zone, row.confirmed_at) == night_of(periods.zone, now)


def _finish(row: Purge, now: datetime) -> None:
    row.done_at = now
    if row.number:
        # Once it has been done with this period nobody need be asked again.
        row.confirmed_at = row.confirmed_at or now
        audit.note(SYSTEM, "purge.done", f"purge:{row.kind}", now=now, number=row.number, days=row.days)


def _row(kind: str, periods: Periods, now: datetime) -> Purge:
    """How far a kind is, locked; a shorter period than was announced is announced anew."""
    days = periods.days[kind]
    insert_new(Purge, {"kind": kind, "days": days, "announced_at": now, "number": 0}, "kind")
    row = db.session.get_one(Purge, kind, with_for_update=True, populate_existing=True)
    if days < row.days:
        row.announced_at, row.confirmed_at = now, None
    row.days = days
    return row


def _anything(kind: str, before: datetime, periods: Periods, now: datetime) -> bool:
    for target in targets(kind, before):
        if db.session.execute(select(*target.table.primary_key).where(target.over).limit(1)).first():
            return True
    if kind == "registrations":
        return bool(_people(before, periods, now, 1))
    return kind == "audit" and _chain_end(before) > _chain_begin()


def _take(kind: str, before: datetime, periods: Periods, now: datetime) -> int:
    """Delete one stretch; how many rows that were, 0 for no more."""
    if kind == "registrations":
        return _forget(_people(before, periods, now, PEOPLE_AT_ONCE), now)
    for target in targets(kind, before):
        if number := _take_rows(target, now):
            return number
    if kind == "attendance":
        return _forget(list(db.session.scalars(emptied_names().limit(PEOPLE_AT_ONCE))), now)
    return _shorten_chain(before) if kind == "audit" else 0


def _take_rows(target: Target, now: datetime) -> int:
    keys = list(target.table.primary_key)
    stretch = select(*keys).where(target.over).limit(AT_ONCE)
    if len(keys) > 1:
        rows = db.session.execute(stretch).all()
        return sum(
            _ended(delete(target.table).where(*(k == v for k, v in zip(keys, row, strict=True)))) for row in rows
        )
    ids = db.session.scalars(stretch).all()
    where: Any = keys[0].in_(ids)
    if target.held is not None and target.held.file:
        erasing.let_go(target.held, where, now)
    if target.empties:
        empty = {name: erasing.nothing_in(target.table.c[name]) for name in target.empties}
        return _ended(update(target.table).where(where).values(**empty)) if ids else 0
    if ids:
        _let_go_of_files(target, where, now)
    return _ended(delete(target.table).where(where)) if ids else 0


def _let_go_of_files(target: Target, where: Any, now: datetime) -> None:
    """The bytes behind rows that go; the worker that tidies up removes them."""
    file = next((held.file for held in HELD if held.table == target.table.name), "")
    names = db.session.scalars(select(target.table.c[file]).where(where)).all() if file else ()
    for name in names:
        insert_new(LooseFile, {"stored_name": name, "since": now}, "stored_name")


def _ended(statement: Any) -> int:
    result = db.session.execute(statement, execution_options={"synchronize_session": False})
    return cast("CursorResult[Any]", result).rowcount


def _people(before: datetime, periods: Periods, now: datetime, most: int) -> Sequence[int]:
    wanted = people_to_forget(before, periods.before("attendance", now))
    return db.session.scalars(wanted.order_by("id").limit(most)).all()


def _forget(people: Sequence[int], now: datetime) -> int:
    for person in people:
        erasing.erase(erasing.held(person), now=now)
    return len(people)


def _chain_begin() -> int:
    return db.session.scalar(select(AuditHead.begins_after)) or 0


def _chain_end(before: datetime) -> int:
    return db.session.scalar(chained_through(before)) or 0


def _shorten_chain(before: datetime) -> int:
    """Take the oldest entries off the chain's begin, and keep the digest that the next one goes on from."""
    head = db.session.get(AuditHead, ONLY, with_for_update=True, populate_existing=True)
    if head is None:
        return 0
    through = min(_chain_end(before), head.begins_after + AT_ONCE)
    if through <= head.begins_after:
        return 0
    last = select(AuditLink.digest).where(AuditLink.position == through)
    head.begin = db.session.scalars(last).one()
    head.begins_after = through
    db.session.flush()
    links = select(AuditLink.entry_id).where(AuditLink.position <= through)
    ids = db.session.scalars(links).all()
    _ended(delete(AuditLink).where(AuditLink.position <= through))
    return _ended(delete(AuditEntry).where(AuditEntry.id.in_(ids)))
