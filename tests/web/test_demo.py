"""The demo's mailbox and clock: what a visitor sees, what stays inert, and four weeks lived through for real."""

import shutil
import time
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select

from webinar_hub.adapters.mail import Accepted, Envelope
from webinar_hub.adapters.mail.mailbox import Mailbox, MailboxTransport
from webinar_hub.app import create_app
from webinar_hub.cli.demo_command import prepared
from webinar_hub.core import clock
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Cohort, Delivery, Drop, Session
from webinar_hub.queries import demo, health
from webinar_hub.services import registrations
from webinar_hub.worker.running import Worker

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


@pytest.fixture(scope="session")
def example(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A demo as it is before anybody has come, to be copied."""
    folder = tmp_path_factory.mktemp("example")
    app = prepared(demo_settings(folder))
    with app.app_context():
        db.engine.dispose()
    return folder


@pytest.fixture(autouse=True)
def _real_time_afterwards(tmp_path: Path) -> Iterator[None]:
    yield
    clock.stop_playing()
    clock.restore(tmp_path / "never moved")


@pytest.fixture
def app(example: Path, tmp_path: Path) -> Iterator[Flask]:
    shutil.copytree(example, tmp_path / "data")
    app = create_app(demo_settings(tmp_path / "data"))
    yield app
    with app.app_context():
        db.engine.dispose()


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


@pytest.fixture
def keep(app: Flask) -> Callable[[bytes], str]:
    """Put a mail into the mailbox; its id."""
    transport = MailboxTransport(app.extensions["settings"].mailbox_folder)

    def put(content: bytes) -> str:
        outcome = transport.send(Envelope("hello@hub.example", "ana@x.example", content, "key"))
        assert isinstance(outcome, Accepted)
        return mailbox(app).list(limit=1)[0].id

    return put


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


# ---- the clock ----


@pytest.fixture
def confirmed(app: Flask, keep: Callable[[bytes], str]) -> Flask:
    """A demo with a mail, so that the clock's buttons are there; no worker runs."""
    keep(HOSTILE_MAIL)
    return app


@pytest.mark.parametrize("wish", ["next", "day", "end"])
def test_a_button_asks_for_its_moment(confirmed: Flask, client: FlaskClient, wish: str) -> None:
    assert press(client, wish) == 303
    now, target = clock.now(), clock.playing_until()
    with confirmed.app_context():
        expected = {
            "next": demo.next_moment(now),
            "day": now + timedelta(days=1),
            "end": demo.last_moment(now) + timedelta(minutes=1),
        }[wish]
    assert target is not None
    assert expected is not None
    assert abs(target - expected) < timedelta(seconds=5)


def test_another_press_on_the_way_changes_nothing(confirmed: Flask, client: FlaskClient) -> None:
    page = client.get("/demo/mailbox").text
    token = page.partition('name="csrf_token" value="')[2].partition('"')[0]
    client.post("/demo/clock", data={"do": "day", "csrf_token": token})
    target = clock.playing_until()
    assert client.post("/demo/clock", data={"do": "end", "csrf_token": token}).status_code == 303
    assert clock.playing_until() == target


def test_no_button_is_called_anything_else(confirmed: Flask, client: FlaskClient) -> None:
    assert press(client, "year") == 422
    assert press(client, "") == 422
    assert clock.playing_until() is None


def test_without_the_page_s_token_the_clock_stands_and_the_page_says_so(
    confirmed: Flask, client: FlaskClient
) -> None:
    answer = client.post("/demo/clock", data={"do": "end"}, follow_redirects=True)
    assert clock.playing_until() is None
    assert "The clock has not moved" in answer.text


def test_another_site_cannot_move_the_clock(confirmed: Flask, client: FlaskClient) -> None:
    answer = client.post("/demo/clock", data={"do": "end"}, headers={"Sec-Fetch-Site": "cross-site"})
    assert answer.status_code == 403
    assert clock.playing_until() is None


def test_on_the_way_the_page_shows_how_far_it_is_and_follows(confirmed: Flask, client: FlaskClient) -> None:
    assert '<meta http-equiv="refresh"' not in client.get("/demo/mailbox").text
    press(client, "day")
    clock.set_to(clock.now() + timedelta(hours=12), confirmed.extensions["settings"].clock_file)
    page = client.get("/demo/mailbox").text
    assert '<meta http-equiv="refresh" content="1">' in page
    assert "Living through" in page
    share = int(page.partition('<progress class="demo-progress" value="')[2].partition('"')[0])
    assert 49 <= share <= 51


def test_a_mail_under_way_is_announced(app: Flask, client: FlaskClient) -> None:
    sign_up(app, "Ana", "ana@x.example")
    page = client.get("/demo/mailbox").text
    assert "on its way" in page
    assert '<meta http-equiv="refresh" content="1">' in page


# ---- what comes next ----


def _lived_through(app: Flask) -> list[demo.NextThing]:
    """Everything that lies ahead, one thing after another."""
    things = []
    with app.app_context():
        moment = clock.now()
        while thing := demo.next_thing(moment):
            assert thing.at > moment, "or the clock would never arrive"
            things.append(thing)
            moment = thing.at
    return things


def test_every_moment_of_the_plan_is_a_stop_with_words(app: Flask) -> None:
    things = _lived_through(app)
    with app.app_context():
        planned = set(db.session.scalars(select(Broadcast.due_at).where(Broadcast.state == "planned")))
        sessions = db.session.scalars(select(Session)).all()
        assert planned <= {thing.at for thing in things}
        assert {session.ends_at for session in sessions} <= {thing.at for thing in things}
        assert things[-1].at == demo.last_moment(clock.now())
    words = [thing.words for thing in things]
    assert words[0] == "Reminder, 1 week before: Ask first: cues, consent and calm"
    assert "The join button comes alive: Ask first: cues, consent and calm" in words
    assert "“We are live” goes out: Ask first: cues, consent and calm" in words
    assert "The live hour ends: Ask first: cues, consent and calm" in words
    assert "A bonus opens: A week of cues" in words
    assert words.count("A surprise bonus opens") == 1
    assert not any("Something for the week off" in said for said in words)
    assert {thing.zone for thing in things} == {"America/New_York"}


def test_a_cancelled_session_is_no_stop(app: Flask) -> None:
    with app.app_context(), transaction():
        session = db.session.scalars(select(Session).order_by(Session.starts_at)).first()
        assert session is not None
        session.state, title = "cancelled", session.title
    said = [thing.words for thing in _lived_through(app)]
    assert f"The live hour ends: {title}" not in said
    assert f"The join button comes alive: {title}" not in said


def test_what_comes_next_takes_four_statements(app: Flask) -> None:
    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
        demo.next_thing(clock.now())
    assert len([text for text in statements if text.startswith("SELECT")]) == 4


# ---- four weeks, for real ----


@pytest.fixture
def worker(app: Flask) -> Iterator[Worker]:
    worker = Worker(app)
    worker.start()
    yield worker
    assert worker.stop()


def _kinds(app: Flask) -> tuple[Counter[str], Counter[str]]:
    """Deliveries by kind, and by state."""
    with app.app_context():
        rows = db.session.execute(select(Delivery.kind, Delivery.state)).all()
    return Counter(kind for kind, _ in rows), Counter(state for _, state in rows)


def _expected(app: Flask, signed_up: datetime) -> dict[str, int]:
    with app.app_context():
        sessions = len(db.session.scalars(select(Session)).all())
        drops = len(db.session.scalars(select(Drop).where(Drop.release_at > signed_up)).all())
    return {
        "confirmation": 1,
        "invite": sessions - 1,
        "reminder": 4 * sessions,
        "live": sessions,
        "drop": drops,
        "thank_you": 1,
    }


@pytest.mark.usefixtures("worker")
def test_a_visitor_lives_through_all_of_it(app: Flask, client: FlaskClient) -> None:
    signed_up = clock.now()
    sign_up(app, HOSTILE_NAME, "ana@x.example")
    expected = _expected(app, signed_up)
    wait_until(lambda: len(mailbox(app).list()) == expected["confirmation"] + expected["invite"])

    assert press(client, "next") == 303
    wait_until(lambda: clock.playing_until() is None)
    page = client.get("/demo/mailbox").text
    assert page.count("demo-mail-new") == 1, "only the reminder is news"

    assert press(client, "end") == 303
    wait_until(lambda: clock.playing_until() is None)
    with app.app_context():
        assert not health.unfinished(clock.now())
        assert demo.next_thing(clock.now()) is None
    kinds, states = _kinds(app)
    assert kinds == expected
    assert states == {"sent": sum(expected.values())}
    mails = mailbox(app).list()
    assert len(mails) == sum(expected.values())
    assert "thank you" in " ".join(mail.subject.lower() for mail in mails)
    _check_pages(app, client)


def _check_pages(app: Flask, client: FlaskClient) -> None:
    """Her name stays text on every page of every mail, and the first mail's invite is told in words."""
    page = client.get("/demo/mailbox").text
    assert "You have lived through all of it" in page
    assert "<script>alert(1)" not in page
    mails = mailbox(app).list()
    for mail in mails:
        shown = client.get(f"/demo/mailbox/{mail.id}")
        assert shown.status_code == 200
        assert "<script>alert(1)" not in shown.text
        assert "<script>alert(1)" not in client.get(f"/demo/mailbox/{mail.id}/html").text
    confirmation = client.get(f"/demo/mailbox/{mails[-1].id}").text
    assert "Adds this to the calendar" in confirmation
    for word in ("REQUEST", "0 (the first)", "hello@littlehands.example.org", "ana@x.example", "7:00 pm"):
        assert word in confirmation
    calendar = client.get(f"/demo/mailbox/{mails[-1].id}/1.ics")
    assert calendar.data == mailbox(app).read(mails[-1].id).calendars[0]
    assert calendar.mimetype == "text/calendar"
    assert client.get(f"/demo/mailbox/{mails[-1].id}/2.ics").status_code == 404


@pytest.mark.usefixtures("worker")
def test_a_place_given_back_takes_the_entries_out_of_the_calendar(app: Flask, client: FlaskClient) -> None:
    sign_up(app, "Ana", "ana@x.example")
    wait_until(lambda: len(mailbox(app).list()) == 4)
    with app.app_context(), transaction():
        place = db.session.execute(
            select(registrations.Registration.person_id, registrations.Registration.public_id)
        ).one()
        registrations.cancel(place.person_id, place.public_id, now=clock.now())
    wait_until(lambda: len(mailbox(app).list()) == 8)
    page = client.get("/demo/mailbox").text
    assert page.count("Cancellation</span>") == 4
    newest = client.get(f"/demo/mailbox/{mailbox(app).list(limit=1)[0].id}").text
    assert "Removes this from the calendar" in newest
    assert "CANCEL" in newest
