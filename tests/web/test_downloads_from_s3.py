"""Bonuses whose files lie in S3: whoever may have one is led there, nobody else is, and a browser follows."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import requests
import time_machine
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import given_cohort, only_registration, sign_up
from tests.loopback_s3 import KEY, S3, SECRET, new_bucket, serving_s3
from tests.web.visiting import fetch, links, path, post, public_id
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db
from webinar_hub.models import Download, Drop, Material

RELEASE = datetime(2026, 12, 9, 13, 0, tzinfo=UTC)
SHEET = b"Warm hands first.\n"


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with serving_s3() as address:
        yield address


@pytest.fixture
def s3(s3_server: str) -> Iterator[S3]:
    with new_bucket(s3_server) as bucket:
        yield bucket


@pytest.fixture
def settings(settings: Settings, s3: S3) -> Settings:
    return settings.model_copy(update={"materials": s3.setting, "s3_key": KEY, "s3_secret": SECRET})


def her_bonus(app: Flask) -> tuple[str, str]:
    """The page of the sheet, and where its button leads."""
    page = f"/my/bonus/{public_id(app, Drop, 'sheet')}"
    with app.app_context():
        material = db.session.scalars(select(Material.id).where(Material.key == "sheet")).one()
    return page, f"{page}/{material}"


def test_the_file_is_in_s3_and_opens_at_its_second(app: Flask, ann: FlaskClient, s3: S3, travel: Traveller) -> None:
    assert s3.paths()
    link = path(links(app)["download"])
    travel.move_to(RELEASE - timedelta(seconds=1))
    assert fetch(app, link).status_code == 403
    travel.move_to(RELEASE)
    answer = fetch(app, link)
    assert (answer.status_code, answer.headers["Cache-Control"]) == (303, "private, no-store")
    assert answer.headers["Referrer-Policy"] == "no-referrer"
    got = requests.get(answer.location, timeout=10)
    assert (got.content, got.headers["Content-Type"].partition(";")[0]) == (SHEET, "text/plain")
    assert 'filename="The sheet.txt"' in got.headers["Content-Disposition"]


def test_who_has_left_is_not_led_there(app: Flask, ann: FlaskClient, travel: Traveller) -> None:
    travel.move_to(RELEASE)
    registration = only_registration(app).public_id
    post(ann, f"/my/{registration}/cancel", f"/my/{registration}/cancel")
    assert fetch(app, path(links(app)["download"])).status_code == 404


def test_s3_that_is_away_is_a_moment_and_not_a_fault(
    app: Flask, ann: FlaskClient, s3: S3, travel: Traveller
) -> None:
    travel.move_to(RELEASE)
    away = s3.__class__("http://127.0.0.1:9", s3.bucket, s3.client)
    app.extensions["storage"] = away.storage()
    answer = fetch(app, path(links(app)["download"]))
    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "30")


def test_a_file_in_s3_is_imported_and_taken_like_any_other(app: Flask, ann: FlaskClient, travel: Traveller) -> None:
    travel.move_to(RELEASE)
    page, button = her_bonus(app)
    ticket = post(ann, page, button)
    assert fetch(app, ticket.location).status_code == 303
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(Download)) == 1


@pytest.mark.browser
def test_a_browser_follows_the_button_to_s3_and_saves_the_file(app: Flask, page, tmp_path: Path) -> None:
    """Chromium holds `form-action` against every step of a redirect, so the page has to name S3."""
    with time_machine.travel(RELEASE, tick=True):
        sign_up(app, given_cohort(app, tmp_path))
        bonus, _ = her_bonus(app)
        page.goto(path(links(app)["me"]))
        page.goto(bonus)
        with page.expect_download(timeout=20_000) as download:
            page.locator("form[action*='/my/bonus/'] button").first.click()
        assert Path(download.value.path()).read_bytes() == SHEET
        assert download.value.suggested_filename == "The sheet.txt"
