"""An organizer moves a session in a real browser: dragged, by keyboard, and without JavaScript."""

from collections.abc import Iterator
from datetime import datetime, timedelta

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Locator, Page, expect
from sqlalchemy import select

from tests.browser.conftest import Visit
from tests.browser.test_every_page import COLORS, LAW, MEASURE, TOO_WIDE, WIDTHS_AND_ZOOMS
from tests.browser.visiting import Witness
from tests.building import KEY, sign_up
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db
from webinar_hub.models import Session

DESK = {
    "viewport": {"width": 1280, "height": 1000},
    "is_mobile": False,
    "has_touch": False,
    "device_scale_factor": 1,
}
PAGE = f"/studio/cohorts/{KEY}/timeline"


@pytest.fixture
def cookies(app: Flask, cohort: str, address: str) -> list[dict[str, str]]:
    """Those of somebody who has signed in."""
    sign_up(app, cohort)
    cookie = signed_in(app, given_staff(app)).get_cookie(app.config["SESSION_COOKIE_NAME"])
    assert cookie is not None
    return [{"name": cookie.key, "value": cookie.value, "url": address}]


@pytest.fixture
def page(visit: Visit, cookies: list[dict[str, str]]) -> Page:
    page = visit(**DESK, reduced_motion="reduce")
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    return page


def chip(page: Page) -> Locator:
    return page.locator("[data-session='week-1']")


def day(page: Page, moment: datetime) -> Locator:
    return page.locator(f"[data-day='{moment:%Y-%m-%d}']")


def wall(app: Flask) -> datetime:
    with app.app_context():
        return datetime.fromisoformat(
            db.session.scalars(select(Session.wall_start).where(Session.key == "week-1")).one()
        )


def test_a_session_is_dragged_looked_at_changed_and_put_back(
    app: Flask, page: Page, starts: datetime, witness: Witness
) -> None:
    before, target = wall(app), starts + timedelta(days=2)
    page.goto(PAGE)
    chip(page).drag_to(day(page, target))
    expect(day(page, target).locator("[data-session='week-1']")).to_be_visible()
    expect(page.locator("[data-pending-when]")).to_contain_text("Thursday")
    page.get_by_role("button", name="15 min later").click()
    expect(page.locator("[data-pending-when]")).to_contain_text("7:15 pm")
    page.get_by_role("link", name="See what this does").click()
    expect(page.locator("main")).to_contain_text("Nothing has changed yet")
    expect(page.locator("main")).to_contain_text("has a new time")
    assert wall(app) == before
    page.get_by_role("button", name="Change it").click()
    expect(page.locator(".held")).to_contain_text("Nobody has been told yet. The mails leave in")
    assert wall(app) == before + timedelta(days=2, minutes=15)
    page.get_by_role("button", name="Undo").click()
    expect(page.locator(".note")).to_contain_text("Everything is as it was before")
    assert wall(app) == before
    assert witness.problems == []


def test_within_a_day_a_session_is_dragged_to_another_hour(page: Page) -> None:
    page.goto(PAGE)
    box = chip(page).bounding_box()
    assert box is not None
    x, y = box["x"] + 20, box["y"] + box["height"] / 2
    place = chip(page).locator("xpath=ancestor::*[contains(concat(' ', @class, ' '), ' day ')]").bounding_box()
    assert place is not None
    page.mouse.move(x, y)
    page.mouse.down()
    page.mouse.move(x, place["y"] + place["height"] * 0.5, steps=4)
    expect(page.locator("[data-pending-when]")).to_contain_text("7:00 pm")
    page.mouse.move(x, place["y"] + 4, steps=4)
    expect(page.locator("[data-pending-when]")).not_to_contain_text("7:00 pm")
    page.mouse.up()
    page.get_by_role("button", name="Put it back").click()
    expect(page.locator("[data-pending]")).to_be_hidden()
    expect(chip(page)).to_contain_text("7:00 pm")


def test_the_keyboard_moves_a_session(app: Flask, page: Page, starts: datetime, witness: Witness) -> None:
    before = wall(app)
    page.goto(PAGE)
    chip(page).focus()
    for key in ("ArrowDown", "ArrowRight", "ArrowRight", "Shift+ArrowDown"):
        page.keyboard.press(key)
    expect(page.locator("[data-pending-when]")).to_contain_text("7:30 pm")
    expect(chip(page)).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("[data-pending]")).to_be_hidden()
    expect(day(page, starts).locator("[data-session='week-1']")).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    page.get_by_role("button", name="Change it").press("Enter")
    expect(page.locator(".held")).to_be_visible()
    assert wall(app) == before - timedelta(days=1, minutes=15)
    page.keyboard.press("Tab")
    assert witness.problems == []


def test_without_javascript_a_form_does_the_same(
    app: Flask, visit: Visit, cookies: list[dict[str, str]], starts: datetime
) -> None:
    page = visit(java_script_enabled=False)
    page.context.add_cookies(cookies)  # type: ignore[arg-type]
    page.goto(PAGE)
    page.locator(f"[href='{PAGE}/sessions/week-1']").tap()
    page.get_by_label("Starts at").fill("18:30")
    page.get_by_role("button", name="See what this does").tap()
    page.get_by_role("button", name="Change it").tap()
    expect(page.locator(".held")).to_contain_text("Nobody has been told yet")
    page.get_by_role("button", name="Undo").tap()
    expect(page.locator(".note")).to_contain_text("Nobody was told")


def every_page(page: Page) -> Iterator[str]:
    wish = "what=shift&number=1&unit=7&direction=later"
    for name, path in {
        "timeline": "", "session": "/sessions/week-1", "move": "/move", "preview": f"/preview?{wish}",
        "cancel": "/preview?what=cancel&key=week-1", "error": "/preview?what=move&key=week-1&day=2020-02-30",
    }.items():  # fmt: skip
        page.goto(f"{PAGE}{path}")
        yield name
    page.goto(f"{PAGE}/preview?what=cancel&key=week-2")
    page.get_by_role("button", name="Cancel this session").click()
    yield "held"
    chip(page).focus()
    page.keyboard.press("ArrowDown")
    yield "on its way"


def test_the_pages_are_for_everybody_fit_and_are_silent(page: Page, witness: Witness) -> None:
    page.add_init_script(Axe().axe_script)
    found = dict[str, list[str]]()
    for name in every_page(page):
        found[f"{name}, light"] = page.evaluate(MEASURE, [*LAW, "best-practice"])
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(MEASURE, COLORS)
        page.emulate_media(color_scheme="light")
        for width, zoom in WIDTHS_AND_ZOOMS:
            page.set_viewport_size({"width": width, "height": 844})
            found[f"{name}, {width} px, {zoom} %"] = page.evaluate(TOO_WIDE, zoom)
        page.set_viewport_size({"width": 1280, "height": 1000})
        page.evaluate("document.documentElement.style.fontSize = ''")
    assert [f"{where}: {problem}" for where, there in found.items() for problem in there] == []
    assert witness.problems == []
