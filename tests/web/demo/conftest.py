"""The demo as it is before anybody has come."""

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient

from tests.web.demo.visiting import demo_settings, mailbox
from webinar_hub.adapters.mail import Accepted, Envelope
from webinar_hub.adapters.mail.mailbox import MailboxTransport
from webinar_hub.app import create_app
from webinar_hub.cli.demo_command import prepared
from webinar_hub.core import clock
from webinar_hub.core.db import db


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo as it is before anybody has come, to be copied."""
    folder = tmp_path_factory.mktemp("example")
    app = prepared(demo_settings(folder))
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture(autouse=True)
def _real_time_afterwards(tmp_path: Path) -> Iterator[None]:
    yield
    clock.stop_playing()
    clock.restore(tmp_path / "never moved")


@pytest.fixture
def app(example: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copytree(example, tmp_path / "data")
    app = create_app(demo_settings(tmp_path / "data"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def keep(app: Flask) -> Callable[[bytes], str]:
    """Put a mail into the mailbox; its id."""
    transport = MailboxTransport(app.extensions["settings"].mailbox_folder)

    def put(content: bytes) -> str:
        outcome = transport.send(Envelope("hello@hub.example", "ana@x.example", content, "key"))
        assert isinstance(outcome, Accepted)
        return mailbox(app).list(limit=1)[0].id

    return put
