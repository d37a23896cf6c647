"""The demo's mailbox: what a visitor sees, and what stays inert."""

from collections.abc import Callable
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.web.demo.visiting import HOSTILE_MAIL, demo_settings, mailbox
from webinar_hub.adapters.mail import Envelope
from webinar_hub.adapters.mail.mailbox import MailboxTransport
from webinar_hub.app import create_app
from webinar_hub.core import clock
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Delivery
from webinar_hub.queries import demo

# ---- where there is no demo ----


@pytest.mark.parametrize("path", ["", "/00000001", "/00000001/html", "/00000001/raw", "/00000001/1.ics"])
def test_without_a_demo_nobody_s_mails_can_be_read(tmp_path: Path, path: str) -> None:
    app = create_app(read_settings(data_folder=tmp_path, mail="mailbox:"))
    MailboxTransport(app.extensions["settings"].mailbox_folder).send(
        Envelope("hello@hub.example", "ana@x.example", HOSTILE_MAIL, "key")
    )
    assert len(mailbox(app).list()) == 1
    client = app.test_client()
    assert client.get(f"/demo/mailbox{path}").status_code == 404
    assert client.post("/demo/clock", data={"do": "end"}).status_code == 404
    assert clock.playing_until() is None


# ---- the mailbox ----


def test_an_empty_mailbox_says_to_sign_up_first(app: Flask, client: FlaskClient) -> None:
    page = client.get("/demo/mailbox").text
    with app.app_context():
        cohort = db.session.scalars(select(Cohort)).one().public_id
    assert "sign up first" in page
    assert f"/sign-up/{cohort}" in page
    # Enrolment would be over at the end: nobody shall get there with an empty mailbox.
    assert 'name="do"' not in page


def test_nothing_a_mail_says_becomes_part_of_our_pages(client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    number = keep(HOSTILE_MAIL)
    for page in (client.get("/demo/mailbox").text, client.get(f"/demo/mailbox/{number}").text):
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert "&lt;img src=x onerror=alert(3)&gt;" in page


def test_a_name_with_brackets_hides_no_address(client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    number = keep(HOSTILE_MAIL)
    assert "to &lt;script&gt;alert(2)&lt;/script&gt; · ana@x.example" in client.get("/demo/mailbox").text
    assert "ana@x.example" in client.get(f"/demo/mailbox/{number}").text.partition("<iframe")[0]


def test_the_frame_is_a_locked_room(client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    number = keep(HOSTILE_MAIL)
    frame = client.get(f"/demo/mailbox/{number}").text.partition("<iframe")[2].partition(">")[0]
    assert 'sandbox="allow-popups allow-top-navigation-by-user-activation"' in frame
    answer = client.get(f"/demo/mailbox/{number}/html")
    assert answer.headers["Content-Security-Policy"] == (
        "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; "
        "style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
    )
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert '<head><base target="_top"><title>' in answer.text
    assert "frame-src 'self'" in client.get(f"/demo/mailbox/{number}").headers["Content-Security-Policy"]


def test_the_plain_text_and_all_headers_are_there(client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    page = client.get(f"/demo/mailbox/{keep(HOSTILE_MAIL)}").text
    assert "&lt;/pre&gt;&lt;script&gt;alert(4)" in page
    assert "X-Entity-Ref-ID" in page
    assert "&lt;script&gt;alert(5)" in page


def test_a_mail_can_be_taken_away_as_it_is(client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    answer = client.get(f"/demo/mailbox/{keep(HOSTILE_MAIL)}/raw")
    assert answer.data == HOSTILE_MAIL
    assert answer.mimetype == "message/rfc822"
    assert answer.headers["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    "number",
    ["99999999", "x", "1", "00000001.eml", "..%2f..%2fdemo-clock", "%2e%2e", "..%5c..%5csecret-key",
     "１２３４５６７８", "9" * 300, "%00", "-0000001"],
)  # fmt: skip
@pytest.mark.parametrize("part", ["", "/html", "/raw", "/1.ics"])
def test_what_is_no_mail_is_not_found(
    client: FlaskClient, keep: Callable[[bytes], str], number: str, part: str
) -> None:
    keep(HOSTILE_MAIL)
    assert client.get(f"/demo/mailbox/{number}{part}").status_code == 404


@pytest.mark.parametrize("before", ["x", "..%2f", "1", "9" * 5000])
def test_a_page_before_no_mail_is_not_found(client: FlaskClient, keep: Callable[[bytes], str], before: str) -> None:
    keep(HOSTILE_MAIL)
    assert client.get(f"/demo/mailbox?before={before}").status_code == 404


def test_older_mails_are_a_page_further(
    client: FlaskClient, keep: Callable[[bytes], str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("webinar_hub.web.demo.PAGE", 2)
    first, second, third = (keep(HOSTILE_MAIL) for _ in range(3))
    page = client.get("/demo/mailbox").text
    assert f"/demo/mailbox/{third}" in page
    assert f"/demo/mailbox/{first}" not in page
    older = client.get(f"/demo/mailbox?before={second}").text
    assert f"/demo/mailbox/{first}" in older
    assert f"/demo/mailbox/{third}" not in older


def test_looking_changes_nothing(app: Flask, client: FlaskClient, keep: Callable[[bytes], str]) -> None:
    number = keep(HOSTILE_MAIL)

    def state() -> tuple[list[str], int]:
        with app.app_context():
            queued = len(db.session.scalars(select(Delivery.id)).all())
        return sorted(mail.id for mail in mailbox(app).list()), queued

    before = state()
    for path in ("", f"/{number}", f"/{number}/html", f"/{number}/raw"):
        assert client.get(f"/demo/mailbox{path}").status_code == 200
        assert client.head(f"/demo/mailbox{path}").status_code == 200
    assert client.get("/demo/clock").status_code == 405
    assert state() == before
    assert clock.playing_until() is None


# ---- the bar ----


def test_public_pages_show_the_time_and_the_way_but_set_no_cookie(
    app: Flask, client: FlaskClient, keep: Callable[[bytes], str]
) -> None:
    keep(HOSTILE_MAIL)
    with app.app_context():
        slug = demo.stage().slug  # type: ignore[union-attr]
    for path in ("/", f"/w/{slug}"):
        answer = client.get(path)
        assert "Set-Cookie" not in answer.headers
        assert 'aria-label="Demo"' in answer.text
        assert "in New York" in answer.text.partition("demo-clock")[2].partition("</p>")[0]
        assert '<span class="demo-count">1<' in answer.text
        assert 'action="/demo/clock"' not in answer.text


def test_the_bar_stands_without_a_database_too(tmp_path: Path) -> None:
    app = create_app(demo_settings(tmp_path))
    answer = app.test_client().get("/")
    assert answer.status_code == 503
    assert 'aria-label="Demo"' in answer.text
    with app.app_context():
        db.engine.dispose()
