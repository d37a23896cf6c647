"""What browser tests ask for besides ../conftest.py: the service at its real address, and visitors who go there.

What a browser shows does not depend on the database, so these tests run on SQLite alone.
"""

import socket
import threading
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Browser, BrowserContext, Page
from werkzeug.serving import make_server

from tests.browser.visiting import PHONE, Witness
from tests.building import given_cohort
from tests.databases import Empty
from webinar_hub.core import clock
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.rules.zones import zone

Visit = Callable[..., Page]
"""Opens a page in a fresh browser profile on a phone; arguments are those of Playwright's new_context."""

_ZONE = zone("America/New_York")
_TUESDAY = 1


@pytest.fixture
def door() -> Iterator[socket.socket]:
    """A port that is taken before the app is made, because the app writes its address into mails."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield listening


@pytest.fixture
def address(door: socket.socket) -> str:
    """Where the service is found: by visitors, and by the links of its mails."""
    return f"http://127.0.0.1:{door.getsockname()[1]}"


@pytest.fixture
def settings(sqlite: Empty, tmp_path: Path, address: str) -> Settings:
    return read_settings(
        data_folder=tmp_path / "data",
        database_url=sqlite(tmp_path),
        base_url=address,
        secret_key="only for tests",
        mail="mailbox:",
        log_level="error",
        tick=0.05,
    )


@pytest.fixture
def live_server(app: Flask, door: socket.socket, address: str) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app, threaded=True, fd=door.fileno())
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield address
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def witness(live_server: str) -> Witness:
    return Witness(live_server)


@pytest.fixture
def visit(chromium: Browser, live_server: str, witness: Witness) -> Iterator[Visit]:
    contexts: list[BrowserContext] = []

    def open_page(**options: Any) -> Page:
        context = chromium.new_context(base_url=live_server, **(PHONE | options))
        context.set_default_timeout(10_000)
        contexts.append(context)
        return witness.watch(context)

    yield open_page
    for context in contexts:
        context.close()


@pytest.fixture
def starts() -> datetime:
    """When the first session starts (aware): 7 pm in New York on the first Tuesday in eight days or more.

    A browser keeps the real time, so nothing here can lie at a fixed date.
    """
    tonight = clock.now().astimezone(_ZONE).replace(hour=19, minute=0, second=0, microsecond=0)
    earliest = tonight + timedelta(days=8)
    return earliest + timedelta(days=(_TUESDAY - earliest.weekday()) % 7)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, starts: datetime) -> str:
    """The public id of building.COHORT at coming dates, its second session on YouTube."""
    gift = starts.replace(hour=8) + timedelta(days=4)
    return given_cohort(
        app,
        tmp_path,
        {
            "first = 2026-12-08T19:00:00": f"first = {starts:%Y-%m-%dT%H:%M:%S}",
            "releases = 2026-12-12T08:00:00": f"releases = {gift:%Y-%m-%dT%H:%M:%S}",
            'title = "Strokes"': 'title = "Strokes"\nlivestream_url = "https://youtu.be/aqz-KE-bpKQ"',
        },
    )
