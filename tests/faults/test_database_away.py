"""A database that stops, crashes, or is cut off while the hub runs (F6): nothing ends, nothing is lost."""

import signal
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from broken_network import BrokenNetwork, broken_network
from figures import Figures
from hub_processes import command_line, until
from own_postgresql import OwnPostgresql, StopMode, own_postgresql
from ports import free_port
from postgres_proxy import between
from seeding import Hub, installed
from smtp_server import SmtpServer
from visiting import NO_ANSWER, SUCCESS, Visitor

from tests.databases import migrate
from webinar_hub.core import clock

PEOPLE = 60
CONNECTIONS = 2
BACK_WITHIN = 10.0
BACK_FROM_SILENCE_WITHIN = 60.0
"""Seconds, as the matrix asks for them."""


@pytest.fixture
def server() -> Iterator[OwnPostgresql]:
    with own_postgresql() as own:
        yield own


@pytest.fixture
def hub(server: OwnPostgresql, tmp_path: Path, smtp: SmtpServer) -> Iterator[Hub]:
    """An installation on a server of its own, with the lease of an installation in earnest."""
    migrate(server.url, tmp_path)
    with installed(server.url, tmp_path, smtp, LEASE="45", MAIL_TIMEOUT="20") as hub:
        yield hub


@dataclass(slots=True)
class Crowd:
    """Somebody new signs up every moment, whatever the answers are."""

    cohort: str
    port: int
    answers: list[int] = field(default_factory=list)
    ended: threading.Event = field(default_factory=threading.Event)

    def come(self) -> None:
        """Sign up again and again; who does not read "done" tries once more."""
        comer = self._next()
        while not self.ended.wait(0.2):
            self.answers.append(comer.sign_up())
            if self.answers[-1] == SUCCESS:
                comer = self._next()
            else:
                comer.load()

    def _next(self) -> Visitor:
        comer = Visitor(self.port, self.cohort, f"comer{len(self.answers)}@example.net")
        comer.load()
        return comer


@contextmanager
def coming(hub: Hub, port: int) -> Iterator[Crowd]:
    """Have people sign up meanwhile."""
    crowd = Crowd(hub.cohort_public_id(), port)
    thread = threading.Thread(target=crowd.come)
    thread.start()
    try:
        yield crowd
    finally:
        crowd.ended.set()
        thread.join(60)


def serve(stack: ExitStack, hub: Hub, url: str) -> int:
    """Start the pages without a worker; their port."""
    port = free_port()
    environment = hub.environment | {"WEBINAR_HUB_DATABASE_URL": url}
    arguments = ["serve", "--port", str(port), "--without-worker"]
    stack.enter_context(command_line(arguments, environment, hub.folder / "serve.log"))
    until(lambda: Visitor(port, hub.cohort_public_id(), "").load() == 200, seconds=60)
    return port


@pytest.mark.parametrize(
    ("mode", "away"),
    [
        ("immediate", 2.0),
        pytest.param("fast", 2.0, marks=pytest.mark.faults),
        pytest.param("fast", 60.0, marks=pytest.mark.faults),
    ],
)
def test_a_database_that_stops_and_comes_back(
    hub: Hub, server: OwnPostgresql, smtp: SmtpServer, figures: Figures, mode: StopMode, away: float
) -> None:
    """F6: in the middle of sending and of signing up; every process lives and goes on by itself."""
    hub.people(PEOPLE)
    with ExitStack() as stack:
        port = serve(stack, hub, server.url)
        worker = hub.worker().ready()
        smtp.at("dot", lambda: until_passed(0.1), times=PEOPLE)
        with coming(hub, port) as crowd:
            until(lambda: SUCCESS in crowd.answers)
            hub.make_due()
            until(lambda: len(smtp.stored) > 10)
            server.stop(mode)
            begin = len(crowd.answers)
            until_passed(away)
            during = crowd.answers[begin:]
            server.start()
            stored, answers = len(smtp.stored), len(crowd.answers)
            seconds = until(lambda: len(smtp.stored) > stored, seconds=120)
            seconds += until(lambda: SUCCESS in crowd.answers[answers:], seconds=120)
        until(hub.settled, seconds=120)
        worker.signal(signal.SIGTERM)
        assert worker.exit_status() == 0
    assert 503 in during
    assert set(during) <= {503, NO_ANSWER}
    assert_all_came(hub, crowd)
    figures.note_mails(
        "F6", f"database stopped ({mode}), back after {away:g} s", hub, [smtp],
        allowed=CONNECTIONS if away > 45 else 0, seconds=seconds, limit=BACK_WITHIN,
    )  # fmt: skip
    hub.check_invariants()


def assert_all_came(hub: Hub, crowd: Crowd) -> None:
    """Whoever read "done" is registered, and her confirmation has gone out."""
    confirmed = hub.sent("confirmation")
    assert crowd.answers.count(SUCCESS) <= confirmed


@pytest.fixture
def network() -> Iterator[BrokenNetwork]:
    with broken_network() as network:
        yield network


@pytest.mark.faults
@pytest.mark.parametrize("silent", [20.0, 60.0])
def test_a_database_behind_a_network_that_swallows_everything(
    hub: Hub, server: OwnPostgresql, smtp: SmtpServer, network: BrokenNetwork, figures: Figures, silent: float
) -> None:
    """F6: no packet comes back and no connection is closed; half open ones are noticed by their age."""
    hub.people(PEOPLE)
    with ExitStack() as stack:
        proxy = stack.enter_context(between(server.url, network.listener))
        port = serve(stack, hub, proxy.url)
        worker = hub.worker(DATABASE_URL=proxy.url).ready()
        smtp.at("dot", lambda: until_passed(0.1), times=PEOPLE)
        with coming(hub, port) as crowd:
            until(lambda: SUCCESS in crowd.answers)
            hub.make_due()
            until(lambda: len(smtp.stored) > 10)
            network.swallow()
            begin = len(crowd.answers)
            until_passed(silent)
            during = crowd.answers[begin:]
            network.restore()
            stored, answers = len(smtp.stored), len(crowd.answers)
            seconds = until(lambda: len(smtp.stored) > stored, seconds=180)
            seconds += until(lambda: SUCCESS in crowd.answers[answers:], seconds=180)
        until(hub.settled, seconds=180)
        worker.signal(signal.SIGTERM)
        assert worker.exit_status() == 0
    # The first answer after the silence may be that of a request from before it.
    assert SUCCESS not in during[1:]
    assert 503 in crowd.answers
    assert 500 not in crowd.answers
    assert_all_came(hub, crowd)
    figures.note_mails(
        "F6", f"network to the database silent for {silent:g} s", hub, [smtp],
        allowed=CONNECTIONS, seconds=seconds, limit=BACK_FROM_SILENCE_WITHIN,
    )  # fmt: skip
    hub.check_invariants()


def until_passed(seconds: float) -> None:
    """Let some time go by."""
    over = clock.monotonic() + seconds
    until(lambda: clock.monotonic() > over, 2 * seconds + 10)
