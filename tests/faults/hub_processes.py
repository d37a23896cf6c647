"""The hub's own processes as they run in earnest, to be killed, stopped and asked to end.

Workers are forked from a server that has already imported the hub, which saves two seconds of processor time for
each; `command_line` starts one from nothing, exactly as an operator does.
"""

import faulthandler
import json
import multiprocessing
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

_forking = multiprocessing.get_context("forkserver")
_forking.set_forkserver_preload(
    ["webinar_hub.__main__", "webinar_hub.app", "webinar_hub.cli.worker_command", "psycopg", "logging.config"]
)


def until(condition: Callable[[], Any], seconds: float = 60.0) -> float:
    """Wait until something is true; how many seconds that took. Fails the test when it never is."""
    begin = time.monotonic()
    while not condition():
        assert time.monotonic() - begin < seconds, f"waited {seconds} s in vain"
        time.sleep(0.01)
    return time.monotonic() - begin


class Worker:
    """`webinar-hub worker` in a process of its own."""

    def __init__(self, environment: Mapping[str, str], log: Path) -> None:
        self._log = log
        self._log.touch()
        self._process = _forking.Process(target=_be_a_worker, args=(dict(environment), str(log)), daemon=True)
        self._process.start()

    @property
    def pid(self) -> int:
        """The process's id."""
        assert self._process.pid is not None
        return self._process.pid

    def lines(self, event: str) -> list[dict[str, Any]]:
        """What the process has logged under this name so far."""
        return _events(self._log, event)

    def ready(self) -> "Worker":
        """Wait until it works."""
        until(lambda: self.lines("worker started") or not self._process.is_alive())
        assert self._process.is_alive(), self._log.read_text()
        return self

    def signal(self, number: signal.Signals) -> None:
        """Send it a signal."""
        os.kill(self.pid, number)

    def exit_status(self, seconds: float = 20.0) -> int | None:
        """Wait for its end; None if that does not come, and then its log says what every thread is doing."""
        self._process.join(seconds)
        if self._process.is_alive():
            self.signal(signal.SIGUSR1)
        return self._process.exitcode

    def end(self) -> None:
        """Make sure that it is gone."""
        with suppress(ProcessLookupError):
            os.kill(self.pid, signal.SIGKILL)
        self._process.join(10)
        self._process.close()


def _be_a_worker(environment: dict[str, str], log: str) -> None:
    os.environ.update(environment)
    handle = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(handle, stream)
    faulthandler.register(signal.SIGUSR1, all_threads=True)
    sys.argv = ["webinar-hub", "worker"]
    from webinar_hub.__main__ import main

    main()


@contextmanager
def command_line(
    arguments: Sequence[str], environment: Mapping[str, str], log: Path
) -> Iterator[subprocess.Popen[bytes]]:
    """`python -m webinar_hub …` in a process group of its own, which is gone at the end."""
    with log.open("ab") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "webinar_hub", *arguments],
            env={**os.environ, **environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        yield process
    finally:
        kill_group(process)


def kill_group(process: subprocess.Popen[bytes]) -> None:
    """End a process and its children as a power cut would."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait(10)


def logged(log: Path, event: str) -> bool:
    """Whether a process has written this event into its log."""
    return bool(_events(log, event))


def _events(log: Path, event: str) -> list[dict[str, Any]]:
    # A line that is being written has no end yet.
    lines = (line for line in log.read_text().splitlines(keepends=True) if line.startswith("{") and "\n" in line)
    return [found for found in map(json.loads, lines) if found["event"] == event]
