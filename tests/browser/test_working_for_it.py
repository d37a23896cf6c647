"""Under attack: the browser does its sum in the background, under the strict policy, and a press waits for it."""

import re
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select, update

from tests.building import given_cohort
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Registration
from webinar_hub.web import assets, protection

pytestmark = pytest.mark.browser


def test_the_sum_is_done_and_she_is_in(app: Flask, page: Page, tmp_path: Path) -> None:
    cohort = given_cohort(app, tmp_path, {"2026-12-08T19:00:00": "2036-12-09T19:00:00"})
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proof_of_work="always"))
    with app.app_context():
        assert assets.are_there(*protection.SCRIPTS), "python hatch_build.py brings them"
    said: list[str] = []
    page.on("console", lambda message: said.append(message.text) if message.type == "error" else None)
    page.goto(f"/w/baby-massage/sign-up/{cohort}")
    page.fill("#name", "Ann Lee")
    page.fill("#email", "ann@x.example")
    page.select_option("#profession", "OT")
    # At once, before the sum is done: the press waits for it.
    page.click("button[type=submit]")
    expect(page.locator("h1")).to_have_text("Check your mail", timeout=60_000)
    with app.app_context():
        assert db.session.scalars(select(Registration.state)).all() == ["confirmed"]
    page.goto(f"/w/baby-massage/sign-up/{cohort}")
    expect(page.locator("[data-work-says]")).to_have_text(re.compile("not a robot"), timeout=60_000)
    assert Axe().run(page).violations_count == 0
    assert said == []
