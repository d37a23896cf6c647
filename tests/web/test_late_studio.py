"""The studio of a serving process is loaded when somebody wants in, and is then what it is everywhere."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask

from webinar_hub.app import create_app
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db


@pytest.fixture
def app(settings: Settings) -> Iterator[Flask]:
    app = create_app(settings, studio_waits=True)
    yield app
    with app.app_context():
        db.engine.dispose()


def test_the_first_who_wants_in_finds_the_door(app: Flask) -> None:
    browser = app.test_client()
    assert browser.get("/").status_code == 200
    answer = browser.get("/studio/today")
    assert answer.status_code == 303
    assert "/studio/sign-in" in answer.location
    assert browser.get(answer.location).status_code == 200
    assert "Set-Cookie" not in app.test_client().get("/").headers, "public pages stay the same for everybody"


def test_an_organizers_calendar_may_be_what_is_asked_for_first(app: Flask) -> None:
    assert "studio_today" not in app.blueprints
    assert app.test_client().get("/cal/studio/nobody.ics").status_code == 404
    assert "studio_today" in app.blueprints


def test_many_at_once_each_get_their_page(app: Flask) -> None:
    addresses = ["/", "/studio/sign-in", "/lost-link", "/studio/sign-in"] * 4
    with ThreadPoolExecutor(8) as visitors:
        answers = list(visitors.map(lambda address: app.test_client().get(address).status_code, addresses))
    assert set(answers) == {200}
