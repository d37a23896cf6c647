"""Coming in with a real browser: a passkey is made and signs in, and no page is against the policy."""

from collections.abc import Iterator
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import select

from tests.studio.coming_in import EMAIL, PASSWORD, given_password
from webinar_hub.core.db import db
from webinar_hub.models import Passkey

pytestmark = pytest.mark.browser


@pytest.fixture
def page(chromium: Any, live_server: str) -> Iterator[Any]:
    """At `localhost`: browsers keep no passkeys for numbers. What a page complains of fails the test."""
    context = chromium.new_context(base_url=live_server.replace("127.0.0.1", "localhost"))
    page = context.new_page()
    page.set_default_timeout(15_000)
    complaints: list[str] = []
    page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    yield page
    context.close()
    assert complaints == []


@pytest.fixture
def device(page: Any) -> Any:
    """A phone that keeps passkeys and always recognises her finger."""
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
    page.wait_for_url("**/studio/webinars")


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
    page.wait_for_url("**/studio/webinars")
    with app.app_context():
        used = db.session.scalars(select(Passkey)).one()
        assert used.sign_count > made.sign_count
        assert used.lastuse_datetime > made.lastuse_datetime


def test_a_device_that_does_not_recognise_her_says_so(app: Flask, page: Any, device: Any) -> None:
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
