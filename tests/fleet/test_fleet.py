"""A fleet of Celery workers: each mail once, whatever happens to the broker and the workers."""

import signal
import time
from collections import Counter, defaultdict
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager

import pytest
from fleet_processes import CeleryWorker, celery_worker
from hub_processes import until
from seeding import HOUR, LEASE, Hub
from smtp_server import DROP, SmtpServer, Stored, serving

from tests.loopback_redis import PASSWORD, Redis

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


def copies(fleet: Fleet) -> dict[str, list[Stored]]:
    """What was stored for each address."""
    found = defaultdict(list)
    for message in fleet.stored:
        found[message.recipient].append(message)
    return found


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
        slow(ours, 0.02)
        hub.make_due()
        first, second = ours.servers
        until(lambda: first.stored and second.stored, seconds=30)
        ours.workers[0].ask_to_end()
        assert ours.workers[0].process.wait(15) == 0
        until(hub.settled, seconds=30)
        check_each_once(ours, emails)
        assert {row.attempts for row in hub.deliveries(kind="reminder")} == {1}
        assert smtp.stored == []
        ours.workers[1].ask_to_end()
        assert ours.workers[1].process.wait(15) == 0
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


@pytest.mark.faults
def test_a_worker_killed_in_the_middle_is_stood_in_for_by_the_others(
    hub: Hub, smtp: SmtpServer, broker: Redis
) -> None:
    """Kill -9 with a mail stored but not answered: it comes again, once a connection, to the byte the same."""
    emails = hub.people(PEOPLE)
    with fleet(hub, smtp, "prefork", "prefork") as ours:
        victim, killed_at = ours.workers[0], []

        def kill() -> str:
            victim.kill()
            killed_at.append(time.monotonic())
            return DROP

        ours.servers[0].at("stored", kill, skip=PEOPLE // 10)
        hub.make_due()
        until(lambda: killed_at, seconds=60)
        until(hub.settled, seconds=60)
        found = copies(ours)
        assert found.keys() == set(emails)
        assert 1 <= len(ours.stored) - len(emails) <= 2
        for messages in found.values():
            assert len({message.content for message in messages}) == 1
        assert hub.states() == {"sent": len(emails)}
        hub.check_invariants()
        orphans = {row.key for row in hub.deliveries(kind="reminder") if row.attempts == 2}
        rescued = min(message.at for message in ours.stored if message.key in orphans and message.at > killed_at[0])
        assert rescued - killed_at[0] < 2 * LEASE + 4


@pytest.mark.faults
def test_a_broker_that_is_gone_for_a_while_stops_nothing(hub: Hub, smtp: SmtpServer, broker: Redis) -> None:
    """Meanwhile the leader sends by itself; afterwards the workers take tickets again."""
    emails = hub.people(PEOPLE)
    with fleet(hub, smtp, "prefork", "prefork") as ours:
        slow(ours, 0.05)
        hub.make_due()
        until(lambda: len(ours.stored) > PEOPLE // 10, seconds=60)
        broker.stop()
        until(lambda: len(smtp.stored) > 10, seconds=30)
        broker.start()
        until(hub.settled, seconds=60)
        check_each_once(ours, emails)
        by_workers = [len(server.stored) for server in ours.servers]
        hub.make_due(HOUR)
        # After its broker was away Celery tries again after 2, 4, 6 … seconds.
        until(
            lambda: all(len(server.stored) > sent for server, sent in zip(ours.servers, by_workers, strict=True)),
            seconds=60,
        )
        until(hub.settled, seconds=60)
        assert set(Counter(message.key for message in ours.stored).values()) == {1}
        assert len(ours.stored) == 2 * PEOPLE


@pytest.mark.faults
def test_a_broker_that_stands_still_does_not_hold_up_the_mails(hub: Hub, smtp: SmtpServer, broker: Redis) -> None:
    emails = hub.people(50)
    hub.worker().ready()
    broker.signal(signal.SIGSTOP)
    hub.make_due()
    assert until(hub.settled, seconds=30) < 15
    broker.signal(signal.SIGCONT)
    assert Counter(message.recipient for message in smtp.stored) == Counter(emails)
    hub.check_invariants()


@pytest.mark.faults
def test_a_fleet_of_which_nobody_is_left_is_stood_in_for_by_the_leader(
    hub: Hub, smtp: SmtpServer, broker: Redis
) -> None:
    """Tickets wait in the queue, never more than the setting says; after some seconds the leader sends too."""
    emails = hub.people(PEOPLE)
    leader = hub.worker(FLEET_TASKS="5").ready()
    hub.make_due()
    until(lambda: broker.client.llen("webinar-hub") == 5)
    assert until(lambda: smtp.stored, seconds=30) > 3
    until(hub.settled, seconds=60)
    assert broker.client.llen("webinar-hub") <= 5
    assert Counter(message.recipient for message in smtp.stored) == Counter(emails)
    assert [line["trouble"] for line in leader.lines("leader sends by itself")] == ["nobody takes a ticket"]


def slow(fleet: Fleet, seconds: float) -> None:
    """Have every mail server of the fleet take its time for each mail."""
    for server in (fleet.leaders, *fleet.servers):
        server.at("dot", lambda: time.sleep(seconds), times=10_000)
