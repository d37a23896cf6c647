"""What a worker and the disk hold when a million messages are due: `python -m benchmarks.memory [engine] [people]`.

The worker writes out the whole audience and meanwhile sends the first few thousand; its memory must not depend on
how many there are. The bytes are what the database files grow by.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import ExitStack

from sqlalchemy import func, select, text

from benchmarks.crowded import fill, make_evening_due
from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed
from benchmarks.processes import PYTHON, resident_megabytes, running, smtp_sink
from webinar_hub.core.db import db
from webinar_hub.models import Broadcast, Delivery

FEW, MANY = 10_000, 1_000_000
SENT = 3_000
PATIENCE = 900
MOST_GROWTH = 1.1


def measure(engine: str, many: int = MANY) -> Iterator[Figure]:
    """The same twice, for few people and for many."""
    peaks = []
    for people in (FEW, many):
        with ExitStack() as stack:
            sink = stack.enter_context(smtp_sink())
            url = stack.enter_context(ENGINES[engine]())
            hub = stack.enter_context(installed(url, MAIL=f"smtp://127.0.0.1:{sink}"))
            bare = _bytes(hub)
            fill(hub, people)
            full = _bytes(hub)
            name = f"{engine}, {people:,} people"
            yield Figure(f"{name}: bytes for one, with two mails sent", (full - bare) / people, "bytes")
            with hub.app.app_context():
                due = make_evening_due(0)
            with running([PYTHON, "-m", "webinar_hub", "worker"], hub.environment) as worker:
                begun = time.monotonic()
                peak, seconds = _watched(hub, worker.pid, due, people)
                rate = _sent(hub, due) / (time.monotonic() - begun)
            yield Figure(f"{name}: bytes for one message more", (_bytes(hub) - full) / people, "bytes")
            yield Figure(f"{name}: written out, while it sends", people / seconds, "/s")
            yield Figure(f"{name}: sent at the same time", rate, "/s")
            yield Figure(f"{name}: most memory of the worker", peak, "MB")
            peaks.append(peak)
    yield Figure(f"{engine}: most memory, many to few", peaks[1] / peaks[0], "times", MOST_GROWTH, "below")


def _watched(hub: Installation, worker: int, due: int, people: int) -> tuple[float, float]:
    """The most megabytes, and the seconds until all were written out. Raises TimeoutError."""
    begun, written, peak = time.monotonic(), 0.0, 0.0
    while time.monotonic() - begun < PATIENCE:
        peak = max(peak, resident_megabytes(worker))
        if not written and _written_out(hub, due):
            written = time.monotonic() - begun
        if written and _sent(hub, due) >= min(SENT, people):
            return peak, written
        time.sleep(0.5)
    raise TimeoutError(f"{PATIENCE} s were not enough")


def _written_out(hub: Installation, broadcast: int) -> bool:
    with hub.app.app_context():
        return db.session.scalar(select(Broadcast.state).where(Broadcast.id == broadcast)) == "expanded"


def _sent(hub: Installation, broadcast: int) -> int:
    ours = Delivery.broadcast_id == broadcast, Delivery.state == "sent"
    with hub.app.app_context():
        return db.session.scalar(select(func.count()).where(*ours)) or 0


def _bytes(hub: Installation) -> int:
    with hub.app.app_context():
        if db.engine.dialect.name == "postgresql":
            statement = "SELECT pg_database_size(current_database())"
        else:
            statement = "SELECT page_count * page_size FROM pragma_page_count(), pragma_page_size()"
        size: int = db.session.execute(text(statement)).scalar_one()
        return size


if __name__ == "__main__":
    numbers = [int(argument) for argument in sys.argv[1:] if argument.isdigit()]
    engines = [argument for argument in sys.argv[1:] if argument in ENGINES] or list(ENGINES)
    print(table(figure for engine in engines for figure in measure(engine, *(numbers or [MANY]))))
