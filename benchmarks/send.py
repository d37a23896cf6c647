"""Ten thousand reminders with invite by one worker beside bare smtplib: `python -m benchmarks.send`."""

import os
import signal
import smtplib
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import dataclass, field
from statistics import median

from sqlalchemy import select

from benchmarks.databases import ENGINES
from benchmarks.figures import Figure, table
from benchmarks.installation import Installation, installed, make_due, register
from benchmarks.processes import PYTHON, cpu_seconds, resident_megabytes, running, smtp_sink
from webinar_hub.core.db import db
from webinar_hub.models import Delivery
from webinar_hub.queries import letters
from webinar_hub.services import outbox

MAILS = 10_000
CONNECTIONS = 4
SLICE_SECONDS = 3
BARE_MAILS = 2_000
SHARE_OF_SMTPLIB = 0.3
MOST_MEGABYTES = 200
MOST_GROWTH = 1.1
LOOK_EVERY = 0.1
PATIENCE = 400


@dataclass(slots=True)
class Seen:
    """What was seen of a worker: mails a second in each slice of time, and megabytes at every look."""

    rates: list[float] = field(default_factory=list)
    bare_rates: list[float] = field(default_factory=list)
    memory: list[float] = field(default_factory=list)
    sent: int = 0
    cpu: float = 0.0
    bytes_a_mail: int = 0


def measure(engine: str, mails: int = MAILS) -> Iterator[Figure]:
    """Let the worker and bare smtplib take turns of a few seconds, against one server."""
    with ExitStack() as stack:
        sink = stack.enter_context(smtp_sink())
        url = stack.enter_context(ENGINES[engine]())
        settings = {"MAIL": f"smtp://127.0.0.1:{sink}", "CONNECTIONS": str(CONNECTIONS)}
        hub = stack.enter_context(installed(url, **settings))
        register(hub, mails)
        make_due(hub)
        with running([PYTHON, "-m", "webinar_hub", "worker"], hub.environment) as worker:
            seen = _take_turns(hub, worker.pid, sink, mails)
        yield from _figures(engine, seen)


def _take_turns(hub: Installation, worker: int, port: int, mails: int) -> Seen:
    """Until every mail is sent; while it is bare smtplib's turn, the worker is stopped."""
    seen = Seen()
    until = time.monotonic() + PATIENCE
    while not hub.deliveries("sent"):
        time.sleep(LOOK_EVERY)
    while seen.sent < mails and time.monotonic() < until:
        _workers_turn(hub, worker, seen, mails)
        os.kill(worker, signal.SIGSTOP)
        content = _one_mail(hub)
        seen.bytes_a_mail = len(content)
        seen.bare_rates.append(_bare_rate(port, content))
        os.kill(worker, signal.SIGCONT)
    return seen


def _workers_turn(hub: Installation, worker: int, seen: Seen, mails: int) -> None:
    sent, begun, cpu = hub.deliveries("sent"), time.perf_counter(), cpu_seconds(worker)
    now_sent = sent
    while now_sent < mails and time.perf_counter() - begun < SLICE_SECONDS:
        time.sleep(LOOK_EVERY)
        seen.memory.append(resident_megabytes(worker))
        now_sent = hub.deliveries("sent")
    seen.rates.append((now_sent - sent) / (time.perf_counter() - begun))
    seen.cpu += cpu_seconds(worker) - cpu
    seen.sent = now_sent


def _figures(engine: str, seen: Seen) -> Iterator[Figure]:
    rate, bare = median(seen.rates), median(seen.bare_rates)
    early = seen.memory[len(seen.memory) // 4]
    yield Figure(f"{engine}: reminders with invite, {CONNECTIONS} connections", rate, "/s")
    yield Figure(f"{engine}: bare smtplib, {seen.bytes_a_mail / 1000:.1f} kB ready-made", bare, "/s")
    yield Figure(f"{engine}: reminders to bare smtplib", rate / bare, "", SHARE_OF_SMTPLIB)
    yield Figure(f"{engine}: processor time a mail", 1000 * seen.cpu / seen.sent, "ms")
    yield Figure(f"{engine}: most memory", max(seen.memory), "MB", MOST_MEGABYTES, "below")
    growth = max(seen.memory) / early
    yield Figure(f"{engine}: most memory to memory after a quarter", growth, "", MOST_GROWTH, "below")


def _one_mail(hub: Installation) -> bytes:
    """One of the mails as it was sent."""
    with hub.app.app_context():
        columns = select(*outbox.CLAIMED_COLUMNS).where(Delivery.state == "sent").limit(1)
        row = db.session.execute(columns).one()
        claimed = [letters.Claimed(*row)]
        letter, recipient = letters.batch(claimed, hub.app.extensions["hub"]).mail(claimed[0])
        content: bytes = hub.app.extensions["composer"].compose(letter, recipient)
        return content


def _bare_rate(port: int, content: bytes) -> float:
    """Mails a second that smtplib hands over, ready-made, on as many connections."""

    def send() -> None:
        with smtplib.SMTP("127.0.0.1", port) as server:
            for _ in range(BARE_MAILS // CONNECTIONS):
                server.sendmail("hello@example.org", ["person@example.net"], content)

    threads = [threading.Thread(target=send) for _ in range(CONNECTIONS)]
    begun = time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return BARE_MAILS / (time.perf_counter() - begun)


def figures() -> list[Figure]:
    """Both databases."""
    return [figure for engine in ENGINES for figure in measure(engine)]


if __name__ == "__main__":
    chosen = sys.argv[1:] or list(ENGINES)
    print(table(figure for engine in chosen for figure in measure(engine)))
