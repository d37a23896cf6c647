"""Visitors of the pages: somebody nobody knows, and Ann, who has opened the link of her mail."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.building import given_cohort, sign_up
from tests.web.visiting import links, path


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def visitor(app: Flask) -> FlaskClient:
    """Somebody nobody knows."""
    return app.test_client()


@pytest.fixture
def ann(app: Flask, cohort: str) -> FlaskClient:
    """Ann, registered, who has opened the link of her mail."""
    sign_up(app, cohort)
    client = app.test_client()
    assert client.get(path(links(app)["me"])).status_code == 303
    return client
