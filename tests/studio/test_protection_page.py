"""Sign-up protection: what is set for one cohort and for all; an alarm that is seen and ended."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import KEY, given_cohort
from tests.counting import counting
from tests.studio.coming_in import EMAIL, given_password, sign_in
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import token
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Alarm, AuditEntry, Cohort
from webinar_hub.rules.protection import REFUSALS
from webinar_hub.rules.staff import Role
from webinar_hub.services import alarms, cloning

PAGE = f"/studio/cohorts/{KEY}/protection"
END = "/studio/webinars/baby-massage/alarm/end"


def kept(app: Flask) -> Cohort:
    with app.app_context():
        return db.session.scalars(select(Cohort)).one()


def given_alarm(app: Flask) -> None:
    with app.app_context(), transaction():
        alarms.watch("baby-massage", REFUSALS, per_network=300, now=clock.now())


def test_it_is_set_kept_and_copied(app: Flask, cohort: str, owner: FlaskClient) -> None:
    assert PAGE in owner.get(f"/studio/cohorts/{KEY}/registration").text
    page = owner.get(PAGE)
    typed = {"csrf_token": token(page), "version": "1", "proves_address": "y", "proof_of_work": "always"}
    assert owner.post(PAGE, data=typed).status_code == 303
    assert (kept(app).proves_address, kept(app).proof_of_work) == (True, "always")
    with app.app_context():
        assert cloning.settings_of(kept(app)).items() >= {"proves_address": True, "proof_of_work": "always"}.items()
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "cohort.changed")).one()
        assert entry.detail["before"] == {"proves_address": False, "proof_of_work": ""}
    late = owner.post(PAGE, data=typed | {"proof_of_work": "never"})
    assert (late.status_code, "Stored now" in late.text) == (409, True)
    wrong = owner.post(PAGE, data=typed | {"version": "2", "proof_of_work": "sometimes"})
    assert (wrong.status_code, "Choose one of the answers" in wrong.text) == (422, True)
    assert kept(app).proof_of_work == "always"


def test_an_alarm_is_seen_on_two_pages_and_ended(app: Flask, cohort: str, owner: FlaskClient) -> None:
    with counting(app) as before:
        assert "under attack" not in owner.get("/studio/health").text
    given_alarm(app)
    with counting(app) as after:
        assert "is under attack" in owner.get("/studio/health").text
    assert len(after) == len(before)
    page = owner.get("/studio/today")
    assert f"{REFUSALS} tries were refused" in page.text
    assert owner.get(END).status_code == 405
    assert owner.post(END, data={"csrf_token": token(page)}).status_code == 303
    assert "is under attack" not in owner.get("/studio/today").text
    with app.app_context():
        assert db.session.scalars(select(Alarm.until)).one() == clock.now()


def test_who_only_looks_sees_it_and_cannot_end_it(app: Flask, cohort: str, tmp_path: Path) -> None:
    given_alarm(app)
    reader = signed_in(app, given_staff(app, Role.READER))
    page = reader.get("/studio/today").text
    assert "is under attack" in page
    assert END not in page
    given_cohort(app, tmp_path, {'slug = "baby-massage"': 'slug = "another"', 'key = "january"': 'key = "other"'})
    elsewhere = signed_in(app, given_staff(app, Role.OWNER, slug="another", email="bo@x.example"))
    assert "is under attack" not in elsewhere.get("/studio/today").text


def test_a_made_up_network_gives_no_more_tries_at_the_door(app: Flask, client: FlaskClient, travel: object) -> None:
    given_password(app)
    for number in range(10):
        client.environ_base["HTTP_X_FORWARDED_FOR"] = f"203.0.113.{number}"
        assert sign_in(client, password="guess " * 3).status_code == 200
    client.environ_base["HTTP_X_FORWARDED_FOR"] = "203.0.113.99"
    refused = sign_in(client, email=EMAIL)
    assert refused.status_code == 429
    assert 0 < int(refused.headers["Retry-After"]) <= 15 * 60 + 1
