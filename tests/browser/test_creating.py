"""Creating in a real browser: from the first page of the studio to a published webinar, and the forms after it."""

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db
from webinar_hub.models import Draft, Presenter, Webinar

# Address, password and the button: what the sign-in before this takes.
SIGN_IN = 3
MOST_ACTIONS = 12
MOST_SECONDS = 120


class Hands:
    """An organizer's hands, which count what they do."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.actions = 0

    def fill(self, label: str, text: str) -> None:
        self.actions += 1
        self.page.get_by_label(label, exact=True).fill(text)

    def press(self, role: str, name: str) -> None:
        self.actions += 1
        self.page.get_by_role(role, name=name, exact=True).first.click()  # type: ignore[arg-type]


@pytest.fixture
def studio(app: Flask, visit: Visit, live_server: str) -> Callable[..., Page]:
    """A page of somebody who may do everything and has just signed in."""
    client = signed_in(app, given_staff(app))
    cookie = client.get_cookie("hub")
    assert cookie is not None
    value = cookie.value

    def open_page(**options: Any) -> Page:
        page = visit(**options)
        page.context.add_cookies([{"name": "hub", "value": value, "url": live_server}])
        return page

    return open_page


def test_from_the_first_page_to_a_published_webinar(
    app: Flask, studio: Callable[..., Page], starts: datetime, visit: Visit, witness: Witness
) -> None:
    page = studio(reduced_motion="reduce")
    began = time.monotonic()
    page.goto("/studio/webinars")
    hands = Hands(page)
    hands.press("link", "Create the first one")
    hands.fill("Title", "Baby massage: reading cues")
    hands.fill("Date and time", f"{starts:%Y-%m-%dT19:00}")
    hands.fill("Length in minutes", "45")
    hands.fill("Livestream link", "https://meet.example.org/room")
    hands.fill("Capacity", "40")
    hands.press("button", "Publish")
    expect(page.locator("h1")).to_have_text("Baby massage: reading cues is published")
    hands.press("link", "See the page")
    expect(page.locator("h1")).to_have_text("Baby massage: reading cues")
    assert hands.actions + SIGN_IN <= MOST_ACTIONS
    assert time.monotonic() - began < MOST_SECONDS
    stranger = visit()
    stranger.goto("/")
    expect(stranger.locator("h1")).to_have_text("Baby massage: reading cues")
    assert witness.problems == []


def test_rows_previews_and_drafts(app: Flask, cohort: str, studio: Callable[..., Page], witness: Witness) -> None:
    page = studio()
    page.goto("/studio/webinars/baby-massage/details")
    page.get_by_label("Description").fill("Come **as** you are <script>alert(1)</script>")
    expect(page.locator("#description-preview strong")).to_have_text("as")
    page.get_by_role("button", name="Add an outcome").click()
    expect(page.locator(":focus")).to_have_attribute("name", "outcomes-1")
    page.keyboard.type("Feel safe")
    page.get_by_role("button", name="Remove line 2 of the agenda").click()
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept at", timeout=10_000)
    with app.app_context():
        assert dict(db.session.scalars(select(Draft)).one().fields)["outcomes-1"] == "Feel safe"
    page.goto("/studio/webinars")
    page.goto("/studio/webinars/baby-massage/details")
    page.get_by_role("link", name="Take it up").click()
    expect(page.locator("[name=outcomes-1]")).to_have_value("Feel safe")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    with app.app_context():
        webinar = db.session.scalars(select(Webinar)).one()
        assert webinar.outcomes == ["Read cues", "Feel safe"]
        assert [line["title"] for line in webinar.agenda] == ["Practice"]
        assert db.session.scalars(select(Draft)).all() == []
    page.goto("/studio/webinars/baby-massage/presenters")
    page.get_by_role("button", name="Add a presenter").click()
    page.keyboard.type("Ida Berg")
    page.get_by_role("button", name="Save", exact=True).last.click()
    expect(page.get_by_role("status").first).to_contain_text("Saved")
    with app.app_context():
        assert list(db.session.scalars(select(Presenter.name).order_by(Presenter.position))) == [
            "Mara Lind",
            "Ida Berg",
        ]
    assert witness.problems == []


def test_a_lost_line_loses_nothing(app: Flask, cohort: str, studio: Callable[..., Page]) -> None:
    page = studio()
    page.goto("/studio/cohorts/january/details")
    page.context.set_offline(True)
    page.get_by_label("Name of this run").fill("Typed in a tunnel")
    expect(page.locator("[data-kept]")).to_contain_text("No connection", timeout=10_000)
    page.context.set_offline(False)
    expect(page.locator("[data-kept]")).to_contain_text("Draft kept", timeout=15_000)
    page.goto("/studio/cohorts/january/details?draft=take")
    expect(page.get_by_label("Name of this run")).to_have_value("Typed in a tunnel")
