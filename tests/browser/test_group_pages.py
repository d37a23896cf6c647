"""A group from the public page to the last answer, looked at on a phone, in the dark, and with large letters."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import Page, expect
from sqlalchemy import select

from tests.browser.conftest import Visit
from tests.browser.test_every_page import COLORS, LAW, MEASURE, TOO_WIDE
from tests.browser.visiting import Witness
from tests.web.test_groups import mails
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Invitation, InvitationList

_LONG = "Bartholomea-Maximiliane von Hohenstein-Wolkenburg, bartholomea@clinic-of-hope.example"
PEOPLE = f"Ann Lee <ann@x.example>\n{_LONG}\nZoe"


def looked_at(page: Page, where: str) -> Iterator[str]:
    """What is wrong with the page as it stands, in light and dark, on two sizes."""
    yield from (f"{where}, light: {found}" for found in page.evaluate(MEASURE, [*LAW, "best-practice"]))
    page.emulate_media(color_scheme="dark")
    yield from (f"{where}, dark: {found}" for found in page.evaluate(MEASURE, COLORS))
    page.emulate_media(color_scheme="light")
    for width, zoom in ((320, 100), (780, 200), (390, 100)):
        page.set_viewport_size({"width": width, "height": 844})
        yield from (f"{where}, {width} px: {found}" for found in page.evaluate(TOO_WIDE, zoom))
        page.evaluate(TOO_WIDE, 100)


def journey(app: Flask, cohort: str, page: Page) -> Iterator[str]:
    """Every page of it; the name of what is on the screen."""
    page.goto("/w/baby-massage")
    page.get_by_role("link", name="Sign up several people").first.click()
    yield "form"
    page.get_by_role("button", name="Look at the list").click()
    yield "form with errors"
    page.get_by_label("Your name").fill("Dana Wu")
    page.get_by_label("Your e-mail address").fill("dana@clinic.example")
    page.get_by_label("Your people, one per line").fill(PEOPLE)
    page.get_by_role("button", name="Look at the list").click()
    yield "check"
    page.get_by_role("button", name="Invite 2 people").click()
    expect(page.locator("h1")).to_have_text("Your people are invited")
    yield "sent"
    mails(app)
    links = app.extensions["links"]
    with app.app_context():
        group = db.session.scalars(select(InvitationList)).one()
        ann = db.session.scalars(select(Invitation).where(Invitation.name == "Ann Lee")).one()
    manager, hers = links.group(group.id, group.link_nonce), links.invitation(ann.id, ann.nonce)
    page.goto(hers)
    yield "invitation"
    page.get_by_role("link", name="Yes: fill in my own details").click()
    expect(page.get_by_label("Your e-mail address")).to_have_value("ann@x.example")
    yield "her sign-up"
    page.get_by_label("Your profession").select_option("OT")
    page.get_by_role("button", name="Save my seat").click()
    expect(page.locator("h1")).to_have_text("Check your mail")
    page.goto(hers)
    yield "invitation that was taken up"
    page.goto(manager)
    yield "group"
    page.get_by_role("link", name="Take back").first.click()
    yield "taking back"
    page.goto(manager)
    page.get_by_label("Your people, one per line").fill("Yuri, yuri@x.example")
    page.get_by_role("button", name="Look at the list").click()
    yield "more people"
    page.goto(f"{hers}/never")
    yield "no invitations?"
    page.get_by_role("button", name="Do not invite me again").click()
    yield "no invitations"
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().needs_code = True
    page.goto(f"/w/baby-massage/sign-up/{cohort}")
    yield "sign-up with a code"


@pytest.mark.browser
def test_a_group_is_for_everybody(app: Flask, cohort: str, visit: Visit, witness: Witness, tmp_path: Path) -> None:
    page = visit(reduced_motion="reduce")
    page.add_init_script(Axe().axe_script)
    problems = []
    for where in journey(app, cohort, page):
        problems += looked_at(page, where)
    assert problems + witness.problems + witness.elsewhere == []
