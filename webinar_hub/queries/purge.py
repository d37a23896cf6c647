"""What the nightly clean-up would delete, kind by kind, before it does; a fixed number of statements."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, AuditHead, AuditLink, Person, Purge, Registration
from webinar_hub.rules.personal_data import BY_TABLE, PEOPLE, PLACES, target_of
from webinar_hub.rules.retention import (
    KINDS,
    NOTICE,
    Target,
    chained_through,
    cutoff,
    emptied_names,
    next_night,
    people_to_forget,
    targets,
)

SHOWN = 3
# What a row without a person is called by.
_CALLED = {"people_imports": "file_name", "drafts": "form", "sign_ins": "device", "notices": "subject"} | {
    "invitations": "name",
    "invitation_lists": "title",
}


@dataclass(frozen=True, slots=True)
class KindView:
    """One kind. `number` rows would go now, the `oldest` of them since then; `sample` names some.

    `state` is "for ever", "nothing" (to delete), "announced" (goes by itself at `next_at`), "confirmed" or
    "regular" (goes at `next_at`).
    """

    key: str
    words: str
    since: str
    days: int
    number: int
    oldest: datetime | None
    sample: tuple[str, ...]
    state: str
    next_at: datetime | None
    last_at: datetime | None
    last_number: int


@dataclass(frozen=True, slots=True)
class _Found:
    number: int = 0
    oldest: datetime | None = None
    sample: tuple[str, ...] = ()

    def __add__(self, other: "_Found") -> "_Found":
        moments = [moment for moment in (self.oldest, other.oldest) if moment is not None]
        sample = dict.fromkeys((*self.sample, *other.sample))
        return _Found(self.number + other.number, min(moments, default=None), tuple(sample)[:SHOWN])


def preview(days: Mapping[str, int], zone: str, now: datetime) -> list[KindView]:
    """Every kind, with what would go if its night were now."""
    rows = {row.kind: row for row in db.session.scalars(select(Purge)).all()}
    return [_view(kind, days, zone, rows.get(kind), now) for kind in KINDS]


def waiting(days: Mapping[str, int], zone: str, now: datetime) -> list[tuple[str, datetime]]:
    """The kinds whose first clean-up is announced and not confirmed, and when it begins; one statement."""
    rows = db.session.scalars(select(Purge).where(Purge.confirmed_at.is_(None)).order_by(Purge.announced_at))
    return [(row.kind, _begins(row, zone, now)) for row in rows if row.kind in KINDS and days[row.kind]]


def _begins(row: Purge, zone: str, now: datetime) -> datetime:
    return next_night(zone, max(row.announced_at + NOTICE, now))


def _view(kind: str, days: Mapping[str, int], zone: str, row: Purge | None, now: datetime) -> KindView:
    before = cutoff(days[kind], now)
    found = _found(kind, before, cutoff(days["attendance"], now)) if before else _Found()
    state, next_at = _standing(found, days[kind], zone, row, now)
    about = KINDS[kind]
    return KindView(
        kind, about.words, about.since, days[kind], found.number, found.oldest, found.sample, state, next_at,
        row.done_at if row else None, row.number if row and row.done_at else 0,
    )  # fmt: skip


def _standing(found: _Found, days: int, zone: str, row: Purge | None, now: datetime) -> tuple[str, datetime | None]:
    if not days:
        return "for ever", None
    if not found.number:
        return "nothing", None
    if row is None or row.days > days:
        return "announced", next_night(zone, now + NOTICE)
    if row.confirmed_at is None:
        return "announced", _begins(row, zone, now)
    return ("regular" if row.done_at else "confirmed"), next_night(zone, now)


def _found(kind: str, before: datetime, evidence_until: datetime | None) -> _Found:
    found = _Found()
    if kind == "registrations":
        return _people(people_to_forget(before, evidence_until))
    for target in targets(kind, before):
        found += _rows(target)
    if kind == "attendance":
        found += _people(emptied_names())
    return found + _chain(before) if kind == "audit" else found


def _people(ids: Any) -> _Found:
    wanted = Person.id.in_(ids)
    number, oldest = db.session.execute(select(func.count(), func.min(Person.created_at)).where(wanted)).one()
    names = db.session.scalars(select(Person.name).where(wanted).order_by(Person.id).limit(SHOWN)).all()
    return _Found(number, oldest, tuple(names))


def _rows(target: Target) -> _Found:
    counted = select(func.count(), func.min(target.since)).select_from(target.table).where(target.over)
    number, oldest = db.session.execute(counted).one()
    return _Found(number, oldest, tuple(db.session.scalars(_sample(target).limit(SHOWN)).all()))


def _sample(target: Target) -> Any:
    table = target.table
    if table.name in _CALLED:
        return select(table.c[_CALLED[table.name]]).where(target.over)
    if table.name not in BY_TABLE or not BY_TABLE[table.name].via:
        # The kinds of entries say enough, and there are few of them.
        return select(table.c["action" if "action" in table.c else "kind"]).where(target.over)
    column = table.c[BY_TABLE[table.name].via[0]]
    if table.name == PLACES or target_of(column).table.name == PEOPLE:
        column = table.c["person_id"]
        return select(Person.name).join(table, column == Person.id).where(target.over)
    joined = select(Person.name).join(Registration, Registration.person_id == Person.id)
    return joined.join(table, column == Registration.id).where(target.over)


def _chain(before: datetime) -> _Found:
    begin = select(AuditHead.begins_after).scalar_subquery()
    old = (
        select(func.count(), func.min(AuditEntry.at))
        .join(AuditLink, AuditLink.entry_id == AuditEntry.id)
        .where(
            AuditLink.position > func.coalesce(begin, 0),
            AuditLink.position <= chained_through(before).scalar_subquery(),
        )
    )
    number, oldest = db.session.execute(old).one()
    return _Found(number, oldest)
