"""The studio's people in a real browser: the list follows what is typed, and every page is for everybody."""

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.building import KEY, sign_up
from tests.studio.staff import given_staff, signed_in

pytestmark = pytest.mark.browser
LIST = f"/studio/cohorts/{KEY}/people"
PAGES = (
    "/studio/people", "/studio/people?words=nobodyatall&attended=no", LIST, "/studio/people/1",
    "/studio/people/1/places/1/cancel", "/studio/people/1/places/1/move", "/studio/people/1/merge?words=bea",
    "/studio/people/1/merge?other=2", f"{LIST}/add", f"{LIST}/import", f"{LIST}/export?all=yes",
    f"{LIST}/bulk?action=tag&all=yes", f"{LIST}/bulk?action=link&all=yes", f"{LIST}/bulk?action=cancel&all=yes",
    f"{LIST}/bulk?action=move&all=yes", f"{LIST}/bulk",
)  # fmt: skip


def come_in(app: Flask, page: Page, cohort: str, address: str) -> None:
    sign_up(app, cohort, "ann@x.example", "Ann Lee")
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    cookie = signed_in(app, given_staff(app)).get_cookie("hub")
    assert cookie is not None
    page.context.add_cookies([{"name": "hub", "value": cookie.value, "url": address}])


def test_the_list_follows_what_is_typed(
    app: Flask, visit: Visit, cohort: str, address: str, witness: Witness
) -> None:
    page = visit()
    come_in(app, page, cohort, address)
    page.goto(LIST)
    expect(page.locator(".people-table tbody tr")).to_have_count(2)
    page.get_by_label("Name or e-mail address").fill("mos")
    expect(page.locator(".people-table tbody tr")).to_have_count(1)
    expect(page.get_by_label("Name or e-mail address")).to_be_focused()
    assert "words=mos" in page.url
    page.get_by_label("Choose Bea Moss").check()
    page.get_by_label("What to do").select_option("cancel")
    page.get_by_role("button", name="With those checked").click()
    expect(page.get_by_role("heading", name="Cancel the places of 1 person?")).to_be_visible()
    page.get_by_role("button", name="Cancel 1 place").click()
    expect(page.get_by_role("status").first).to_contain_text("1 places are cancelled")
    assert witness.problems == []


def test_it_works_without_javascript(app: Flask, visit: Visit, cohort: str, address: str) -> None:
    page = visit(java_script_enabled=False)
    come_in(app, page, cohort, address)
    page.goto("/studio/people")
    page.get_by_label("Name or e-mail address").fill("ann")
    page.get_by_role("button", name="Show").click()
    expect(page.locator(".people-table tbody tr")).to_have_count(1)
    page.get_by_role("link", name="Ann Lee").click()
    page.get_by_label("Write something down").fill("Called her.")
    page.get_by_role("button", name="Keep the note").click()
    expect(page.get_by_text("Called her.")).to_be_visible()


def test_a_file_comes_in(app: Flask, visit: Visit, cohort: str, address: str, witness: Witness) -> None:
    page = visit()
    come_in(app, page, cohort, address)
    page.goto(f"{LIST}/import")
    content = "Name,Email\nCleo Park,cleo@x.example\n,nobody\nAnn,ann@x.example\n".encode("utf-16")
    page.get_by_label("The file").set_input_files({"name": "staff.csv", "mimeType": "text/csv", "buffer": content})
    page.get_by_role("button", name="Look at it").click()
    expect(page.get_by_text("“nobody” is not an e-mail address.")).to_be_visible()
    page.get_by_role("button", name="Give 1 person a place").click()
    expect(page.get_by_text("Nobody was mailed")).to_be_visible()
    assert witness.problems == []
