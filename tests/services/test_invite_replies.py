"""A "no" in her calendar shows, goes with its time, frees the place only where that is wished, is never forged."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import NOW, given_cohort, only_registration, outbox, sign_up
from tests.delivering import Post, deliver, read
from tests.documents.returned_examples import calendar_reply
from tests.people import ANN, BEA, CLEO, People
from tests.services.test_suppression import move_first_session
from tests.web.visiting import post, public_id
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.documents.returned import read_returned
from webinar_hub.models import Cohort, InviteReply, Registration, Session
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.replies import cohort_replies
from webinar_hub.services import registrations, returned_mail

FREEING = {"capacity = 50": "capacity = 50\ndeclined_frees_seat = true"}
NO = "Your calendar said you can't come to this one"


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def uids(app: Flask, cohort: str) -> list[str]:
    """Of the entries in Ann's calendar, one for each session, after she has signed up."""
    sign_up(app, cohort)
    mailed = Post()
    deliver(app, mailed)
    return [read(envelope).invites[0].uid for envelope in mailed.tried]


def answer(app: Flask, uid: str, **changes: Any) -> str:
    """A calendar's mail comes in: what is made of it."""
    hub: Hub = app.extensions["hub"]
    mail = read_returned(calendar_reply(uid, **changes))
    with app.app_context(), transaction():
        return returned_mail.take(mail, hub.returns, calendar_host=hub.host, now=clock.now())


def kept(app: Flask) -> list[tuple[str, int]]:
    with app.app_context():
        rows = db.session.scalars(select(InviteReply).order_by(InviteReply.id))
        return [(row.answer, row.sequence) for row in rows]


def stamp(minutes: int) -> str:
    return f"{NOW + timedelta(minutes=minutes):%Y%m%dT%H%M%SZ}"


def test_the_newest_answer_counts_in_whatever_order_they_come(app: Flask, cohort: str, travel: Traveller) -> None:
    first, _ = uids(app, cohort)
    travel.shift(timedelta(hours=1))
    assert answer(app, first, stamp=stamp(10)) == "reply"
    assert answer(app, first, answer="ACCEPTED", stamp=stamp(5)) == "ignored"
    assert answer(app, first, answer="ACCEPTED", stamp=stamp(10)) == "ignored"
    assert kept(app) == [("declined", 0)]
    assert answer(app, first, answer="TENTATIVE", stamp=stamp(20)) == "reply"
    assert kept(app) == [("tentative", 0)]


def test_what_is_forged_or_stale_is_ignored(app: Flask, cohort: str, tmp_path: Path) -> None:
    first, _ = uids(app, cohort)
    session, registration = first.partition("@")[0].split(".")
    other = given_cohort(
        app, tmp_path, {'key = "january"': 'key = "other"', 'slug = "baby-massage"': 'slug = "other"'}
    )
    assert other
    with app.app_context():
        elsewhere = db.session.scalars(
            select(Session.public_id).join(Cohort, Cohort.id == Session.cohort_id).where(Cohort.key == "other")
        ).first()
    forged: list[dict[str, Any]] = [
        {"attendee": "mailto:bea@x.example"},
        {"attendee": "mailto:"},
        {"attendee": "mailto:ann@x.example%0d%0aBcc"},
        {"sequence": 1},
        {"sequence": -1},
        {"sequence": 10**30},
        {"stamp": stamp(60 * 25)},
        {"uid": f"{session}.{'0' * 16}@webinar-hub"},
        {"uid": f"{elsewhere}.{registration}@webinar-hub"},
        {"uid": f"{session}@webinar-hub"},
        {"uid": first.replace("@webinar-hub", "@evil.example")},
        {"uid": "x" * 5000},
    ]
    for changes in forged:
        assert (changes, answer(app, **{"uid": first} | changes)) == (changes, "ignored")
    assert kept(app) == []
    assert answer(app, first, attendee="MAILTO:ANN@X.example") == "reply"


def test_an_answer_to_the_old_time_says_nothing_about_the_new_one(app: Flask, cohort: str) -> None:
    first, _ = uids(app, cohort)
    answer(app, first)
    move_first_session(app)
    with app.app_context():
        assert cohort_replies("january").sessions[0].answers.total() == 0
    # The mail with the old answer may come late.
    assert answer(app, first, answer="ACCEPTED", stamp=stamp(0)) == "ignored"
    assert answer(app, first, sequence=1, stamp=stamp(1)) == "reply"
    assert kept(app) == [("declined", 1)]
    with app.app_context():
        first_session = cohort_replies("january").sessions[0]
    assert first_session.declined == (("Ann Lee", "ann@x.example"),)
    assert (first_session.people, dict(first_session.answers)) == (1, {"declined": 1})


def test_a_no_to_everything_keeps_the_place_unless_the_organizer_wants_it(app: Flask, cohort: str) -> None:
    for uid in uids(app, cohort):
        answer(app, uid)
    assert only_registration(app).state == "confirmed"


def test_a_no_to_everything_ahead_frees_the_place_where_that_is_wished(
    app: Flask, tmp_path: Path, travel: Traveller
) -> None:
    cohort = given_cohort(app, tmp_path, FREEING)
    first, second = uids(app, cohort)
    answer(app, second)
    assert only_registration(app).state == "confirmed"
    answer(app, first)
    assert only_registration(app).state == "cancelled"
    with app.app_context():
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 0
    # She is told, as if she had pressed the button, and may take the place again.
    assert [mail.kind for mail in outbox(app, state="queued")] == ["registration_cancelled"]
    assert answer(app, first, answer="ACCEPTED", stamp=stamp(30)) == "ignored"
    row = only_registration(app)
    with app.app_context(), transaction():
        registrations.come_back(row.person_id, row.public_id, now=clock.now())
    # The old "no" was to what she has left.
    travel.shift(timedelta(minutes=5))
    assert answer(app, first, sequence=2, stamp=stamp(5)) == "reply"
    assert only_registration(app).state == "confirmed"


def test_what_lies_behind_need_not_be_declined(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    _, second = uids(app, given_cohort(app, tmp_path, FREEING))
    travel.move_to(NOW + timedelta(days=17))
    assert answer(app, second) == "reply"
    assert only_registration(app).state == "cancelled"


def test_about_a_session_that_is_over_nothing_is_kept(app: Flask, cohort: str, travel: Traveller) -> None:
    first, _ = uids(app, cohort)
    travel.move_to(NOW + timedelta(days=17))
    assert answer(app, first, stamp=stamp(30)) == "ignored"
    assert kept(app) == []


def test_it_shows_on_her_page_and_she_can_say_otherwise(app: Flask, people: People) -> None:
    with app.app_context():
        row = db.session.scalars(select(Registration).order_by(Registration.id)).first()
        assert row
        session = db.session.scalars(select(Session).where(Session.cohort_id == row.cohort_id)).first()
        assert session
    answer(app, f"{session.public_id}.{row.public_id}@webinar-hub")
    browser = people.browser(ANN)
    assert browser.get("/my").text.count(NO) == 1
    way = f"/my/{row.public_id}/coming/{session.public_id}"
    for person in (BEA, CLEO):
        stranger: FlaskClient = people.browser(person)
        assert post(stranger, "/lost-link", way).status_code in (403, 404)
    assert kept(app) == [("declined", 0)]
    assert post(browser, "/my", way).status_code == 303
    assert NO not in browser.get("/my").text
    assert kept(app) == [("accepted", 0)]
    assert post(browser, "/my", way.replace(session.public_id, "0" * 16)).status_code == 404


def test_the_wish_is_read_from_the_cohort_file(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    given_cohort(app, tmp_path)
    assert public_id(app, Cohort, "january")
    with app.app_context():
        assert db.session.scalars(select(Cohort.declined_frees_seat)).one() is False
    given_cohort(app, tmp_path, FREEING)
    with app.app_context():
        assert db.session.scalars(select(Cohort.declined_frees_seat)).one() is True
