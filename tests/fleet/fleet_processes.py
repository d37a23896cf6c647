"""Celery workers as they run in earnest, to be killed and asked to end."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

from hub_processes import kill_group, logged, until


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
