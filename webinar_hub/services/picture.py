"""What a change of dates may touch, before and after it, as plain values: what an undo puts back.

A picture is {table: {row id: {column: value}}}, with moments as text, so that it fits into one JSON column.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, select

from webinar_hub.core.db import Base, UtcDateTime, db
from webinar_hub.models import Broadcast, Cohort, Drop, Session

Values = dict[str, Any]
Picture = dict[str, dict[str, Values]]

COLUMNS: Mapping[str, tuple[str, ...]] = {
    "cohorts": ("state", "enrolment_opens_at", "enrolment_closes_at"),
    "sessions": ("title", "wall_start", "zone", "minutes", "starts_at", "ends_at", "state"),
    "drops": ("wall_release", "zone", "release_at"),
    "broadcasts": (
        "state", "due_at", "expires_at", "old_starts_at", "expanded_through", "expanded_at", "early", "held_until",
    ),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Rows:
    """The rows of one cohort that a change may touch, its broadcasts locked until the end of the transaction."""

    cohort: Cohort
    sessions: dict[int, Session]
    drops: dict[int, Drop]
    broadcasts: dict[int, Broadcast]

    def tables(self) -> Iterator[tuple[str, Mapping[int, Any]]]:
        """Each table with its rows by id."""
        yield "cohorts", {self.cohort.id: self.cohort}
        yield "sessions", self.sessions
        yield "drops", self.drops
        yield "broadcasts", self.broadcasts

    def picture(self) -> Picture:
        """What they hold at this moment."""
        return {
            table: {
                str(id_): {name: _plain(getattr(row, name)) for name in COLUMNS[table]} for id_, row in rows.items()
            }
            for table, rows in self.tables()
        }


def rows_of(cohort: Cohort) -> Rows:
    """Read and lock them; three statements. A worker that writes an audience out is waited for."""
    db.session.flush()
    in_order = select(Session).where(Session.cohort_id == cohort.id).order_by(Session.starts_at, Session.id)
    drops = select(Drop).where(Drop.cohort_id == cohort.id).order_by(Drop.release_at, Drop.id)
    broadcasts = select(Broadcast).where(Broadcast.cohort_id == cohort.id).order_by(Broadcast.id).with_for_update()
    return Rows(cohort, _by_id(in_order), _by_id(drops), _by_id(broadcasts))


def difference(before: Picture, after: Picture) -> tuple[Picture, Picture]:
    """What differs, before and after: a row that is new is missing before."""
    was: Picture = {}
    now_is: Picture = {}
    for table, rows in after.items():
        for id_, values in rows.items():
            old = before[table].get(id_)
            changed = [name for name, value in values.items() if old is None or old[name] != value]
            if not changed:
                continue
            now_is.setdefault(table, {})[id_] = {name: values[name] for name in changed}
            if old is not None:
                was.setdefault(table, {})[id_] = {name: old[name] for name in changed}
    return was, now_is


def holds(row: Any, values: Mapping[str, Any], *, but: Iterable[str] = ()) -> bool:
    """Whether a row has these values still, whatever it has in the columns `but`."""
    return all(_plain(getattr(row, name)) == value for name, value in values.items() if name not in but)


def put(row: Base, values: Mapping[str, Any]) -> None:
    """Give a row these values."""
    for name, value in values.items():
        is_moment = isinstance(row.__table__.c[name].type, UtcDateTime)
        setattr(row, name, datetime.fromisoformat(value) if is_moment and value is not None else value)


def moment(values: Mapping[str, Any], name: str) -> datetime | None:
    """A moment of a picture, or None where it is not in it."""
    value = values.get(name)
    return None if value is None else datetime.fromisoformat(value)


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _by_id(statement: Select[Any]) -> dict[int, Any]:
    """The rows as they are now, whatever this process has read before."""
    rows = db.session.scalars(statement.execution_options(populate_existing=True))
    return {row.id: row for row in rows}
