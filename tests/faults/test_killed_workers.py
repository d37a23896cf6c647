"""Workers that die with -9, are asked to end, or are frozen while mails are on their way (F2, F3, F5, F15)."""

import signal
import time
from collections import defaultdict
from collections.abc import Sequence
from contextlib import ExitStack

from figures import Figures
from hub_processes import command_line, logged, until
from seeding import LEASE, Hub
from smtp_server import SmtpServer, killing, serving

PEOPLE = 24
# So many that several workers hold some of them at once.
CROWD = 240


def workers_that_die(hub: Hub, stack: ExitStack, stages: Sequence[str], *, connections: int) -> list[SmtpServer]:
    """For each stage a worker with a mail server of its own, which kills it there at its third mail."""
    servers = []
    for stage in stages:
        server = stack.enter_context(serving())
        worker = hub.worker(MAIL=server.url, CONNECTIONS=str(connections))
        server.at(stage, killing(worker.pid), skip=0 if stage in ("connect", "ehlo") else 2)
        servers.append(server)
    for worker in hub.workers:
        assert worker.exit_status() == -signal.SIGKILL
    return servers


def test_a_worker_killed_before_the_server_accepts_loses_and_repeats_nothing(
    hub: Hub, smtp: SmtpServer, figures: Figures
) -> None:
    """F2: workers die, each at another stage; the next one takes over within the lease and two seconds."""
    stages = ("connect", "ehlo", "mail", "rcpt", "data", "dot")
    emails = hub.people(CROWD)
    hub.make_due()
    with ExitStack() as stack:
        servers = workers_that_die(hub, stack, stages, connections=1)
        hub.worker().ready()
        seconds = until(lambda: smtp.connected_at)
        until(hub.settled, seconds=60)
        figures.note_mails("F2", "kill -9 at six stages", hub, (*servers, smtp), seconds=seconds, limit=LEASE + 2)
    received = [message.recipient for server in (*servers, smtp) for message in server.stored]
    assert sorted(received) == sorted(emails)
    assert hub.states() == {"sent": len(emails)}
    hub.check_invariants()


def test_a_worker_killed_after_the_server_accepted_repeats_what_was_in_flight(
    hub: Hub, smtp: SmtpServer, figures: Figures
) -> None:
    """F3: before and after the server's 250 a worker dies; the same bytes come again, once for a connection."""
    stages, connections = ("stored", "replied"), 2
    emails = hub.people(CROWD)
    hub.make_due()
    with ExitStack() as stack:
        servers = workers_that_die(hub, stack, stages, connections=connections)
        hub.worker().ready()
        until(hub.settled, seconds=60)
        figures.note_mails(
            "F3", "kill -9 before and after the 250", hub, (*servers, smtp), allowed=len(stages) * connections
        )
    copies = defaultdict(list)
    for server in (*servers, smtp):
        for message in server.stored:
            copies[message.recipient].append(message)
    assert copies.keys() == set(emails)
    # The mail that was stored but not answered has to come again: nobody can know.
    assert 1 <= sum(len(messages) - 1 for messages in copies.values()) <= len(stages) * connections
    for messages in copies.values():
        assert len({message.header("Message-ID") for message in messages}) == 1
        assert len({message.content for message in messages}) == 1
    assert hub.states() == {"sent": len(emails)}
    hub.check_invariants()


def test_a_worker_asked_to_end_finishes_what_is_on_the_wire(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F5: SIGTERM with slow mails in flight: exit status 0, nothing claimed, the rest is there for the next one."""
    hub.people(PEOPLE)
    hub.make_due()
    smtp.at("dot", lambda: time.sleep(0.5), times=PEOPLE)
    log = hub.folder / "asked.log"
    patient = {"WEBINAR_HUB_LEASE": "30", "WEBINAR_HUB_MAIL_TIMEOUT": "5"}
    with command_line(["worker"], hub.environment | patient, log) as process:
        until(lambda: len(smtp.stored) >= 3)
        process.send_signal(signal.SIGTERM)
        begin = time.monotonic()
        assert process.wait(60) == 0
        seconds = time.monotonic() - begin
    assert logged(log, "worker stopped")
    states = hub.states()
    assert states["sent"] == len(smtp.stored) < PEOPLE
    assert states["queued"] == PEOPLE - len(smtp.stored)
    assert {row.attempts for row in hub.deliveries(state="queued")} == {0}
    smtp.behave()
    hub.worker().ready()
    until(lambda: hub.sent() == PEOPLE, seconds=60)
    figures.note_mails("F5", "SIGTERM with mails on the wire", hub, [smtp], seconds=seconds, limit=15)
    hub.check_invariants()
