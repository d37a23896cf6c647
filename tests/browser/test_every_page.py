"""Every page, looked at in ways that need a real browser: accessible in light and dark, wide enough, silent."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.browser.walk import Walk
from webinar_hub.cli.demo_command import prepared
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db

LAW = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
# Only colors are different in the dark.
COLORS = ["color-contrast", "link-in-text-block"]
# Frames are other pages: the mail's is looked at by itself, the player's is not ours.
MEASURE = """(rules) => axe
  .run({ runOnly: rules, resultTypes: ["violations"], iframes: false })
  .then(({ violations }) => violations.flatMap(({ id, nodes }) =>
    nodes.map(({ target, failureSummary }) => `${id}: ${target} ${failureSummary}`)))"""

# What can be scrolled sideways, and buttons whose words do not fit into them, with text at `zoom` per cent.
TOO_WIDE = """(zoom) => {
  document.documentElement.style.fontSize = `${zoom}%`;
  const buttons = [...document.querySelectorAll(".button")].filter((one) => one.scrollWidth > one.clientWidth + 1);
  const { scrollWidth, clientWidth } = document.documentElement;
  const found = buttons.map((one) => `too small: ${one.outerHTML}`);
  if (scrollWidth > clientWidth) found.push(`${scrollWidth - clientWidth} px too wide`);
  return found;
}"""
WIDTHS_AND_ZOOMS = ((320, 100), (780, 200), (1280, 100), (390, 100))


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The demo's data before anybody has come, to be copied."""
    folder = tmp_path_factory.mktemp("example")
    app = prepared(read_settings(demo=True, data_folder=folder, mail="mailbox:", log_level="error"))
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture
def settings(example: Path, tmp_path: Path, address: str) -> Settings:
    shutil.copytree(example, tmp_path / "data")
    return read_settings(
        demo=True, data_folder=tmp_path / "data", base_url=address, mail="mailbox:", log_level="error"
    )


@pytest.fixture
def page(visit: Visit) -> Page:
    return visit(reduced_motion="reduce")


@pytest.fixture
def walk(app: Flask, page: Page) -> Walk:
    return Walk(app, page)


def test_every_page_is_for_everybody_fits_and_is_silent(walk: Walk, page: Page, witness: Witness) -> None:
    page.add_init_script(Axe().axe_script)
    found = dict[str, list[str]]()
    for name in walk.everywhere():
        # A mailbox that waits for mails looks again each second, and would do so in the midst of being measured.
        page.evaluate("window.stop()")
        found[f"{name}, light"] = page.evaluate(MEASURE, LAW if "mail program" in name else [*LAW, "best-practice"])
        page.emulate_media(color_scheme="dark")
        found[f"{name}, dark"] = page.evaluate(MEASURE, COLORS)
        page.emulate_media(color_scheme="light")
        for width, zoom in WIDTHS_AND_ZOOMS:
            page.set_viewport_size({"width": width, "height": 844})
            found[f"{name}, {width} px, {zoom} %"] = page.evaluate(TOO_WIDE, zoom)
    problems = [f"{where}: {problem}" for where, there in found.items() for problem in there]
    # While the demo's clock is being moved its mailbox follows by itself; nothing is typed there.
    assert [
        problem for problem in problems if not problem.startswith("mailbox") or "meta-refresh" not in problem
    ] == []
    assert len(found) > 30 * 6
    assert witness.problems == []
    assert witness.elsewhere == ["https://www.youtube-nocookie.com/embed/aqz-KE-bpKQ?rel=0"]


def test_the_keyboard_reaches_every_field_and_errors_take_the_focus(walk: Walk, page: Page) -> None:
    walk.sign_up_form()
    reached = list(reached_by_tab(page, 20))
    assert reached[0] == "Skip to the content"
    fields = ["name", "email", "profession", "zone", "news", "Save my seat"]
    assert [name for name in reached if name in fields] == fields
    page.get_by_role("button", name="Save my seat").focus()
    page.keyboard.press("Enter")
    summary = page.locator("#error-summary")
    expect(summary).to_be_focused()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_label("Your name")).to_be_focused()


def reached_by_tab(page: Page, presses: int) -> Iterator[str]:
    """What the focus comes to, by name or else by its words, until it leaves the page."""
    for _ in range(presses):
        page.keyboard.press("Tab")
        yield page.evaluate("document.activeElement.name || document.activeElement.textContent.trim()")
