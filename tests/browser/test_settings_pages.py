"""Settings and the audit log in a real browser: accessible in light and dark, wide enough, in any accent."""

from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page

from tests.browser.conftest import Visit
from tests.browser.test_every_page import COLORS, LAW, MEASURE, TOO_WIDE, WIDTHS_AND_ZOOMS
from tests.browser.visiting import Witness
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.services import audit, house
from webinar_hub.web.studio.settings import SECTIONS

PAGES = ["/studio/settings", *(f"/studio/settings/{name}" for name in (*SECTIONS, "transport")), "/studio/audit"]
PLUM = {"name": "Small Hands Institute for Parents and Babies", "accent": "#7a2e5d"}


@pytest.fixture
def owner(app: Flask, visit: Visit, cohort: str, address: str) -> Page:
    """A browser page of somebody who may do everything, with a log that has something in it."""
    id_ = given_staff(app)
    with app.app_context(), transaction():
        for number in range(3):
            changes = {"before": {"zone": "UTC"}, "after": {"zone": "Europe/Berlin"}, "reason": "x" * 200}
            audit.note(f"organizer:{id_}", "settings.changed", f"cohort:{number}", now=clock.now(), **changes)
    client = signed_in(app, id_)
    client.get("/studio/settings")
    cookie = client.get_cookie("hub")
    assert cookie is not None
    page = visit(reduced_motion="reduce")
    page.context.add_cookies([{"name": "hub", "value": cookie.value, "url": address}])
    page.add_init_script(Axe().axe_script)
    return page


def problems(page: Page, addresses: list[str]) -> list[str]:
    found = dict[str, list[str]]()
    for path in addresses:
        page.set_viewport_size({"width": 390, "height": 844})
        answer = page.goto(path)
        assert answer is not None
        assert answer.status == 200, path
        found[f"{path}, light"] = page.evaluate(MEASURE, [*LAW, "best-practice"])
        page.emulate_media(color_scheme="dark")
        found[f"{path}, dark"] = page.evaluate(MEASURE, COLORS)
        page.emulate_media(color_scheme="light")
        for width, zoom in WIDTHS_AND_ZOOMS:
            page.set_viewport_size({"width": width, "height": 844})
            found[f"{path}, {width} px, {zoom} %"] = page.evaluate(TOO_WIDE, zoom)
    return [f"{where}: {problem}" for where, there in found.items() for problem in there]


@pytest.mark.browser
def test_with_another_accent_everything_can_still_be_read(app: Flask, owner: Page, witness: Witness) -> None:
    with app.app_context(), transaction():
        house.change(PLUM, seen=0, actor="organizer:1", now=clock.now())
    app.extensions["house"].forget()
    assert problems(owner, ["/", "/w/baby-massage", "/lost-link", "/studio/settings/brand", "/studio/audit"]) == []
    accent = "getComputedStyle(document.documentElement).getPropertyValue('--accent').trim()"
    assert owner.evaluate(accent) == PLUM["accent"]
    owner.emulate_media(color_scheme="dark")
    assert owner.evaluate(accent) not in (PLUM["accent"], "#7cc5bb")
    assert witness.problems == []


@pytest.mark.browser
def test_a_color_too_light_is_mended_with_one_press(owner: Page, tmp_path: Path) -> None:
    owner.goto("/studio/settings/brand")
    owner.get_by_label("Accent color").fill("#ffd400")
    owner.get_by_role("button", name="Save").click()
    owner.get_by_role("button", name="instead").click()
    owner.get_by_text("Saved.").wait_for()
    assert owner.get_by_label("Accent color").input_value().startswith("#")
