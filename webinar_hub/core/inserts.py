"""Inserting what may be there already: both engines know ON CONFLICT, each in a dialect of its own."""

from collections.abc import Sequence
from functools import cache
from typing import Any, cast

from sqlalchemy import CursorResult, Select, Table
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.sql.selectable import SelectBase

from webinar_hub.core.db import Base, db, is_sqlite


def insert_new(model: type[Base], values: dict[str, Any], *returning: str) -> Any:
    """Insert a row unless a UNIQUE constraint knows it already; the columns named, or None where it does.

    The constraint decides, not a look beforehand: two requests at once cannot both find the place empty.
    """
    statement = _insert_of_new(cast("Table", model.__table__), db.engine.dialect.name, returning)
    return db.session.connection().execute(statement, values).first()


@cache
def _insert_of_new(table: Table, dialect: str, returning: tuple[str, ...]) -> Any:
    """Built once for each table, because building it takes longer than running it."""
    insert = postgresql.insert(table) if dialect == "postgresql" else sqlite.insert(table)
    return insert.on_conflict_do_nothing().returning(*(table.c[name] for name in returning))


def insert_selected(model: type[Base], columns: list[str], rows: Select[Any]) -> int:
    """Insert what a SELECT finds, leaving out what UNIQUE knows already; how many rows are new.

    One statement, however many rows: nothing of them passes through this process.
    """
    # SQLite's grammar takes ON CONFLICT for a part of the SELECT unless that has a WHERE; all of ours have.
    statement = _insert(model).from_select(columns, rows).on_conflict_do_nothing()
    # SQLAlchemy counts an INSERT's rows only when it is asked to; on PostgreSQL it would say -1.
    result = db.session.execute(statement, execution_options={"preserve_rowcount": True})
    return cast("CursorResult[Any]", result).rowcount


def insert_many(model: type[Base], rows: Sequence[dict[str, Any]]) -> list[int]:
    """Insert rows, leaving out what UNIQUE knows already; the ids of the new ones."""
    if not rows:
        return []
    statement = _insert(model).on_conflict_do_nothing().returning(cast("Any", model).id)
    return [int(id_) for id_ in db.session.connection().execute(statement, rows).scalars()]


def insert_or_update(
    model: type[Base], rows: dict[str, Any] | SelectBase, key: list[str], change: dict[str, Any], where: Any = None
) -> Any:
    """The insert of one row, or of selected ones, that becomes an UPDATE where `key` is known already.

    `where` narrows that UPDATE. Selected rows need a WHERE, see `insert_selected`.
    """
    insert = _insert(model)
    rows_in = (
        insert.values(**rows) if isinstance(rows, dict) else insert.from_select(rows.selected_columns.keys(), rows)
    )
    return rows_in.on_conflict_do_update(index_elements=key, set_=change, where=where)


def _insert(model: type[Base]) -> Any:
    return sqlite.insert(model) if is_sqlite() else postgresql.insert(model)
