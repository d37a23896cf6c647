"""The demo's clock: its buttons, its stops, and four weeks lived through for real."""

from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import event, select, update

from tests.web.demo.visiting import HOSTILE_MAIL, HOSTILE_NAME, mailbox, press, sign_up, wait_until
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Delivery, Drop, Registration, Session
from webinar_hub.queries import demo, health
from webinar_hub.services import registrations
from webinar_hub.worker.running import Worker

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


def test_the_end_of_an_offer_is_a_stop(app: Flask) -> None:
    sign_up(app, HOSTILE_NAME, "ana@x.example")
    until = clock.now() + timedelta(hours=12)
    with app.app_context(), transaction():
        db.session.execute(update(Registration).values(state="offered", offer_until=until))
    thing = next(thing for thing in _lived_through(app) if thing.words.startswith("A seat that is held goes on"))
    assert thing.at == until


def test_what_comes_next_takes_five_statements(app: Flask) -> None:
    statements = []
    with app.app_context():
        event.listen(db.engine, "before_cursor_execute", lambda *about: statements.append(about[2]))
        demo.next_thing(clock.now())
    assert len([text for text in statements if text.startswith("SELECT")]) == 5


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
    assert "make demo-fresh" in page
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
