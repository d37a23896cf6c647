"""What every test may ask for: the app on a database of its own, a frozen clock, people, a worker, a browser.

A test that uses the app runs on SQLite and on PostgreSQL; `--database sqlite` leaves the other one out.
"""

import os
import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.serving import make_server

from tests import compiling
from tests.building import NOW
from tests.databases import ENGINES, Empty, postgresql_databases, sqlite_databases
from tests.imap_server import DOVECOT, ImapMailbox, ImapServer, imap_server
from tests.people import People
from webinar_hub.app import create_app
from webinar_hub.core import clock
from webinar_hub.core.config import PREFIX, Settings, read_settings
from webinar_hub.core.db import db
from webinar_hub.worker.running import Worker

IN_CI = f"{PREFIX}CI"
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
CHROMIUM_OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--database", choices=ENGINES, action="append", help="run on this database only")
    parser.addoption("--figures", action="store_true", help="tests/faults: hold the seconds too, print the table")


def pytest_xdist_auto_num_workers() -> int:
    """A third of the time is waiting: for moments to come, for other processes, for Chromium."""
    return max(2, (os.cpu_count() or 1) * 3 // 2)


def pytest_configure() -> None:
    compiling.only_once()
    # Two processes that write Hypothesis' tables into one new folder would trip over each other.
    mine = f".hypothesis/{os.environ.get('PYTEST_XDIST_WORKER', 'alone')}"
    os.environ.setdefault("HYPOTHESIS_STORAGE_DIRECTORY", mine)
    # What is set for a real installation must not change what a test finds.
    for name in [name for name in os.environ if name.startswith(PREFIX) and name != IN_CI]:
        del os.environ[name]
    # Here forms are filled in as fast as a machine can, in this process and in those it starts.
    os.environ[f"{PREFIX}FILL_SECONDS"] = "0"


def pytest_report_header() -> list[str]:
    return [
        f"browser: {CHROMIUM or 'no Chromium here, so the tests marked `browser` are left out'}",
        f"imap: {DOVECOT or 'no Dovecot here, so the tests marked `imap` are left out'}",
    ]


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database_url" in metafunc.fixturenames:
        metafunc.parametrize("database_url", metafunc.config.getoption("--database") or ENGINES, indirect=True)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.get_closest_marker("browser") and not CHROMIUM:
            item.add_marker(pytest.mark.skip(reason="no Chromium on this machine"))
        if item.get_closest_marker("imap") and not DOVECOT:
            item.add_marker(pytest.mark.skip(reason="no Dovecot on this machine"))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Any:
    return _without_skips((yield))


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report() -> Any:
    return _without_skips((yield))


def _without_skips(report: Any) -> Any:
    # Continuous integration installs everything, so a test that skips itself there is a test that is lost.
    if report.skipped and not hasattr(report, "wasxfail") and IN_CI in os.environ:
        report.outcome, report.longrepr = "failed", f"Skipped although {IN_CI} is set: {report.longrepr[2]}"
    return report


@pytest.fixture(scope="session")
def sqlite(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Empty]:
    with sqlite_databases(tmp_path_factory.mktemp("sqlite")) as empty:
        yield empty


@pytest.fixture(scope="session")
def postgresql(tmp_path_factory: pytest.TempPathFactory, testrun_uid: str) -> Iterator[Empty]:
    with postgresql_databases(tmp_path_factory.mktemp("postgresql"), run=testrun_uid) as empty:
        yield empty


@pytest.fixture(scope="session")
def imap() -> Iterator[ImapServer]:
    """A mail server to be read by IMAP, for tests marked `imap`."""
    with imap_server() as server:
        yield server


@pytest.fixture
def mailbox(imap: ImapServer) -> ImapMailbox:
    """An empty mailbox on it."""
    return imap.mailbox(f"hub-{uuid4().hex}")


@pytest.fixture
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """A migrated, empty database; a test that uses it, as `app` does, runs once for each engine."""
    empty: Empty = request.getfixturevalue(request.param)
    return empty(tmp_path)


@pytest.fixture
def settings(database_url: str, tmp_path: Path) -> Settings:
    """What the app runs with; a module that needs something else overrides this with `settings.model_copy`."""
    return read_settings(
        data_folder=tmp_path / "data",
        database_url=database_url,
        base_url="http://localhost",
        secret_key="only for tests",
        mail="mailbox:",
        log_level="error",
        tick=0.05,
    )


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings)
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    """A browser that nobody has used yet."""
    return app.test_client()


@pytest.fixture(autouse=True)
def _clock_in_place() -> Iterator[None]:
    """The demo moves the clock of the whole process: put it back."""
    yield
    clock.restore(Path("no such file"))
    clock.stop_playing()


@pytest.fixture
def travel() -> Iterator[time_machine.Traveller]:
    """Stop time at building.NOW; `travel.move_to` and `travel.shift` go on from there."""
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


@pytest.fixture
def people(app: Flask, tmp_path: Path, travel: time_machine.Traveller) -> People:
    """Ann and Bea are registered in different cohorts, Cleo is a stranger."""
    return People(app, tmp_path)


@pytest.fixture
def worker(app: Flask) -> Iterator[Worker]:
    """A real worker in threads of its own; it needs time that passes, so no `travel` beside it."""
    running = Worker(app)
    running.start()
    yield running
    assert running.stop(), "a mail was still on the wire when the worker had to stop"


@pytest.fixture
def live_server(app: Flask) -> Iterator[str]:
    """The address at which a browser finds the app."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Any]:
    from playwright.sync_api import sync_playwright  # slow import, and few tests need it

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=CHROMIUM_OPTIONS)
        yield browser
        browser.close()


@pytest.fixture
def page(chromium: Any, live_server: str) -> Iterator[Any]:
    """A page of a fresh browser profile, for tests marked `browser`; paths lead to the live server."""
    context = chromium.new_context(base_url=live_server)
    yield context.new_page()
    context.close()
