"""Copies everything from one database into another, of the same kind or not, and proves that it arrived.

It speaks through the tables of the models, so each value is read and written by its own type, and a table that is
added to the models is copied too. Both sides are transactions that the caller began (`core.db.long_transaction`).
"""

import json
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Any

from sqlalchemy import JSON, Connection, Table, bindparam, func, insert, inspect, literal, select, text
from sqlalchemy import table as named
from sqlalchemy.exc import DataError, IntegrityError

from webinar_hub.core.clock import lease_moment
from webinar_hub.core.db import Base
from webinar_hub.core.errors import Conflict
from webinar_hub.models import Delivery, Lease

BATCH = 1000
# Alembic's own table: both sides have been migrated, each by itself.
NOT_OURS = frozenset({"alembic_version"})

Progress = Callable[[int], None]
"""Told of so many rows copied or checked."""


@dataclass(frozen=True, slots=True)
class Content:
    """What a table holds: how many rows, and a sum over all of them that does not depend on their order."""

    rows: int = 0
    checksum: int = 0

    def plus(self, rows: Sequence[Sequence[Any]]) -> "Content":
        """With these rows too."""
        total = sum(int.from_bytes(sha256(_canonical(row)).digest()) for row in rows)
        return Content(self.rows + len(rows), (self.checksum + total) % 2**256)


def tables() -> list[Table]:
    """Every table, those that others point at first."""
    return Base.metadata.sorted_tables


def demand_rest(source: Connection) -> None:
    """Raises Conflict while a worker leads or mails are on their way: what they record would be left behind."""
    if source.scalar(select(Lease.name).where(Lease.until > lease_moment()).limit(1)):
        raise Conflict("A worker is running on this database. Stop `serve` and all workers, then try again.")
    if source.scalar(select(Delivery.id).where(Delivery.lease_until > lease_moment()).limit(1)):
        raise Conflict("Mails are on their way. Stop all workers, wait for LEASE seconds, then try again.")


def hold_still(source: Connection) -> None:
    """Let nobody write until the end of the transaction; on SQLite the way it was begun does that."""
    if source.dialect.name == "postgresql":
        names = ", ".join(source.dialect.identifier_preparer.format_table(table) for table in tables())
        source.execute(text(f"LOCK TABLE {names} IN SHARE MODE"))


def demand_empty(target: Connection) -> None:
    """Raises Conflict for a database in which anything is kept already, ours or not."""
    names = [name for name in inspect(target).get_table_names() if name not in NOT_OURS]
    filled = [name for name in names if target.scalar(select(literal(1)).select_from(named(name)).limit(1))]
    if filled:
        raise Conflict(
            f"The database to move to is not empty: there is something in {', '.join(sorted(filled)[:5])}. "
            "Nothing was changed. Give an empty one."
        )


def rows_in(source: Connection) -> int:
    """How many rows there are to copy."""
    return sum(source.scalar(select(func.count()).select_from(table)) or 0 for table in tables())


def move(source: Connection, target: Connection, progress: Progress) -> dict[str, Content]:
    """Copy every row and compare what arrived; the content of each table.

    Raises Conflict naming the table where something does not fit or differs; nothing is committed here.
    """
    moved = {table.name: _copy(table, source, target, progress) for table in tables()}
    for table in tables():
        arrived = Content()
        for rows in _batches(table, target):
            arrived = arrived.plus(rows)
            progress(len(rows))
        if arrived != moved[table.name]:
            raise Conflict(f"What arrived in {table.name} is not what was there. Nothing was changed.")
    _continue_numbering(target)
    return moved


def _copy(table: Table, source: Connection, target: Connection, progress: Progress) -> Content:
    statement = insert(table).values(
        # None stays SQL's NULL: JSON would make a "null" of it.
        {column.name: bindparam(column.name, type_=_without_null(column.type)) for column in table.columns}
    )
    content = Content()
    for rows in _batches(table, source):
        try:
            target.execute(statement, [dict(row._mapping) for row in rows])
        except (DataError, IntegrityError) as error:
            reason = str(error.orig).splitlines()[0]
            raise Conflict(f"A row of {table.name} does not fit: {reason}. Nothing was changed.") from error
        content = content.plus(rows)
        progress(len(rows))
    return content


def _batches(table: Table, connection: Connection) -> Iterator[Sequence[Any]]:
    statement = select(table).order_by(*table.primary_key.columns).execution_options(yield_per=BATCH)
    with connection.execute(statement) as result:
        yield from result.partitions()


def _without_null(kind: Any) -> Any:
    return JSON(none_as_null=True) if isinstance(kind, JSON) else kind


def _canonical(row: Sequence[Any]) -> bytes:
    """The same bytes for the same values, whichever database they come from."""
    parts = [json.dumps(value, sort_keys=True) if isinstance(value, dict | list) else value for value in row]
    return repr(parts).encode()


def _continue_numbering(target: Connection) -> None:
    """Have PostgreSQL number new rows after the copied ones; SQLite looks for itself."""
    if target.dialect.name != "postgresql":
        return
    for table in tables():
        column = table.autoincrement_column
        if column is not None:
            name = target.dialect.identifier_preparer.format_table(table)
            sequence = func.pg_get_serial_sequence(name, column.name)
            highest = func.max(column)
            target.execute(select(func.setval(sequence, func.coalesce(highest, 1), highest.is_not(None))))
