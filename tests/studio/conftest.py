"""The studio with one cohort, and its owner signed in."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from time_machine import Traveller

from tests.building import given_cohort, sign_up
from tests.delivering import deliver
from tests.studio.announcing import NEWS
from tests.studio.staff import given_staff, signed_in


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    """The public id of the cohort `building.KEY`."""
    return given_cohort(app, tmp_path)


@pytest.fixture
def owner(app: Flask, travel: Traveller) -> FlaskClient:
    """The browser of somebody who may do everything."""
    return signed_in(app, given_staff(app))


@pytest.fixture
def three(app: Flask, cohort: str, travel: Traveller) -> str:
    """Ann (OT), Bea (PT) and Cleo (PT, asked for news) have got their confirmations."""
    sign_up(app, cohort, "ann@x.example", "Ann Lee", profession="OT")
    sign_up(app, cohort, "bea@x.example", "Bea Moss", profession="PT")
    sign_up(app, cohort, "cleo@x.example", "Cleo Park", profession="PT", news_words=NEWS)
    deliver(app)
    return cohort
