"""What the queues stand on: a PostgreSQL, a Redis, a folder, and a Python that has them installed."""

import subprocess
import sys
import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from tempfile import TemporaryDirectory

import psycopg
import redis

from benchmarks.databases import postgresql
from benchmarks.processes import ROOT, free_port, running, wait_for_port

QUEUES = ROOT / ".venv" / "queues"
_serial = count(1)


@dataclass(frozen=True, slots=True)
class Ground:
    """One for the whole match; `python` has the other queues installed."""

    python: str
    postgresql_url: str
    redis_port: int

    def database(self) -> str:
        """The URL of a new, empty PostgreSQL database."""
        name = f"round_{next(_serial)}"
        with psycopg.connect(self.postgresql_url, autocommit=True) as connection:
            connection.execute(f"CREATE DATABASE {name}".encode())
        return self.postgresql_url.replace("/benchmark", f"/{name}", 1)

    def empty_redis(self) -> str:
        """The URL of the Redis, with nothing in it."""
        with redis.Redis(port=self.redis_port) as client:
            client.flushall()
        return f"redis://127.0.0.1:{self.redis_port}/0"


@contextmanager
def ground() -> Iterator[Ground]:
    """Everything running until the end."""
    python = _python_with_queues()
    with postgresql() as url, _redis() as port:
        yield Ground(python, url, port)


@contextmanager
def _redis() -> Iterator[int]:
    port = free_port()
    with TemporaryDirectory() as folder:
        command = ["redis-server", "--port", str(port), "--bind", "127.0.0.1", "--dir", folder, "--save", ""]
        with running([*command, "--appendonly", "yes", "--logfile", f"{folder}/log"]):
            wait_for_port(port)
            yield port


def _python_with_queues() -> str:
    """A virtual environment that sees ours and has the dependency group `queues` besides; made the first time."""
    python = QUEUES / "bin" / "python"
    if not (QUEUES / "ready").exists():
        subprocess.run([sys.executable, "-m", "venv", "--clear", "--without-pip", QUEUES], check=True)
        (inside,) = (QUEUES / "lib").glob("python*/site-packages")
        (ours,) = (path for path in sys.path if path.endswith("site-packages"))
        (inside / "ours.pth").write_text(f"{ours}\n")
        project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
        wanted = project["dependency-groups"]["queues"]
        subprocess.run([python, "-m", "pip", "install", "--quiet", *wanted], check=True)
        (QUEUES / "ready").touch()
    return str(python)
