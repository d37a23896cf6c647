"""The pages about messages in a browser: accessible in light and dark, on a phone and a desk, silent, alive."""

import os
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.test_every_page import COLORS, LAW, MEASURE
from tests.browser.visiting import Witness
from tests.building import KEY, sign_up
from tests.delivering import deliver
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.config import Settings, read_settings

PICTURES = os.environ.get("PICTURES")
COHORT = f"/studio/cohorts/{KEY}"
FRAME = "iframe[name=mail]"
BODY = "Hello {name},\n\nwe meet in **another room** this week. [Your page]({my_page}) has the way."


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return read_settings(**(settings.model_dump() | {"mail": "mailbox:"}))


@pytest.fixture
def people(app: Flask, cohort: str) -> str:
    for name in ("Ann Lee", "Bea Moss", "Cleo Park"):
        sign_up(app, cohort, f"{name[:3].lower()}@x.example", name)
    deliver(app)
    return cohort


@pytest.fixture
def page(app: Flask, visit: Visit, people: str, address: str) -> Page:
    page = visit(reduced_motion="reduce")
    client = signed_in(app, given_staff(app))
    cookie = client.get_cookie("hub")
    assert cookie
    page.context.add_cookies([{"name": "hub", "value": cookie.value, "url": address}])
    page.add_init_script(Axe().axe_script)
    return page


def look(page: Page, name: str) -> list[str]:
    """What is wrong with the page as it stands, on a phone and a desk, in light and dark."""
    found = []
    for width in (390, 1280):
        page.set_viewport_size({"width": width, "height": 900})
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            rules = [*LAW, "best-practice"] if scheme == "light" else COLORS
            found += [f"{name}, {width}, {scheme}: {one}" for one in page.evaluate(MEASURE, rules)]
            if PICTURES:
                page.screenshot(path=Path(PICTURES) / f"{name}-{width}-{scheme}.png", full_page=True)
        if page.evaluate("document.documentElement.scrollWidth > innerWidth"):
            found.append(f"{name}, {width}: can be scrolled sideways")
    page.emulate_media(color_scheme="light")
    return found


def test_from_the_plan_to_an_announcement_and_back(page: Page, witness: Witness) -> None:
    page.goto(f"{COHORT}/messages")
    problems = look(page, "plan")
    page.get_by_role("link", name="Write an announcement").click()
    problems += look(page, "editor-empty")
    page.get_by_label("Subject").fill("Another room this week")
    page.get_by_label("What you want to say").fill(BODY)
    expect(page.locator("#check")).to_contain_text("3 people")
    expect(page.frame_locator(FRAME).locator("body")).to_contain_text("Hello Cleo Park,")
    problems += look(page, "editor")
    page.get_by_label("What you want to say").fill("Hello {nam}")
    expect(page.frame_locator(FRAME).locator("body")).to_contain_text("{nam} is not known")
    page.get_by_role("button", name="Save the draft").click()
    expect(page.locator("#error-summary")).to_be_focused()
    problems += look(page, "editor-wrong")
    page.get_by_label("What you want to say").fill(BODY)
    page.get_by_role("button", name="Save the draft").click()
    expect(page.get_by_role("button", name="Send to 3 people")).to_be_visible()
    expect(page.frame_locator(FRAME).locator("body")).to_contain_text("another room")
    problems += look(page, "announcement-draft")
    page.get_by_role("button", name="Send to 3 people").click()
    expect(page.get_by_role("button", name="Undo: take it back")).to_be_visible()
    problems += look(page, "announcement-held")
    page.get_by_role("button", name="Undo: take it back").click()
    expect(page.get_by_role("status")).to_contain_text("Nobody got it")
    assert problems == []
    assert witness.problems == []
    assert witness.elsewhere == []


def test_the_outbox_the_words_and_a_message(page: Page, witness: Witness) -> None:
    problems = []
    for name, address in (
        ("outbox", "/studio/messages"),
        ("outbox-empty", "/studio/messages?state=failed"),
        ("delivery", "/studio/messages/1"),
        ("retry-failed", "/studio/messages/retry-failed"),
        ("kinds", "/studio/webinars/baby-massage/mails"),
        ("message", f"{COHORT}/messages/1"),
    ):
        page.goto(address)
        problems += look(page, name)
    page.goto("/studio/webinars/baby-massage/mails/reminder")
    expect(page.frame_locator(FRAME).locator("body")).to_contain_text("Your next live hour")
    page.get_by_label("Subject").fill("{time_left}: {session}")
    page.get_by_label("Text", exact=True).fill("Dear {name},\n\nit is time for {session}.")
    expect(page.frame_locator(FRAME).locator("body")).to_contain_text("it is time for Cues")
    page.get_by_role("button", name="Save").click()
    page.get_by_label("Text", exact=True).fill("Dear {name},\n\nsoon we begin.")
    page.get_by_role("button", name="Save").click()
    page.get_by_role("link", name="Compare").click()
    problems += look(page, "wording")
    assert problems == []
    assert witness.problems == []
    assert witness.elsewhere == []


def test_everything_works_without_javascript(app: Flask, page: Page, visit: Visit) -> None:
    plain = visit(java_script_enabled=False)
    plain.context.add_cookies(page.context.cookies())  # type: ignore[arg-type]
    plain.goto(f"{COHORT}/announcements/new")
    plain.get_by_label("Subject").fill("Another room")
    plain.get_by_label("What you want to say").fill(BODY)
    plain.get_by_role("button", name="See it", exact=True).click()
    expect(plain.frame_locator(FRAME).locator("body")).to_contain_text("Hello Cleo Park,")
    plain.get_by_role("button", name="See its text part").click()
    expect(plain.frame_locator(FRAME).locator("body")).to_contain_text("Subject: Another room")
    plain.get_by_role("button", name="Save the draft").click()
    plain.get_by_role("button", name="Send to 3 people").click()
    expect(plain.get_by_role("button", name="Undo: take it back")).to_be_visible()
