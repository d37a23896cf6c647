"""What a visitor of the demo does, and a mail that means harm."""

import time
from collections.abc import Callable
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.core import clock
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort
from webinar_hub.services import registrations

HOSTILE_NAME = "Ana <script>alert(1)</script>"
HOSTILE_MAIL = (
    b"From: hello@hub.example\r\nTo: =?utf-8?q?=3Cscript=3Ealert=282=29=3C=2Fscript=3E?= <ana@x.example>\r\n"
    b"Subject: <img src=x onerror=alert(3)>\r\nDate: Mon, 23 Nov 2026 09:00:00 +0000\r\n"
    b"X-Entity-Ref-ID: <script>alert(5)</script>\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
    b"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n</pre><script>alert(4)</script>\r\n"
    b"--b\r\nContent-Type: text/html; charset=utf-8\r\n\r\n"
    b"<html><head><title>x</title></head><body><script>parent.alert(1)</script><a href='/my'>My page</a></body>\r\n"
    b"--b--\r\n"
)


def demo_settings(folder: Path) -> Settings:
    return read_settings(demo=True, data_folder=folder, mail="mailbox:", log_format="text", log_level="warning")


def mailbox(app: Flask) -> Mailbox:
    return Mailbox(app.extensions["settings"].mailbox_folder)


def sign_up(app: Flask, name: str, email: str) -> None:
    with app.app_context(), transaction():
        cohort = db.session.scalars(select(Cohort)).one().public_id
        form = registrations.SignUp(name, email, "OT", "America/Los_Angeles", "", "/")
        registrations.sign_up(cohort, form, network="n", per_network=100, now=clock.now())


def wait_until(condition: Callable[[], bool], seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.02)


def press(client: FlaskClient, wish: str) -> int:
    """Press one of the clock's buttons as a browser would: with the page's token."""
    page = client.get("/demo/mailbox").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    assert token, "the page has no button"
    return client.post("/demo/clock", data={"do": wish, "csrf_token": token}).status_code
