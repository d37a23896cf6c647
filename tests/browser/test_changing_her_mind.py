"""She changes her address and hands her seat on, on her phone, with the mailboxes of three addresses."""

import re
import time

import pytest
from flask import Flask
from playwright.sync_api import Page, expect

from tests.browser.conftest import Visit
from tests.browser.visiting import Witness
from tests.building import only_person, only_registration, sign_up
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.core.db import db
from webinar_hub.models import Person, Registration
from webinar_hub.worker.running import Worker

pytestmark = pytest.mark.browser

OLD, NEW, BEA = "ann@x.example", "ann@clinic.example", "bea@x.example"


def test_an_address_and_then_a_seat_go_over(
    app: Flask, worker: Worker, cohort: str, visit: Visit, witness: Witness
) -> None:
    sign_up(app, cohort)
    page = visit()
    page.goto(link_to(app, OLD, "/me/"))
    page.get_by_role("link", name="Mails and settings").tap()
    asks_for_another_address(page)

    clinic = visit()
    clinic.goto(link_to(app, NEW, "/address/"))
    assert clinic.url.endswith("/address"), "the token stays in the address"
    assert only_person(app).email == OLD
    clinic.get_by_role("button", name="Yes, write to this address").tap()
    expect(clinic.get_by_role("status")).to_contain_text("From now on we write to this address")
    assert only_person(app).email == NEW
    page.goto("/my")
    expect(page.locator("h1")).to_have_text("Open your link first")
    assert link_to(app, NEW, "/me/")

    hands_her_seat_on(clinic)
    bea = visit()
    bea.goto(link_to(app, BEA, "/transfer/"))
    assert bea.url.endswith("/transfer")
    expect(bea.locator("main")).to_contain_text("Ann Lee cannot come to “Baby massage & you”")
    assert only_registration(app).state == "confirmed"
    bea.get_by_label("Your profession").select_option("PT")
    bea.get_by_role("button", name="Take the seat").tap()
    expect(bea.get_by_role("status")).to_contain_text("The seat is yours")
    expect(bea.locator("h1")).to_have_text("Hello, Bea Moss")
    clinic.goto("/my")
    expect(clinic.locator("main")).to_contain_text("You have no seat at the moment")
    with app.app_context():
        assert {
            db.session.get_one(Person, row.person_id).email: row.state for row in db.session.query(Registration)
        } == {NEW: "cancelled", BEA: "confirmed"}
    assert witness.problems == []


def asks_for_another_address(page: Page) -> None:
    page.get_by_role("link", name="Change my address").tap()
    page.get_by_label("Your new e-mail address").fill("clinic")
    page.get_by_role("button", name="Send a mail to the new address").tap()
    expect(page.locator("#error-summary")).to_be_focused()
    expect(page.get_by_label("Your new e-mail address")).to_have_value("clinic")
    page.get_by_label("Your new e-mail address").fill(NEW)
    page.get_by_role("button", name="Send a mail to the new address").tap()
    expect(page.locator(".note").last).to_contain_text(f"We wait for {NEW}")


def hands_her_seat_on(page: Page) -> None:
    page.get_by_text("I cannot come").tap()
    page.get_by_role("link", name="Hand it to a colleague").tap()
    page.get_by_label("Your colleague's name").fill("Bea Moss")
    page.get_by_label("Your colleague's e-mail address").fill(BEA)
    page.get_by_role("button", name="Offer my seat").tap()
    expect(page.locator("h1")).to_have_text("Your seat is offered")


def link_to(app: Flask, email: str, part: str) -> str:
    """The newest link with `part` that came to an address, as soon as the worker has sent it."""
    mailbox = Mailbox(app.extensions["settings"].mailbox_folder)
    patience = time.monotonic() + 20
    while time.monotonic() < patience:
        for entry in mailbox.list():
            found = re.search(rf"http://\S+{part}\S+", mailbox.read(entry.id).text) if email in entry.to else None
            if found:
                return found[0]
        time.sleep(0.05)
    raise AssertionError(f"no mail with {part} has come to {email}")
