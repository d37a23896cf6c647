"""Coming in with a real browser: a passkey is made and signs in, and no page is against the policy."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from sqlalchemy import select

from tests.browser.test_every_page import LAW, MEASURE, TOO_WIDE
from tests.browser.visiting import _TELL_REFUSALS
from tests.databases import Empty
from tests.studio.coming_in import EMAIL, PASSWORD, given_password
from tests.studio.staff import given_staff
from webinar_hub.cli import first_run
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db
from webinar_hub.models import Passkey
from webinar_hub.rules.staff import Role

pytestmark = pytest.mark.browser

WIDTHS = (320, 390, 1280)


@pytest.fixture
def settings(sqlite: Empty, tmp_path: Path) -> Settings:
    """What a browser shows does not depend on the database."""
    return read_settings(
        data_folder=tmp_path / "data",
        database_url=sqlite(tmp_path),
        base_url="http://localhost",
        secret_key="only for tests",
        mail="mailbox:",
        log_level="error",
    )


@pytest.fixture
def page(chromium: Any, live_server: str) -> Iterator[Any]:
    """At `localhost`: browsers keep no passkeys for numbers. What a page complains of fails the test."""
    context = chromium.new_context(base_url=live_server.replace("127.0.0.1", "localhost"), reduced_motion="reduce")
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.add_init_script(_TELL_REFUSALS)
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def device(page: Any) -> Any:
    """A phone that keeps passkeys and always recognizes her finger."""
    tools = page.context.new_cdp_session(page)
    tools.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    made = tools.send("WebAuthn.addVirtualAuthenticator", {"options": options})
    return tools, made["authenticatorId"]


def sign_in(page: Any) -> None:
    page.goto("/studio/sign-in")
    page.get_by_label("E-mail address").fill(EMAIL)
    page.get_by_label("Password", exact=True).fill(PASSWORD)
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.wait_for_url("**/studio/today")


def test_a_passkey_signs_in(app: Flask, page: Any, device: Any) -> None:
    given_password(app)
    sign_in(page)
    page.goto("/studio/account/passkeys")
    page.get_by_label("Its name").fill("My phone")
    page.get_by_role("button", name="Add a passkey").click()
    page.wait_for_url("**/studio/account")
    assert "“My phone”" in page.get_by_role("status").inner_text()
    with app.app_context():
        made = db.session.scalars(select(Passkey)).one()
        assert (made.name, made.usage) == ("My phone", "first")
        assert made.lastuse_datetime.tzinfo is not None
    page.get_by_role("button", name="Sign out", exact=True).click()
    page.wait_for_url("**/studio/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.wait_for_url("**/studio/today")
    with app.app_context():
        used = db.session.scalars(select(Passkey)).one()
        assert used.sign_count > made.sign_count
        assert used.lastuse_datetime > made.lastuse_datetime


def test_a_device_that_does_not_recognize_her_says_so(app: Flask, page: Any, device: Any) -> None:
    given_password(app)
    tools, authenticator = device
    tools.send("WebAuthn.setUserVerified", {"authenticatorId": authenticator, "isUserVerified": False})
    page.goto("/studio/sign-in")
    page.get_by_role("button", name="Use a passkey").click()
    page.get_by_text("The device did not confirm it").wait_for()
    page.goto("/studio/webinars")
    assert "/studio/sign-in" in page.url


def test_a_password_can_be_looked_at_while_it_is_typed(app: Flask, page: Any) -> None:
    page.goto("/studio/sign-in")
    field = page.get_by_label("Password", exact=True)
    field.fill(PASSWORD)
    assert field.get_attribute("type") == "password"
    page.get_by_role("button", name="Show: Password").click()
    assert field.get_attribute("type") == "text"
    page.get_by_role("button", name="Hide: Password").click()
    assert field.get_attribute("type") == "password"


def test_every_page_is_for_everybody_and_fits(app: Flask, page: Any, capsys: pytest.CaptureFixture[str]) -> None:
    first_run.tell_how_to_begin(app)
    first = capsys.readouterr().err.split("http://localhost")[1].strip()
    given_password(app)
    given_staff(app, Role.READER, email="a-rather-long-address-of-somebody@littlehands.example")
    page.add_init_script(Axe().axe_script)
    found = dict[str, list[str]]()

    def look(name: str) -> None:
        for scheme in ("light", "dark"):
            page.emulate_media(color_scheme=scheme)
            found[f"{name}, {scheme}"] = page.evaluate(MEASURE, [*LAW, "best-practice"])
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found[f"{name}, {width} px"] = page.evaluate(TOO_WIDE, 100)

    for path in ("/studio/sign-in", "/studio/sign-in/mail/link", "/studio/sign-in/mail/password", first):
        page.goto(path)
        look(path)
    page.goto("/studio/sign-in")
    page.get_by_role("button", name="Sign in", exact=True).click()
    page.get_by_role("alert").wait_for()
    look("sign-in, wrong")
    sign_in(page)
    account = "/studio/account"
    below = ("", "/password", "/codes", "/passkeys", "/recovery-codes", "/again")
    for path in (
        *(f"{account}{each}" for each in below),
        "/studio/team",
        "/studio/team/2",
        "/studio/team/2/remove",
    ):
        page.goto(path)
        look(path)
    for path, button in ((f"{account}/codes", "Set it up"), (f"{account}/recovery-codes", "Make new codes")):
        page.goto(path)
        page.get_by_role("button", name=button).click()
        page.wait_for_load_state()
        look(button)
    problems = [f"{where}: {problem}" for where, there in found.items() for problem in there]
    assert problems == [], "\n".join(problems)
