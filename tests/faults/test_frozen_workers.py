"""A worker that is stopped for longer than its lease and then goes on (F15): SIGSTOP, SIGCONT, real processes."""

import signal
import sqlite3
from contextlib import closing
from pathlib import Path

from figures import Figures
from hub_processes import Worker, until
from seeding import LEASE, Hub
from smtp_server import SmtpServer

PEOPLE = 24


def test_a_frozen_worker_cannot_undo_what_another_one_has_done(
    hub: Hub, smtp: SmtpServer, figures: Figures
) -> None:
    """F15: the other one takes over, and when the frozen one wakes no row changes; at most one mail comes twice."""
    hub.people(PEOPLE)
    hub.make_due()
    frozen = hub.worker(CONNECTIONS="1", TICK="5")
    smtp.at("rcpt", lambda: freeze(hub, frozen), skip=4, times=PEOPLE)
    until(lambda: is_stopped(frozen), seconds=60)
    smtp.behave()
    hub.worker().ready()
    took_over = until(lambda: len(smtp.stored) > 5, seconds=60)
    until(lambda: hub.sent() == PEOPLE, seconds=60)
    before = {row.key: (row.state, row.reply, row.sent_at, row.attempts) for row in hub.deliveries()}
    frozen.signal(signal.SIGCONT)
    frozen.signal(signal.SIGTERM)
    assert frozen.exit_status(60) == 0
    assert {row.key: (row.state, row.reply, row.sent_at, row.attempts) for row in hub.deliveries()} == before
    figures.note_mails(
        "F15", "SIGSTOP longer than the lease, then SIGCONT", hub, [smtp],
        allowed=1, seconds=took_over, limit=LEASE + 2,
    )  # fmt: skip
    hub.check_invariants()


def freeze(hub: Hub, worker: Worker) -> None:
    """Stop a process, unless that would be inside a transaction of SQLite's, whose only lock it would hold.

    Nobody can take that lock from it: docs/faults.md says so.
    """
    if is_stopped(worker):
        return
    worker.signal(signal.SIGSTOP)
    until(lambda: is_stopped(worker))
    if not can_write(hub):
        worker.signal(signal.SIGCONT)


def is_stopped(worker: Worker) -> bool:
    """Whether the process stands still."""
    return Path(f"/proc/{worker.pid}/stat").read_text().rpartition(")")[2].split()[0] == "T"


def can_write(hub: Hub) -> bool:
    """Whether nobody holds SQLite's lock; on PostgreSQL one writer does not keep the others waiting."""
    url = hub.environment["WEBINAR_HUB_DATABASE_URL"]
    if not url.startswith("sqlite"):
        return True
    with closing(sqlite3.connect(url.removeprefix("sqlite:///"), timeout=0.5, isolation_level=None)) as connection:
        try:
            connection.execute("BEGIN IMMEDIATE")
            connection.execute("ROLLBACK")
        except sqlite3.OperationalError:
            return False
    return True
