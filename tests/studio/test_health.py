"""Health in plain words: whether the clock is rung, what waits, what was refused, what comes next."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import update
from time_machine import Traveller

from tests.building import sign_up
from tests.delivering import deliver
from tests.studio.filling_up import statements_as_it_fills
from tests.studio.staff import given_staff, signed_in
from webinar_hub.adapters.dns import DnsTrouble
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Delivery
from webinar_hub.rules.staff import Role
from webinar_hub.services import leadership
from webinar_hub.web.studio import health

PAGE = "/studio/health"


def text_of(client: FlaskClient) -> str:
    answer = client.get(PAGE)
    assert answer.status_code == 200
    return " ".join(answer.get_data(as_text=True).split())


def rung(app: Flask) -> None:
    with app.app_context(), transaction():
        leadership.hold("me", 10.0)


def test_without_a_worker_it_says_how_to_start_one(owner: FlaskClient) -> None:
    text = text_of(owner)
    assert "No worker has run yet" in text
    assert "Nothing is planned" in text


def test_with_one_all_is_well(app: Flask, cohort: str, owner: FlaskClient) -> None:
    rung(app)
    text = text_of(owner)
    assert "All is well." in text
    assert "a moment ago" in text
    assert "No mail was refused." in text
    assert "Live session: Cues" in text
    assert "Reminder, 1 week before: Cues" in text


def test_what_is_late_and_what_was_refused_is_said_without_naming_anybody(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    sign_up(app, cohort)
    deliver(app)
    said = "550 5.1.1 <ann@x.example> unknown"
    with app.app_context(), transaction():
        db.session.execute(update(Delivery).values(state="failed", reply=said))
    text = text_of(owner)
    assert "did not arrive: the address does not exist." in text
    assert "ann@x.example" not in text
    travel.shift(timedelta(days=9))
    text = text_of(owner)
    assert "1 message has been due for more than two minutes" in text
    assert "Something needs a hand" in text


def test_as_many_statements_for_300_people_as_for_one(app: Flask, cohort: str, owner: FlaskClient) -> None:
    assert len(set(statements_as_it_fills(app, cohort, owner, PAGE))) == 1


def test_a_closer_look_asks_the_dns_and_changes_nothing(
    app: Flask, cohort: str, owner: FlaskClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Silent:
        def __init__(self, server: object) -> None:
            raise DnsTrouble("nobody answers")

    monkeypatch.setattr(health, "Dns", Silent)
    app.config["WTF_CSRF_ENABLED"] = False
    text = owner.post(f"{PAGE}/look").get_data(as_text=True)
    assert "is not known: nobody answers" in text
    assert "The database" in text
    reader = signed_in(app, given_staff(app, Role.READER, email="r@littlehands.example"))
    assert reader.post(f"{PAGE}/look").status_code == 403
