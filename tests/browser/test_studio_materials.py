"""The studio's materials in a real browser: files on their way with their progress, dragging, and pages for all."""

from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Page, Route, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.building import KEY, sign_up
from tests.studio.materials.library import LIBRARY, in_order, rows
from tests.studio.staff import given_staff, signed_in
from webinar_hub.models import Drop, Material

pytestmark = pytest.mark.browser
BONUSES = f"/studio/cohorts/{KEY}/materials"
PDF = b"%PDF-1.7\n" + b"words " * 300_000
DROP_FILES = """([target, names]) => {
  const carried = new DataTransfer();
  for (const name of names) carried.items.add(new File(["Warm hands, " + name], name));
  for (const kind of ["dragover", "drop"]) {
    target.dispatchEvent(new DragEvent(kind, { bubbles: true, cancelable: true, dataTransfer: carried }));
  }
}"""


@pytest.fixture
def desk(app: Flask, cohort: str, visit: Visit, address: str) -> Page:
    """The owner's browser on a desk, signed in."""
    sign_up(app, cohort)
    cookie = signed_in(app, given_staff(app)).get_cookie("hub")
    assert cookie is not None
    page = visit(viewport={"width": 1280, "height": 900}, is_mobile=False, has_touch=False, reduced_motion="reduce")
    page.context.add_cookies([{"name": "hub", "value": cookie.value, "url": address}])
    return page


def test_chosen_files_show_their_progress_and_stand_in_the_library(
    app: Flask, desk: Page, witness: Witness
) -> None:
    desk.goto(LIBRARY)
    desk.evaluate("""() => {
      window.seen = [];
      new MutationObserver(() => document.querySelectorAll("progress").forEach(({ value }) => seen.push(value)))
        .observe(document.querySelector(".upload-list"), { subtree: true, childList: true, attributes: true });
    }""")
    wire = desk.context.new_cdp_session(desk)
    wire.send("Network.enable")
    slow = {"offline": False, "latency": 5, "downloadThroughput": -1, "uploadThroughput": 3_000_000}
    wire.send("Network.emulateNetworkConditions", slow)
    desk.get_by_label("Upload files").set_input_files(
        [
            {"name": "Long sheet.pdf", "mimeType": "application/pdf", "buffer": PDF},
            {"name": "drawing.svg", "mimeType": "image/svg+xml", "buffer": b"<svg/>"},
        ]
    )
    expect(desk.locator(".upload-done")).to_contain_text("“Long sheet” is in the library.")
    expect(desk.locator(".upload-failed")).to_contain_text("This kind of file is not accepted")
    expect(desk.locator("#library").get_by_role("link", name="Long sheet")).to_be_visible()
    assert any(0 < value < 100 for value in desk.evaluate("seen"))
    assert [problem for problem in witness.problems if "422" not in problem] == []


def test_files_are_dropped_into_a_bonus(app: Flask, desk: Page, witness: Witness) -> None:
    desk.goto(BONUSES)
    bonus = desk.locator(".bonus").first
    bonus.get_by_text("Add something").click()
    zone = bonus.locator(".upload-zone").element_handle()
    desk.evaluate(DROP_FILES, [zone, ["one.txt", "two.txt"]])
    expect(bonus.locator(".pieces > li")).to_have_count(3)
    assert in_order(app) == ["sheet", "one", "two"]
    assert witness.problems == []


def test_materials_are_dragged_and_moved_by_keyboard(app: Flask, desk: Page, witness: Witness) -> None:
    desk.goto(BONUSES)
    bonus = desk.locator(".bonus").first
    bonus.get_by_text("Add something").click()
    bonus.get_by_label("Or from the library").select_option("The gift")
    bonus.get_by_role("button", name="Add", exact=True).click()
    items = desk.locator(".bonus").first.locator(".pieces > li")
    expect(items).to_have_count(2)
    with desk.expect_response(lambda answer: answer.url.endswith("/order")):
        items.nth(1).drag_to(items.nth(0), target_position={"x": 40, "y": 4})
    assert in_order(app) == ["gift", "sheet"]
    desk.reload()
    button = desk.get_by_role("button", name="Move down: The gift")
    button.focus()
    desk.keyboard.press("Enter")
    expect(items.nth(0)).to_contain_text("The sheet")
    assert in_order(app) == ["sheet", "gift"]
    assert witness.problems == []


def test_a_connection_that_breaks_says_so_and_the_next_try_works(app: Flask, desk: Page) -> None:
    desk.goto(LIBRARY)
    breaks = [True]

    def break_once(route: Route) -> None:
        if breaks.pop() if breaks else False:
            route.abort("connectionreset")
        else:
            route.continue_()

    desk.route("**/materials/files*", break_once)
    file = {"name": "sheet two.txt", "mimeType": "text/plain", "buffer": b"Warm hands."}
    desk.get_by_label("Upload files").set_input_files([file])
    expect(desk.locator(".upload-failed")).to_contain_text("The connection broke. Nothing was kept")
    desk.get_by_label("Upload files").set_input_files([file])
    expect(desk.locator(".upload-done")).to_contain_text("is in the library")
    assert len([row for row in rows(app, Material) if row.title == "sheet two"]) == 1


def test_the_journey_of_a_new_bonus_shows_its_mail_first(app: Flask, desk: Page) -> None:
    desk.goto(BONUSES)
    desk.get_by_role("link", name="New bonus").click()
    desk.get_by_label("Title").fill("A playlist")
    desk.get_by_label("After a session").check()
    desk.get_by_label("Days after it").fill("2")
    desk.get_by_label("Time of day").first.fill("08:00")
    desk.get_by_role("button", name="Go on").click()
    expect(desk.get_by_text("Nothing is changed yet")).to_be_visible()
    expect(desk.get_by_role("rowheader", name="mail about “A playlist”")).to_be_visible()
    desk.get_by_role("button", name="Make this bonus").click()
    expect(desk.locator(".note")).to_contain_text("Saved.")
    assert rows(app, Drop, key="a-playlist")[0].after_days == 2


def test_without_scripts_files_still_come_in(desk: Page, visit: Visit, tmp_path: Path) -> None:
    page = visit(java_script_enabled=False)
    page.context.add_cookies(desk.context.cookies())  # type: ignore[arg-type]
    page.goto(LIBRARY)
    (tmp_path / "plain.txt").write_text("Warm hands.")
    page.get_by_label("Upload files").set_input_files([tmp_path / "plain.txt"])
    page.get_by_role("button", name="Upload", exact=True).click()
    expect(page.locator(".note")).to_contain_text("“plain” is in the library.")
