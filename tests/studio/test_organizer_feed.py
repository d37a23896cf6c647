"""The organizer's own calendar (B10): how many are registered, only what she may see, revocable; and clashes."""

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select

from tests.building import KEY, NOW, given_cohort, sign_up
from tests.counting import counting
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db, transaction
from webinar_hub.models import OrganizerFeed, Session
from webinar_hub.queries import clashes
from webinar_hub.rules.staff import Role


@pytest.fixture(autouse=True)
def _no_tokens(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def address(app: Flask, client: FlaskClient) -> str:
    assert client.post("/studio/calendar/address").status_code == 303
    with app.app_context():
        row = db.session.scalars(select(OrganizerFeed).order_by(OrganizerFeed.created_at.desc())).first()
        assert row is not None
        return app.extensions["links"].studio_feed(row.organizer_id, row.nonce).removeprefix("http://localhost")


def test_every_session_with_its_count(app: Flask, owner: FlaskClient, cohort: str) -> None:
    link = address(app, owner)
    assert link in owner.get("/studio/webinars").text
    stranger = app.test_client()
    first = stranger.get(link)
    assert first.headers["Content-Type"] == "text/calendar; charset=utf-8"
    summaries = [str(event["SUMMARY"]) for event in Calendar.from_ical(first.data).walk("VEVENT")]
    assert summaries == [f"{title} · Baby massage & you (0 registered of 50)" for title in ("Cues", "Strokes")]
    assert stranger.get(link, headers={"If-None-Match": first.headers["ETag"]}).status_code == 304
    sign_up(app, cohort)
    again = stranger.get(link, headers={"If-None-Match": first.headers["ETag"]})
    assert again.status_code == 200
    assert b"1 registered of 50" in again.data.replace(b"\r\n ", b"")


def test_a_new_address_ends_the_old_and_ending_ends_it(app: Flask, owner: FlaskClient) -> None:
    old = address(app, owner)
    new = address(app, owner)
    assert app.test_client().get(old).status_code == 404
    assert app.test_client().get(new).status_code == 200
    assert "shows nothing of it any more" in owner.get("/studio/calendar/end").text
    owner.post("/studio/calendar/end")
    assert app.test_client().get(new).status_code == 404
    assert app.test_client().get(f"{new}x").status_code == 404


def test_only_what_she_may_see(app: Flask, tmp_path: Path) -> None:
    given_cohort(app, tmp_path, {'slug = "baby-massage"': 'slug = "other"', 'key = "january"': 'key = "other"'})
    link = address(app, signed_in(app, given_staff(app, Role.ORGANIZER, slug="baby-massage")))
    assert len(Calendar.from_ical(app.test_client().get(link).data).walk("VEVENT")) == 2


def test_a_clash_with_another_webinar_is_found_in_two_statements(
    app: Flask, owner: FlaskClient, tmp_path: Path
) -> None:
    given_cohort(app, tmp_path, {'slug = "baby-massage"': 'slug = "other"', 'key = "january"': 'key = "other"'})
    with app.app_context():
        found = clashes.of_cohort(KEY, NOW)
        assert [clash.because for clash in found] == [
            "Mara Lind teaches both, and both use the same livestream link"
        ] * 2
        assert len(clashes.ahead(NOW, {99})) == 0
        assert clashes.ahead(NOW + timedelta(days=60)) == []
    page = owner.get(f"/studio/cohorts/{KEY}/details").text
    assert "runs at the same time" in page
    with counting(app) as statements, app.app_context():
        clashes.ahead(NOW)
    assert len(statements) == 2
    with app.app_context(), transaction():
        for session in db.session.scalars(select(Session)):
            session.state = "cancelled"
    with app.app_context():
        assert clashes.ahead(NOW) == []
