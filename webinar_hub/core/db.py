"""The database: the base of all models, the one place that commits, and what each engine needs to be safe."""

import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, nullcontext
from datetime import UTC, datetime
from functools import cache
from typing import Any, TypeVar

from flask import Flask
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import (
    Connection,
    DateTime,
    Dialect,
    Engine,
    Executable,
    MetaData,
    create_engine,
    event,
)
from sqlalchemy.dialects.sqlite.base import SQLiteDialect
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import InvalidatePoolError
from sqlalchemy.orm import DeclarativeBase, Session
from sqlalchemy.pool import ConnectionPoolEntry, NullPool
from sqlalchemy.schema import CreateIndex, CreateTable
from sqlalchemy.types import TypeDecorator

from webinar_hub.core import clock, wake

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


# A PostgreSQL connection that was used within so many seconds is trusted to live.
UNPROVEN_FOR = 2.0


# So long a write on SQLite waits for another one.
BUSY_SECONDS = 20


Kept = TypeVar("Kept")


class Base(DeclarativeBase):
    """The base of every model."""

    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(metadata=Base.metadata, session_options={"expire_on_commit": False})

# SQLite lets one write at a time and has the others look again after naps of up to 100 ms. Between the threads of
# one process a lock is quicker: whoever waits goes on the moment the other is done.
_one_writer = threading.RLock()


class UtcDateTime(TypeDecorator[datetime]):
    """A moment: aware on the way in, UTC in the database, aware UTC on the way out (SQLite forgets the zone)."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Refuse a naive moment with ValueError: it could mean any hour."""
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("A moment needs a time zone.")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        """Give the moment back aware, in UTC."""
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


@contextmanager
def transaction() -> Iterator[Session]:
    """Everything inside is committed together, or, on any error, none of it; the only commit in the house.

    What was read before is forgotten first: on SQLite a transaction that begins by reading cannot be sure to
    write later, so a writing one takes its lock at once. After the commit the worker in this process is woken
    if a service said (`leave_work`) that there is something for it.
    """
    session: Session = db.session()
    session.rollback()
    with _one_writer if is_sqlite() else nullcontext():
        try:
            session.connection(execution_options={"begin": "IMMEDIATE"})
            yield session
            finish_now()
            session.commit()
        except BaseException:
            session.rollback()
            session.info.pop("work", None)
            _undo(session)
            raise
        finally:
            session.info.pop("once", None)
            session.info.pop("last", None)
    session.info.pop("undo", None)
    if session.info.pop("work", False):
        wake.ring()


def once(key: str, read: Callable[[], Kept]) -> Kept:
    """What `read` gives, asked once in the transaction under way: sign-ups that share one share this too."""
    kept: dict[str, Kept] = db.session().info.setdefault("once", {})
    if key not in kept:
        kept[key] = read()
    return kept[key]


def at_the_end(finish: Callable[[list[Kept]], None], wish: Kept) -> None:
    """Have `finish` called right before the commit, once, with every wish for it in the transaction under way.

    For rows that many change: whoever changes one holds it until the commit, and all others wait.
    """
    db.session().info.setdefault("last", {}).setdefault(finish, []).append(wish)


def finish_now() -> None:
    """Do what was left for the end of the transaction, as the commit does."""
    # In one order everywhere, or two transactions could wait for each other.
    for finish, wishes in sorted(db.session().info.pop("last", {}).items(), key=lambda pair: pair[0].__qualname__):
        finish(wishes)


def at_once(statement: Executable, parameters: dict[str, Any]) -> Sequence[Any]:
    """Run one statement as a transaction of its own; its rows. PostgreSQL is asked once instead of four times."""
    with db.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
        return connection.execute(statement, parameters).all()


@contextmanager
def rehearsal() -> Iterator[Session]:
    """Everything inside is undone at the end: to see what a change would do, by doing it."""
    session: Session = db.session()
    session.rollback()
    with _one_writer if is_sqlite() else nullcontext():
        try:
            session.connection(execution_options={"begin": "IMMEDIATE"})
            yield session
        finally:
            session.rollback()
            session.expunge_all()
            for left in ("work", "last", "once"):
                session.info.pop(left, None)
            _undo(session)


@contextmanager
def scratch() -> Iterator[Session]:
    """An empty database of the same tables in this process's memory; inside, everything happens there alone.

    The real one is not asked, locked or written meanwhile, so what is played here may take its time and holds up
    nobody. Nothing wakes the worker, and at the end all of it is gone: what is played must not commit.
    """
    with _scratch_app().app_context():
        yield db.session()


@cache
def _scratch_app() -> Flask:
    """One engine for all, because it remembers how statements are compiled; each connection is a new database."""
    app = Flask("webinar_hub.scratch", static_folder=None)
    app.config |= {
        "SQLALCHEMY_DATABASE_URI": "sqlite:////in/no/file",
        "SQLALCHEMY_ENGINE_OPTIONS": {
            "creator": lambda: sqlite3.connect(":memory:", check_same_thread=False),
            "poolclass": NullPool,
        },
    }
    app.extensions["tries"] = None
    db.init_app(app)
    with app.app_context():
        prepare(db.engine)
        event.listen(db.engine, "connect", lambda new, _: new.executescript(_tables_in_memory()))
    return app


@cache
def _tables_in_memory() -> str:
    """Every table and index. What a row points to may be missing: only a part of the real one is copied in."""
    dialect, tables = SQLiteDialect(), Base.metadata.sorted_tables
    made: list[CreateTable | CreateIndex] = [CreateTable(table) for table in tables]
    made += [CreateIndex(index) for table in tables for index in table.indexes]
    return ";".join(["PRAGMA foreign_keys=OFF", *(str(each.compile(dialect=dialect)) for each in made)])


@contextmanager
def long_transaction(url: str, *, keep: bool) -> Iterator[Connection]:
    """One transaction on the database at `url`, the app's or not, that may take hours.

    At its end everything is committed, or, on any error and with `keep=False`, none of it. On SQLite nobody else
    can write meanwhile.
    """
    arguments = (
        {"timeout": 20} if url.startswith("sqlite") else {"connect_timeout": 5, "options": "-c timezone=UTC"}
    )
    engine = create_engine(url, poolclass=NullPool, connect_args=arguments)
    prepare(engine)
    try:
        with engine.connect().execution_options(begin="IMMEDIATE") as connection, connection.begin() as whole:
            yield connection
            if not keep:
                whole.rollback()
    finally:
        engine.dispose()


def close_connections() -> None:
    """Close every open connection, as a process must before it forks: two must never talk through one."""
    db.engine.dispose()


def forget_connections() -> None:
    """Leave what was open before the fork to the parent: a forked process begins with connections of its own."""
    db.engine.dispose(close=False)


def commit_late() -> None:
    """Commit what a library changed in a session that began by reading, as Flask-Security does in its own views.

    On an error nothing is kept. Whatever is ours says `with transaction():` instead.
    """
    session: Session = db.session()
    try:
        session.commit()
    except BaseException:
        session.rollback()
        raise
    if session.info.pop("work", False):
        wake.ring()


def begin_to_write() -> None:
    """Have a transaction that began by reading begin again before it writes: SQLite may refuse it otherwise.

    It does when others wrote meanwhile. What was read may have changed then, as it may on PostgreSQL, where each
    statement sees what is committed.
    A flush does this by itself; whoever writes by a statement of its own calls it.
    """
    connection = db.session.connection()
    if connection.dialect.name != "sqlite" or connection.get_execution_options().get("begin") == "IMMEDIATE":
        return
    driver: Any = connection.connection.driver_connection
    driver.execute("COMMIT")
    _begin_to_write(driver)
    connection.execution_options(begin="IMMEDIATE")


# Not for the lock between threads: whoever holds that waits for SQLite's, so these two come in one order only.
event.listen(db.session, "before_flush", lambda *_: begin_to_write())


def leave_work() -> None:
    """Say that the transaction under way leaves something for the worker to do."""
    db.session().info["work"] = True


def on_rollback(undo: Callable[[], None]) -> None:
    """For what lies elsewhere: have `undo`, which may not raise, called if this transaction is rolled back."""
    db.session().info.setdefault("undo", []).append(undo)


def _undo(session: Session) -> None:
    for undo in session.info.pop("undo", ()):
        undo()


def engine_options(url: str, *, connections: int) -> dict[str, Any]:
    """What the engine for `url` is made with; a dead PostgreSQL is noticed within seconds, not hours."""
    # An error quotes its statement, and what it was given are names, addresses and parts of links.
    secretive = {"hide_parameters": True}
    if url.startswith("sqlite"):
        return secretive | {"connect_args": {"timeout": 20, "check_same_thread": False}}
    return secretive | {
        "pool_size": connections,
        "max_overflow": 10,
        "pool_timeout": 10,
        "connect_args": {
            "connect_timeout": 5,
            "keepalives_idle": 10,
            "keepalives_interval": 5,
            "keepalives_count": 3,
            "tcp_user_timeout": 15000,
            # A process that stands still inside a transaction must not keep the others waiting for its locks.
            "options": "-c statement_timeout=60000 -c idle_in_transaction_session_timeout=10000 -c timezone=UTC",
        },
    }


def prepare(engine: Engine) -> None:
    """Make SQLite as careful as the promise is: WAL, every commit on the disk, foreign keys, real transactions.

    On PostgreSQL have a connection that has rested prove that it still lives before it is used.
    """
    if engine.dialect.name != "sqlite":
        _prove_rested_connections(engine)
    elif not event.contains(engine, "connect", _on_connect):
        event.listen(engine, "connect", _on_connect)
        event.listen(engine, "begin", _on_begin)


def _prove_rested_connections(engine: Engine) -> None:
    """What `pool_pre_ping` does, but not before every transaction of a busy process: it took a fifth of each."""

    def on_checkin(_: Any, record: ConnectionPoolEntry) -> None:
        record.info["rests_since"] = clock.monotonic()

    def on_checkout(connection: DBAPIConnection, record: ConnectionPoolEntry, _: Any) -> None:
        if clock.monotonic() - record.info.get("rests_since", clock.monotonic()) < UNPROVEN_FOR:
            return
        try:
            engine.dialect.do_ping(connection)
        except engine.dialect.loaded_dbapi.Error as error:
            raise InvalidatePoolError("The connection ended while it rested.") from error

    event.listen(engine, "checkin", on_checkin)
    event.listen(engine, "checkout", on_checkout)


def _on_connect(connection: sqlite3.Connection, _: Any) -> None:
    connection.isolation_level = None
    busy = f"busy_timeout={BUSY_SECONDS * 1000}"
    # What is deleted is overwritten: who asked to be forgotten is not to be read in the file, or in a copy of it.
    for pragma in ("journal_mode=WAL", "synchronous=FULL", busy, "foreign_keys=ON", "secure_delete=ON"):
        connection.execute(f"PRAGMA {pragma}")
    # "Deterministic" as SQLite's own 'now' is: the same throughout a statement.
    connection.create_function("steady_moment", 1, clock.steady_moment, deterministic=True)


def _on_begin(connection: Any) -> None:
    mode = connection.get_execution_options().get("begin", "DEFERRED")
    if mode == "IMMEDIATE":
        _begin_to_write(connection.connection.driver_connection)
    else:
        connection.connection.driver_connection.execute(f"BEGIN {mode}")


def _begin_to_write(connection: sqlite3.Connection) -> None:
    """Wait for another process's write by short naps: SQLite's own grow to 100 ms, a write takes one or two."""
    patient_until = clock.monotonic() + BUSY_SECONDS
    connection.execute("PRAGMA busy_timeout=1")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or clock.monotonic() > patient_until:
                    raise
    finally:
        connection.execute(f"PRAGMA busy_timeout={BUSY_SECONDS * 1000}")


def is_sqlite() -> bool:
    """Whether this app's database is SQLite; else it is PostgreSQL."""
    return db.engine.dialect.name == "sqlite"
