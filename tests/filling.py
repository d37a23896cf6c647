"""Puts rows into every table of the models, whatever they are: values by type, until the constraints agree."""

import random
import re
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    Numeric,
    Table,
    Time,
    insert,
    select,
)
from sqlalchemy.exc import IntegrityError

from webinar_hub.core.db import Base, UtcDateTime

ROWS = 12
TRIES = 400
WORDS = ("Zoë’s “quiet” hour – 静かな", "x", "line one\nline two", "100 % \\ 'quoted' \"twice\"")


def fill_every_table(connection: Connection) -> None:
    """A dozen rows in each table; fails for a table whose constraints no guess satisfies."""
    dice = random.Random(7)
    for table in Base.metadata.sorted_tables:
        for number in range(ROWS):
            _insert_one(table, number, connection, dice)


def _insert_one(table: Table, number: int, connection: Connection, dice: random.Random) -> None:
    for _ in range(TRIES):
        row = {c.name: _guess(c, number, connection, dice) for c in table.columns if not _numbered(table, c)}
        try:
            with connection.begin_nested():
                connection.execute(insert(table), [row])
            return
        except IntegrityError:
            continue
    raise AssertionError(f"no row found that {table.name} takes: teach tests/filling.py")


def _numbered(table: Table, column: Column[Any]) -> bool:
    return table.autoincrement_column is column


def _guess(column: Column[Any], number: int, connection: Connection, dice: random.Random) -> Any:
    if column.nullable and dice.random() < 0.4:
        return None
    for key in column.foreign_keys:
        return dice.choice(connection.scalars(select(key.column)).all())
    return _by_type(column, number, dice)


def _by_type(column: Column[Any], number: int, dice: random.Random) -> Any:
    moment = datetime(2026, 11, 1, 12, tzinfo=UTC) + timedelta(hours=dice.randrange(5000), microseconds=number)
    match column.type:
        case UtcDateTime():
            return moment
        case DateTime():
            return moment.replace(tzinfo=None)
        case Date():
            return date(2026, 12, 1 + number)
        case Time():
            return time(19, number)
        case JSON():
            return dice.choice([{}, [], {"b": [1, None], "a": "ü"}, [15, 60]])
        case Boolean():
            return dice.random() < 0.5
        case Float() | Numeric():
            return dice.randrange(1000) / 8
        case Integer():
            return dice.randrange(1, 10_000)
        case LargeBinary():
            return bytes([number, 0, 255])
        case kind:
            return _text(column, getattr(kind, "length", None), number, dice)


def _text(column: Column[Any], length: int | None, number: int, dice: random.Random) -> str:
    """One of the words a CHECK lists for the column, or something that is likely to be new."""
    listed = [
        word
        for check in column.table.constraints
        if isinstance(check, CheckConstraint) and re.search(rf"\b{column.name}\b", str(check.sqltext))
        for word in re.findall(r"'([^']*)'", str(check.sqltext))
    ]
    if listed:
        return dice.choice(listed)
    return f"{number}{dice.randrange(10**6)}{dice.choice(WORDS)}"[:length]
