"""The faulty mail server, and an installation that sends through it; everything a test has started ends with it."""

from collections.abc import Iterator
from pathlib import Path

import figures as fault_figures
import pytest
from figures import Figures
from postgres_proxy import PostgresProxy, between
from seeding import Hub, installed
from smtp_server import SmtpServer, serving

from tests.databases import Empty


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    reports = [report for found in terminalreporter.stats.values() for report in found]
    calls = [report for report in reports if getattr(report, "when", None) == "call"]
    properties = [pair for report in calls for pair in report.user_properties]
    found = [value for name, value in properties if name == fault_figures.PROPERTY]
    if found and terminalreporter.config.getoption("--figures"):
        terminalreporter.section("what the faults cost")
        for line in fault_figures.table(found):
            terminalreporter.write_line(line)


@pytest.fixture
def figures(request: pytest.FixtureRequest) -> Iterator[Figures]:
    """Takes the figures of a run, holds them to their limits and prints them at the end."""
    kept = Figures(request.node.user_properties, request.config.getoption("--figures"))
    yield kept
    assert not kept.too_slow, kept.too_slow


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with serving() as server:
        yield server


@pytest.fixture
def hub(database_url: str, tmp_path: Path, smtp: SmtpServer) -> Iterator[Hub]:
    """An installation on each database whose mails go to the faulty server."""
    with installed(database_url, tmp_path, smtp) as hub:
        yield hub


@pytest.fixture
def on_postgresql(postgresql: Empty, tmp_path: Path, smtp: SmtpServer) -> Iterator[Hub]:
    """An installation on PostgreSQL, for what SQLite has not: a network between it and the hub."""
    with installed(postgresql(tmp_path), tmp_path, smtp) as hub:
        yield hub


@pytest.fixture
def proxy(on_postgresql: Hub) -> Iterator[PostgresProxy]:
    """A breaking way to its database; a process takes it with `DATABASE_URL=proxy.url`."""
    with between(on_postgresql.environment["WEBINAR_HUB_DATABASE_URL"]) as proxy:
        yield proxy
