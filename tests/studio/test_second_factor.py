"""Authenticator codes, recovery codes, and what is asked again before they are changed."""

import re
from datetime import UTC, datetime

import pytest
from flask import Flask
from flask.testing import FlaskClient
from passlib.totp import TOTP
from time_machine import Traveller

from tests.studio.coming_in import (
    EMAIL,
    PASSWORD,
    given_password,
    is_in,
    link_in,
    mails,
    post,
    sign_in,
    token,
)
from webinar_hub.app import create_app
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Organizer

CODES = "/studio/account/codes"


def code(key: str) -> str:
    """What the app on her phone shows now."""
    return TOTP(key=key).generate(datetime.now(UTC)).token


def set_up(client: FlaskClient) -> str:
    """Turn codes on; the key that her phone keeps."""
    page = post(client, CODES, setup="authenticator").text
    key = re.search(r'class="secret">([^<]+)<', page)
    action = re.search(r'action="(/studio/account/codes/[^"]+)"', page)
    assert key
    assert action
    assert "<svg" in page, "there is a QR code"
    plain = key[1].replace("-", "").replace(" ", "")
    answer = client.post(action[1], data={"csrf_token": token(client, CODES), "code": code(plain)})
    assert answer.headers["Location"] == "/studio/account"
    return plain


@pytest.fixture
def key(app: Flask, client: FlaskClient, travel: Traveller) -> str:
    """Of somebody who is asked for a code; a minute has passed since."""
    given_password(app)
    sign_in(client)
    key = set_up(client)
    travel.shift(60)
    return key


def test_signing_in_asks_for_a_code_and_nothing_opens_before(app: Flask, key: str) -> None:
    client = app.test_client()
    answer = sign_in(client)
    assert answer.headers["Location"].startswith("/studio/sign-in/code")
    assert not is_in(client)
    wrong = post(client, "/studio/sign-in/code", code="000000")
    assert "This code is not right" in wrong.text
    assert not is_in(client)
    post(client, "/studio/sign-in/code", code=code(key))
    assert is_in(client)


def test_the_code_leads_on_to_the_page_she_asked_for(app: Flask, key: str) -> None:
    client = app.test_client()
    door = client.get("/studio/account").headers["Location"]
    typed = {"csrf_token": token(client, door), "email": EMAIL, "password": PASSWORD}
    between = client.post(door, data=typed).headers["Location"]
    answer = client.post(between, data={"csrf_token": token(client, between), "code": code(key)})
    assert answer.headers["Location"] == "/studio/account"


def test_she_is_told_that_codes_are_on(app: Flask, key: str) -> None:
    assert "asks for a code" in mails(app)[-1].text


def test_a_code_counts_once(app: Flask, key: str) -> None:
    client, thief = app.test_client(), app.test_client()
    for browser in (client, thief):
        sign_in(browser)
        post(browser, "/studio/sign-in/code", code=code(key))
    assert is_in(client)
    assert not is_in(thief)


def test_codes_cannot_be_guessed(app: Flask, key: str) -> None:
    client = app.test_client()
    sign_in(client)
    for number in range(10):
        post(client, "/studio/sign-in/code", code=f"{number:06}")
    assert post(client, "/studio/sign-in/code", code=code(key)).status_code == 429
    assert not is_in(client)


def test_a_link_by_mail_asks_for_the_code_too(app: Flask, key: str) -> None:
    client = app.test_client()
    post(client, "/studio/sign-in/mail/link", email=EMAIL)
    answer = post(client, link_in(mails(app)[-1]))
    assert "/studio/sign-in/code" in answer.headers["Location"]
    assert not is_in(client)
    post(client, "/studio/sign-in/code", code=code(key))
    assert is_in(client)


def test_recovery_codes_let_in_once(app: Flask, client: FlaskClient, key: str) -> None:
    page = post(client, "/studio/account/recovery-codes").text
    codes = re.findall(r"<li>(\w{4}-\w{4}-\w{4})</li>", page)
    assert len(codes) == 8
    with app.app_context():
        kept = str(db.session.query(Organizer).one().mf_recovery_codes)
        assert not [each for each in codes if each in kept], "they are encrypted"
    for expected in (True, False):
        browser = app.test_client()
        sign_in(browser)
        post(browser, "/studio/sign-in/recovery-code", code=codes[0])
        assert is_in(browser) is expected


def test_without_recovery_codes_none_is_right(app: Flask, key: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(Organizer.__table__.update().values(mf_recovery_codes=None))
    client = app.test_client()
    sign_in(client)
    answer = post(client, "/studio/sign-in/recovery-code", code="1a2b-3c4d-5e6f")
    assert "This recovery code is not right" in answer.text
    assert not is_in(client)


def test_turning_codes_off_asks_for_the_password_when_it_is_long_ago(
    app: Flask, client: FlaskClient, key: str, travel: Traveller
) -> None:
    travel.shift(31 * 60)
    csrf = token(client, "/studio/account")
    answer = client.post(CODES, data={"csrf_token": csrf, "setup": "disable"})
    assert "/studio/account/again" in answer.headers["Location"]
    again = post(client, "/studio/account/again?next=/studio/account/codes", password=PASSWORD)
    assert again.headers["Location"] == "/studio/account/codes"
    post(client, CODES, setup="disable")
    browser = app.test_client()
    sign_in(browser)
    assert is_in(browser)


def test_a_new_key_of_the_service_locks_nobody_out(app: Flask, settings: Settings, key: str) -> None:
    rotated = settings.model_copy(update={"secret_key": "a new one", "secret_key_old": settings.secret_key})
    rotated.__dict__.pop("keys", None)
    later = create_app(rotated)
    client = later.test_client()
    sign_in(client)
    post(client, "/studio/sign-in/code", code=code(key))
    assert is_in(client)
    # Her secret is encrypted with the new key by now, so that the old one can go.
    gone = settings.model_copy(update={"secret_key": "a new one", "secret_key_old": ""})
    gone.__dict__.pop("keys", None)
    last = create_app(gone)
    with later.app_context():
        stored = db.session.query(Organizer).one().tf_totp_secret
    with last.app_context():
        assert last.extensions["security"].totp_factory.get_totp_b32_key(stored) == key
        db.engine.dispose()
    with later.app_context():
        db.engine.dispose()
