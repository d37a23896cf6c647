"""Everything a person must be able to do works with JavaScript switched off."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.building import only_registration
from tests.people import Person, mails_to, send_what_is_due
from webinar_hub.core import clock

ANN = Person("Ann Lee", "ann@x.example")


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit(java_script_enabled=False)


def test_signing_up_joining_downloading_and_unsubscribing(
    app: Flask, cohort: str, starts: datetime, page: Page, witness: Witness
) -> None:
    page.goto(f"/w/baby-massage/sign-up/{cohort}")
    expect(page.get_by_label("Your time zone")).to_have_value("America/New_York")
    page.get_by_role("button", name="Save my seat").tap()
    expect(page.locator(".error-summary li")).to_have_count(3)
    page.get_by_label("Your name").fill(ANN.name)
    page.get_by_label("Your e-mail address").fill(ANN.email)
    page.get_by_label("Your profession").select_option("OT")
    page.get_by_label("Yes, write to me each week").check()
    page.get_by_role("button", name="Save my seat").tap()
    expect(page.locator("h1")).to_have_text("Check your mail")

    page.goto(newest_link(app, "/me/"))
    page.get_by_role("link", name="Go to the door").tap()
    expect(page.locator("main")).to_contain_text("The door is still closed")

    move_to(app, starts)
    page.reload()
    page.get_by_role("button", name="Join").tap()
    page.wait_for_url("https://meet.example.org/room")

    move_to(app, starts + timedelta(days=2))
    page.goto(newest_link(app, "/bonus/"))
    with page.expect_download() as download:
        page.get_by_role("button", name="Download").tap()
    assert Path(download.value.path()).read_bytes() == b"Warm hands first.\n"

    page.goto(newest_link(app, "/unsubscribe/"))
    page.get_by_role("button", name="Stop these mails").tap()
    expect(page.locator("h1")).to_have_text("You are unsubscribed")
    assert only_registration(app).bonuses_off_at is not None

    page.goto("/my")
    page.get_by_text("I cannot come").first.tap()
    page.get_by_role("link", name="Give my seat back").tap()
    page.get_by_role("button", name="Give my seat back").tap()
    expect(page.locator("h1")).to_have_text("Your seat is free again")
    assert witness.problems == []


def move_to(app: Flask, moment: datetime) -> None:
    clock.set_to(moment, app.extensions["settings"].clock_file)


def newest_link(app: Flask, part: str) -> str:
    """The link with `part` in the newest mail that has one, after everything due was sent."""
    send_what_is_due(app)
    texts = [mail.text for mail in mails_to(app, ANN)]
    return next(word for text in texts for word in text.split() if part in word)
