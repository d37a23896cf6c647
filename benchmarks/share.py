"""Where the time of a mail goes, with one worker and with two: `python -m benchmarks.share [SQLite|PostgreSQL]`.

`processor` is what the senders computed; `passed` is the time of their threads, with all waiting, divided by the
threads, so that its sum is what a mail takes of a worker's time.
"""

import json
import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed, make_due, register
from benchmarks.processes import PYTHON, running, smtp_sink

MAILS = 10_000
CONNECTIONS = 4
PATIENCE = 300
DATABASE_SHARE = 15.0
DATABASE_PARTS = ("claim", "record")

Sums = dict[str, list[float]]


def measure(engine: str, workers: int, mails: int = MAILS) -> Iterator[Figure]:
    """Send all mails with so many workers and add up the parts of all their senders."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory()))
        sink = stack.enter_context(smtp_sink())
        url = stack.enter_context(ENGINES[engine]())
        settings = {"MAIL": f"smtp://127.0.0.1:{sink}", "CONNECTIONS": str(CONNECTIONS)}
        hub = stack.enter_context(installed(url, **settings))
        register(hub, mails)
        files = [folder / f"{number}.json" for number in range(workers)]
        with ExitStack() as processes:
            for file in files:
                command = [PYTHON, "-m", "benchmarks.timed_worker", str(file)]
                processes.enter_context(running(command, hub.environment))
            time.sleep(3)
            make_due(hub)
            seconds = _until_sent(hub, mails)
        parts = _added(senders for file in files for senders in json.loads(file.read_text(encoding="utf-8")))
    yield from _figures(f"{engine}, {workers} × {CONNECTIONS}", parts, mails, seconds, workers * CONNECTIONS)


def _until_sent(hub: Installation, mails: int) -> float:
    """Seconds from the first mail to the last. Raises TimeoutError."""
    begun: float | None = None
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        sent = hub.deliveries("sent")
        if sent and begun is None:
            begun = time.monotonic()
        if begun is not None and sent >= mails:
            return time.monotonic() - begun
        time.sleep(0.05)
    raise TimeoutError(f"after {PATIENCE} s not all of {mails} mails are sent")


def _added(senders: Iterator[Sums]) -> Sums:
    total: Sums = {}
    for sums in senders:
        for part, values in sums.items():
            known = total.setdefault(part, [0.0, 0.0, 0])
            total[part] = [a + b for a, b in zip(known, values, strict=True)]
    return total


def _figures(name: str, parts: Sums, mails: int, seconds: float, threads: int) -> Iterator[Figure]:
    processor = sum(values[0] for values in parts.values())
    passed = sum(values[1] for values in parts.values())
    yield Figure(f"{name}: mails", mails / seconds, "/s")
    for part, values in sorted(parts.items(), key=lambda item: -item[1][0]):
        yield Figure(f"{name}: {part}, processor", 1000 * values[0] / mails, "ms")
        yield Figure(f"{name}: {part}, passed", 1000 * values[1] / mails / threads, "ms")
    yield Figure(f"{name}: all, processor", 1000 * processor / mails, "ms")
    yield Figure(f"{name}: mails a commit", mails / parts["record"][2], "")
    database = [sum(parts[part][clock] for part in DATABASE_PARTS) for clock in (0, 1)]
    share = 100 * database[0] / processor
    yield Figure(f"{name}: claiming and recording, processor", share, "%", DATABASE_SHARE, "below")
    yield Figure(f"{name}: claiming and recording, passed", 100 * database[1] / passed, "%")


def figures() -> list[Figure]:
    """Both databases, one worker and two."""
    return [figure for engine in ENGINES for workers in (1, 2) for figure in measure(engine, workers)]


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ENGINES)
    print(table(figure for engine in chosen for workers in (1, 2) for figure in measure(engine, workers)))
