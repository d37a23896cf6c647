"""The COMMIT that nobody hears of: cut before it or after it, by a broken network or by kill -9 (F1, F3, F4)."""

import os
import signal
from collections.abc import Callable
from contextlib import ExitStack

import pytest
from figures import Figures
from hub_processes import command_line, until
from ports import free_port
from postgres_proxy import PostgresProxy, When, nothing_else
from seeding import LEASE, Hub
from smtp_server import SmtpServer
from sqlalchemy import func, select
from visiting import SUCCESS, visitor

from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Registration

REGISTERS = rb"INSERT INTO registrations"
MARKS = rb"UPDATE deliveries SET [^;]*sent_at="
PEOPLE = 40
CONNECTIONS = 2
slow = pytest.mark.faults


def serve(stack: ExitStack, hub: Hub, proxy: PostgresProxy) -> tuple[int, int]:
    """Start the pages and a worker behind the proxy; the port and the process group."""
    port, log = free_port(), hub.folder / "serve.log"
    environment = hub.environment | {"WEBINAR_HUB_DATABASE_URL": proxy.url}
    process = stack.enter_context(command_line(["serve", "--port", str(port)], environment, log))
    comer = visitor(hub, port)
    until(lambda: comer.load() == 200, seconds=60)
    return port, process.pid


def registered(hub: Hub) -> tuple[int, int]:
    """How many registrations there are, and how many confirmations."""
    with hub.looking():
        counts = [
            db.session.scalar(select(func.count()).select_from(Registration)) or 0,
            db.session.scalar(select(func.count()).where(Delivery.kind == "confirmation")) or 0,
        ]
    return counts[0], counts[1]


@pytest.mark.parametrize(
    ("when", "killed"),
    [
        ("after", False),
        pytest.param("before", False, marks=slow),
        pytest.param("before", True, marks=slow),
        pytest.param("after", True, marks=slow),
    ],
)
def test_a_sign_up_cut_off_at_its_commit_and_tried_again_is_one_sign_up(
    on_postgresql: Hub, smtp: SmtpServer, proxy: PostgresProxy, figures: Figures, when: When, killed: bool
) -> None:
    """F1: her registration and her confirmation exist both or not at all, and nobody tells her "done" too early."""
    hub = on_postgresql
    with ExitStack() as stack:
        port, group = serve(stack, hub, proxy)
        comer = visitor(hub, port)
        assert comer.load() == 200
        proxy.at_commit(when, REGISTERS, lambda: os.killpg(group, signal.SIGKILL) if killed else None)
        assert comer.sign_up() != SUCCESS
        assert proxy.hits == 1
        assert registered(hub) == ((1, 1) if when == "after" else (0, 0))
        if killed:
            port, _ = serve(stack, hub, proxy)
            comer = visitor(hub, port)
            comer.load()
        assert comer.sign_up() == SUCCESS
        assert registered(hub) == (1, 1)
        until(hub.settled)
    # The confirmation carries the first session, one more invite the second.
    assert len(smtp.stored) == 2
    how = "kill -9" if killed else "reset"
    figures.note_mails("F1", f"{how} {when} the COMMIT of a sign-up, tried again", hub, [smtp])
    hub.check_invariants()


def kill_worker(hub: Hub) -> Callable[[], None]:
    """An action: the first worker dies on the spot."""
    return lambda: hub.workers[0].signal(signal.SIGKILL)


@pytest.mark.parametrize(
    ("fault", "when", "killed", "allowed"),
    [
        pytest.param("F3", "before", True, CONNECTIONS, marks=slow),
        pytest.param("F4", "after", True, 0, marks=slow),
        ("F4", "before", False, 0),
        pytest.param("F4", "after", False, 0, marks=slow),
    ],
)
def test_what_is_cut_off_at_the_commit_of_its_mark(
    on_postgresql: Hub,
    smtp: SmtpServer,
    proxy: PostgresProxy,
    figures: Figures,
    fault: str,
    when: When,
    killed: bool,
    allowed: int,
) -> None:
    """F3, F4: a mail comes twice only when its sender dies before the COMMIT; who lives can say what it knows."""
    hub = on_postgresql
    hub.people(PEOPLE)
    worker = hub.worker(DATABASE_URL=proxy.url, CONNECTIONS=str(CONNECTIONS)).ready()
    proxy.at_commit(when, MARKS, kill_worker(hub) if killed else nothing_else, skip=5)
    hub.make_due()
    until(lambda: proxy.hits)
    if killed:
        assert worker.exit_status() == -signal.SIGKILL
        hub.worker().ready()
    stored = len(smtp.stored)
    seconds = until(lambda: len(smtp.stored) > stored, seconds=60)
    until(lambda: hub.sent() == PEOPLE, seconds=60)
    how = "kill -9" if killed else "reset"
    figures.note_mails(
        fault, f"{how} {when} the COMMIT of a mark", hub, [smtp], allowed=allowed, seconds=seconds, limit=LEASE + 2
    )
    hub.check_invariants()
