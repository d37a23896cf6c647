"""Copies of the database for a backup, and whether a copy is what it should be: compared by its rows."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import Connection, create_engine, make_url, text

from webinar_hub.adapters.backup import BackupTrouble, postgresql, sqlite
from webinar_hub.adapters.backup.archive import DATABASES, Manifest
from webinar_hub.core.db import db
from webinar_hub.queries import schema, tables


@dataclass(frozen=True, slots=True)
class Copy:
    """A copy in a file, and what its database held at that moment."""

    kind: str
    path: Path
    rows: dict[str, int]
    schema: str


def kind_of(url: str) -> str:
    """The database's kind, as a manifest names it."""
    return "sqlite" if url.startswith("sqlite") else "postgresql"


def file_of(url: str) -> Path:
    """The file of a SQLite database."""
    return Path(make_url(url).database or "")


@contextmanager
def connected(url: str) -> Iterator[Connection]:
    """A connection to any database, which is closed after, and by which a SQLite file stays one file."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            yield connection
    finally:
        engine.dispose()


def copy(app: Flask, url: str, folder: Path) -> Copy:
    """Copy the database as it is at this moment into a file of `folder`, while everybody goes on."""
    kind = kind_of(url)
    path = folder / DATABASES[kind]
    with app.app_context():
        return _sqlite_copy(path) if kind == "sqlite" else _postgresql_copy(path)


def _sqlite_copy(path: Path) -> Copy:
    raw = db.engine.raw_connection()
    try:
        sqlite.copy(raw.driver_connection, path)  # type: ignore[arg-type]
    finally:
        raw.close()
    with connected(f"sqlite:///{path}") as connection:
        return Copy("sqlite", path, tables.row_counts(connection), schema.revision(connection))


def _postgresql_copy(path: Path) -> Copy:
    with db.engine.connect().execution_options(isolation_level="REPEATABLE READ") as connection:
        # The rows are counted in the very snapshot that is copied, however long that takes.
        for setting in ("idle_in_transaction_session_timeout", "statement_timeout"):
            connection.execute(text(f"SET LOCAL {setting} = 0"))
        snapshot = connection.scalar(text("SELECT pg_export_snapshot()"))
        rows, revision = tables.row_counts(connection), schema.revision(connection)
        with _reachable(connection) as address:
            postgresql.dump(address, str(snapshot), path)
    return Copy("postgresql", path, rows, revision)


@contextmanager
def _reachable(connection: Connection) -> Iterator[str]:
    driver: Any = connection.connection.driver_connection
    with postgresql.reachable(driver.info.get_parameters(), driver.info.password) as address:
        yield address


def demand_equal(connection: Connection, manifest: Manifest) -> None:
    """Raises BackupTrouble where a database does not hold what the manifest says, or is damaged."""
    if connection.dialect.name == "sqlite":
        said = connection.scalar(text("PRAGMA quick_check"))
        if said != "ok":
            raise BackupTrouble(f"The copy of the database is damaged: {said}.")
    there = tables.row_counts(connection)
    if there != manifest.rows:
        wrong = sorted(name for name in there.keys() | manifest.rows if there.get(name) != manifest.rows.get(name))
        raise BackupTrouble(f"The copy of the database does not hold what it should: look at {', '.join(wrong)}.")


def restore_postgresql(url: str, dump: Path) -> None:
    """Put a dump into the database at `url`, whole or not at all. Raises BackupTrouble."""
    with connected(url) as connection, _reachable(connection) as address:
        # Its own transaction would keep a lock that pg_restore waits for.
        connection.rollback()
        postgresql.restore(address, dump)


@contextmanager
def scratch_postgresql(url: str) -> Iterator[str]:
    """The URL of a new database beside the one at `url`, which is dropped after. Raises BackupTrouble."""
    name = f"webinar_hub_check_{secrets.token_hex(6)}"
    with connected(url) as control:
        control = control.execution_options(isolation_level="AUTOCOMMIT")
        allowed = control.scalar(text("SELECT rolcreatedb OR rolsuper FROM pg_roles WHERE rolname = current_user"))
        if not allowed:
            raise BackupTrouble("To verify a backup this user of PostgreSQL needs the right CREATEDB.")
        control.execute(text(f"CREATE DATABASE {name}"))
        try:
            yield make_url(url).set(database=name).render_as_string(hide_password=False)
        finally:
            control.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
