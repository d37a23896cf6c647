"""The real app on an empty folder, for pages that are rendered from sample views."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask

from webinar_hub.app import create_app
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Flask]:
    folder: Path = tmp_path_factory.mktemp("hub")
    app = create_app(Settings(data_folder=folder, base_url="https://hub.example", secret_key="only for tests"))
    with app.app_context():
        # What the owner has set is read from the database, and nothing else is.
        db.create_all()
    yield app
    with app.app_context():
        db.engine.dispose()
