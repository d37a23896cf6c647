"""A fleet of Celery workers: each mail once, whatever happens to the broker and the workers."""

import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from fleet_processes import PASSWORD, CeleryWorker, Redis, celery_worker
from hub_processes import until
from seeding import Hub
from smtp_server import SmtpServer, Stored, serving

PEOPLE = 500


class Fleet:
    """A leader and two Celery workers, each with a mail server of its own."""

    def __init__(self, hub: Hub, leaders: SmtpServer, servers: list[SmtpServer], workers: list[CeleryWorker]):
        self.hub = hub
        self.leaders = leaders
        self.servers = servers
        self.workers = workers

    @property
    def stored(self) -> list[Stored]:
        """What any server has taken."""
        return [message for server in (self.leaders, *self.servers) for message in server.stored]

    def logs(self) -> str:
        """Everything anybody has said."""
        return "\n".join(path.read_text() for path in self.hub.folder.glob("*.log"))


@contextmanager
def fleet(hub: Hub, leaders: SmtpServer, *pools: str) -> Iterator[Fleet]:
    with ExitStack() as stack:
        servers = [stack.enter_context(serving()) for _ in pools]
        workers = []
        for number, (server, pool) in enumerate(zip(servers, pools, strict=True)):
            environment = {**hub.environment, "WEBINAR_HUB_MAIL": server.url}
            workers.append(stack.enter_context(celery_worker(f"w{number}", environment, hub.folder, pool=pool)))
        for worker in workers:
            worker.ready()
        hub.worker().ready()
        yield Fleet(hub, leaders, servers, workers)


def check_each_once(fleet: Fleet, emails: list[str]) -> None:
    assert Counter(message.recipient for message in fleet.stored) == Counter(emails)
    assert fleet.hub.states() == {"sent": len(emails)}
    fleet.hub.check_invariants()


def test_two_workers_share_what_is_due_and_one_that_ends_leaves_the_rest(
    hub: Hub, smtp: SmtpServer, broker: Redis
) -> None:
    """Forked processes and threads; SIGTERM in the middle finishes what is on the wire; no secret in any log."""
    emails = hub.people(150)
    with fleet(hub, smtp, "prefork", "threads") as ours:
        for server in ours.servers:
            server.at("dot", lambda: time.sleep(0.02), times=150)
        hub.make_due()
        first, second = ours.servers
        until(lambda: first.stored and second.stored, seconds=30)
        ours.workers[0].ask_to_end()
        assert ours.workers[0].process.wait(15) == 0
        until(hub.settled, seconds=30)
        check_each_once(ours, emails)
        assert {row.attempts for row in hub.deliveries(kind="reminder")} == {1}
        assert smtp.stored == []
        assert PASSWORD not in ours.logs()


@pytest.mark.faults
def test_a_broker_that_forgets_everything_loses_and_repeats_nothing(
    hub: Hub, smtp: SmtpServer, broker: Redis
) -> None:
    emails = hub.people(PEOPLE)
    with fleet(hub, smtp, "prefork", "prefork") as ours:
        hub.make_due()
        for share in (1, 2, 3):
            until(lambda share=share: len(ours.stored) >= share * PEOPLE // 4, seconds=60)
            broker.client.flushall()
        until(hub.settled, seconds=60)
        check_each_once(ours, emails)
        assert all(server.stored for server in ours.servers)
