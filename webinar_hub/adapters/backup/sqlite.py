"""Copies of a SQLite database that is in use, and the question whether anybody uses it."""

import sqlite3
from contextlib import closing
from pathlib import Path


def copy(source: sqlite3.Connection, target: Path) -> None:
    """Write the database as it is at this moment into a new file, while others go on writing (SQLite's backup API).

    In one step: it reads under one snapshot, which in WAL mode keeps no writer waiting.
    """
    with closing(sqlite3.connect(target)) as copied:
        source.backup(copied)
        # One file, without another beside it.
        copied.execute("PRAGMA journal_mode=DELETE")


def is_in_use(path: Path) -> bool:
    """Whether any process has this database open: only the last one may leave WAL mode. Not for a damaged one."""
    with closing(sqlite3.connect(path, timeout=1, isolation_level=None)) as connection:
        try:
            (mode,) = connection.execute("PRAGMA journal_mode=DELETE").fetchone()
        except sqlite3.OperationalError as error:
            return "locked" in str(error)
        except sqlite3.DatabaseError:
            return False
    return bool(mode != "delete")
