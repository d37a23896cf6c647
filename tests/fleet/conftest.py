"""A fleet on PostgreSQL and a Redis of its own, whose mails go to the faulty server of tests/faults."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from seeding import LEADER_LEASE, LEASE, MAIL_TIMEOUT, Hub, import_cohort
from smtp_server import SmtpServer, serving

from tests.databases import Empty
from tests.loopback_redis import Redis
from webinar_hub.app import create_app
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db


@pytest.fixture
def smtp() -> Iterator[SmtpServer]:
    with serving() as server:
        yield server


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[Redis]:
    server = Redis(tmp_path)
    yield server
    server.close()


@pytest.fixture
def hub(
    postgresql: Empty, tmp_path: Path, smtp: SmtpServer, broker: Redis, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Hub]:
    """An installation whose leader hands out tickets; `smtp` is where the leader itself would send."""
    wanted = {
        "DATA_FOLDER": str(tmp_path / "data"), "DATABASE_URL": postgresql(tmp_path), "BROKER_URL": broker.url,
        "SECRET_KEY": "only for tests", "MAIL": smtp.url, "LEASE": str(LEASE), "MAIL_TIMEOUT": str(MAIL_TIMEOUT),
        "LEADER_LEASE": str(LEADER_LEASE), "TICK": "0.1", "CONNECTIONS": "2", "LOG_LEVEL": "info",
    }  # fmt: skip
    environment = {f"WEBINAR_HUB_{key}": value for key, value in wanted.items()}
    with monkeypatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        app = create_app(read_settings())
    import_cohort(app, tmp_path)
    hub = Hub(app, environment, tmp_path, [])
    yield hub
    for worker in hub.workers:
        worker.end()
    with app.app_context():
        db.engine.dispose()
