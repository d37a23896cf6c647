"""Announcements from the form to the mail: to whom, when, taken back, looked at by a second person."""

import threading
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY, given_cohort, outbox, sign_up
from tests.delivering import deliver, write_out
from tests.studio.announcing import JUNE, MINUTE, NEWS, send, sent_to, write
from tests.studio.forms import press
from tests.studio.staff import given_staff, signed_in
from tests.waiting import come, small
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    Announcement,
    AttendanceSegment,
    AuditEntry,
    Broadcast,
    Consent,
    Delivery,
    Download,
    Drop,
    MaterialVersion,
    Registration,
    Session,
)
from webinar_hub.rules.staff import Role
from webinar_hub.services import announcements, broadcasts
from webinar_hub.services import outbox as outbox_service


def test_the_form_says_how_many_and_nothing_is_sent_by_saving(app: Flask, owner: FlaskClient, three: str) -> None:
    page = write(owner)
    assert "3 people</span> would get it now" in owner.get(page).text
    write_out(app)
    assert outbox(app, kind="announcement") == []


def test_it_is_held_for_five_minutes_and_then_goes_to_everybody(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    assert send(owner, page).status_code == 303
    assert "It is held until" in owner.get(page).text
    travel.shift(4 * MINUTE)
    assert sent_to(app) == []
    travel.shift(MINUTE)
    mails = deliver(app)
    assert len(mails) == 3
    assert {mail.subject for mail in mails} == {"Another room"}
    assert any("Hello Ann Lee, we meet upstairs." in mail.text for mail in mails)
    assert "all sent" in owner.get(f"/studio/cohorts/{KEY}/messages").text
    assert owner.post(f"{page}/take-back").status_code in (400, 409)


def test_who_waits_in_the_line_can_be_written_to(
    app: Flask, owner: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    come(app, small(app, tmp_path, seats=1), "ann", "bea", "cleo")
    deliver(app)
    page = write(owner, state="waiting")
    assert "Is on the waitlist" in owner.get(page).text
    send(owner, page)
    travel.shift(5 * MINUTE)
    assert sent_to(app) == ["bea@x.example", "cleo@x.example"]


def test_taken_back_in_time_nobody_gets_it_and_it_can_be_sent_again(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    send(owner, page)
    answer = press(owner, owner.get(page), f"{page}/take-back")
    assert answer.status_code == 303
    assert "Nobody got it" in owner.get(page).text
    travel.shift(10 * MINUTE)
    assert sent_to(app) == []
    send(owner, page)
    travel.shift(10 * MINUTE)
    assert len(sent_to(app)) == 3


def test_taken_back_while_it_leaves_whoever_has_it_is_not_told_twice(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    send(owner, page)
    travel.shift(5 * MINUTE)
    write_out(app)
    with app.app_context(), transaction():
        first = db.session.scalars(select(Delivery).where(Delivery.kind == "announcement")).first()
        first.state, first.sent_at = "sent", clock.now()
    press(owner, owner.get(page), f"{page}/take-back")
    assert "1 had left already." in owner.get(page).text
    send(owner, page)
    travel.shift(5 * MINUTE)
    assert len(sent_to(app)) == 2


def test_later_means_later_in_the_cohorts_zone(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    answer = press(owner, owner.get(page), f"{page}/send", when="later", at="2026-11-30T09:00")
    assert answer.status_code == 303
    assert "Mon 30 November, 9:00 am" in owner.get(page).text
    with app.app_context():
        due = db.session.scalars(select(Broadcast.due_at).where(Broadcast.kind == "announcement")).one()
    assert due.isoformat() == "2026-11-30T14:00:00+00:00"


@pytest.mark.parametrize(
    ("at", "words"),
    [
        ("", "Choose a day"),
        ("2026-11-01T09:00", "passed"),
        ("2027-03-14T02:30", "2:30"),
        ("2031-01-01T09:00", "year"),
    ],
)
def test_moments_that_cannot_be_are_refused_in_words(owner: FlaskClient, three: str, at: str, words: str) -> None:
    page = write(owner)
    answer = press(owner, owner.get(page), f"{page}/send", when="later", at=at)
    assert answer.status_code in (409, 422)
    assert words in answer.text
    assert "Another room" in answer.text


@pytest.mark.parametrize(
    ("segment", "expected"),
    [
        ({"professions": ["PT"]}, ["bea", "cleo"]),
        ({"session": "1:came"}, ["ann"]),
        ({"session": "1:missed"}, ["bea", "cleo"]),
        ({"drop": "1:took"}, ["bea"]),
        ({"drop": "1:not", "professions": ["PT"]}, ["cleo"]),
        ({"kind": "news"}, ["cleo"]),
        ({"kind": "news", "state": "cancelled"}, ["dora"]),
    ],
)
def test_a_segment_counts_and_reaches_the_same_people(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller, segment: dict[str, Any], expected: list[str]
) -> None:
    sign_up(app, three, "dora@x.example", "Dora Gone", news_words=NEWS)
    deliver(app)
    with app.app_context(), transaction():
        ann, bea, _, dora = db.session.scalars(select(Registration).order_by(Registration.id))
        dora.state = "cancelled"
        db.session.add(
            AttendanceSegment(registration_id=ann.id, session_id=1, source="click", started_at=clock.now())
        )
        version = db.session.scalars(select(MaterialVersion.id)).first()
        db.session.add(
            Download(registration_id=bea.id, drop_id=1, material_version_id=version, downloaded_at=clock.now())
        )
    page = write(owner, **segment)
    number = "1 person" if len(expected) == 1 else f"{len(expected)} people"
    assert f"{number}</span> would get it now" in owner.get(page).text
    assert send(owner, page).status_code == 303
    travel.shift(5 * MINUTE)
    assert sent_to(app) == [f"{name}@x.example" for name in expected]


def test_whoever_is_in_two_cohorts_of_the_webinar_gets_one(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller, tmp_path: Path
) -> None:
    june = given_cohort(app, tmp_path, JUNE)
    sign_up(app, june, "ann@x.example", "Ann Lee")
    sign_up(app, june, "eve@x.example", "Eve Stone")
    deliver(app)
    page = write(owner, whole_webinar="y")
    assert "4 people</span> would get it now" in owner.get(page).text
    send(owner, page)
    travel.shift(5 * MINUTE)
    assert sent_to(app) == [f"{name}@x.example" for name in ("ann", "bea", "cleo", "eve")]


def test_who_ends_news_gets_no_more_of_them_and_keeps_the_rest(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner, kind="news")
    send(owner, page)
    travel.shift(5 * MINUTE)
    (mail,) = deliver(app)
    link = str(mail.message["List-Unsubscribe"]).strip("<>").removeprefix("http://localhost").partition("/unsub")[2]
    visitor = app.test_client()
    assert "Stop the news" in visitor.get(f"/unsub{link}").text
    assert visitor.post(f"/unsub{link}", data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert "You get no more news" in visitor.get(f"/unsub{link}").text
    with app.app_context():
        assert db.session.scalars(select(Consent)).one().withdrawn_at is not None
        assert {row.reminders_off_at for row in db.session.scalars(select(Registration))} == {None}
    answer = send(owner, write(owner, kind="news"))
    assert answer.status_code == 409
    assert "Nobody belongs to this group" in answer.text


def test_news_ended_while_they_wait_are_not_sent(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    send(owner, write(owner, kind="news"))
    travel.shift(5 * MINUTE)
    write_out(app)
    with app.app_context(), transaction():
        db.session.scalars(select(Consent)).one().withdrawn_at = clock.now()
    assert deliver(app) == []
    assert [row.state for row in outbox(app, kind="news")] == ["cancelled"]


def test_news_go_after_everything_and_an_announcement_before_a_bonus(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    for kind in ("news", "announcement"):
        send(owner, write(owner, kind=kind, professions=["PT"]))
    travel.shift(5 * MINUTE)
    write_out(app)
    assert [row.priority for row in outbox(app, kind="news")] == [3]
    assert {row.priority for row in outbox(app, kind="announcement")} == {1}


def test_many_need_a_second_organizer(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller, settings: Settings
) -> None:
    app.extensions["settings"] = settings.model_copy(update={"approve_above": 2})
    second = signed_in(app, given_staff(app, Role.ORGANIZER, email="ida@littlehands.example"))
    page = write(owner)
    send(owner, page)
    travel.shift(10 * MINUTE)
    (asked_for,) = deliver(app)
    assert asked_for.subject == "Please look at an announcement: Another room"
    assert f"http://localhost{page}" in asked_for.text
    assert press(owner, owner.get(page), f"{page}/approve").status_code == 409
    assert "I have read it" not in owner.get(page).text
    asked = second.get(page)
    assert "I have read it: send it to 3 people" in asked.text
    assert press(second, asked, f"{page}/approve").status_code == 303
    assert sent_to(app) == []
    travel.shift(5 * MINUTE)
    assert len(sent_to(app)) == 3
    with app.app_context():
        actions = [row.action for row in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id))]
    assert actions[-3:] == ["announcement.written", "announcement.waiting", "announcement.approved"]


def test_whoever_sends_it_cannot_agree_to_it_whoever_began_the_draft(
    app: Flask, owner: FlaskClient, three: str, settings: Settings
) -> None:
    app.extensions["settings"] = settings.model_copy(update={"approve_above": 2})
    second = signed_in(app, given_staff(app, Role.ORGANIZER, email="ida@littlehands.example"))
    page = write(owner)
    send(second, page)
    assert press(second, second.get(page), f"{page}/approve").status_code == 409
    assert press(owner, owner.get(page), f"{page}/approve").status_code == 303


def test_what_is_on_the_wire_is_not_said_to_be_stopped(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    page = write(owner)
    send(owner, page)
    travel.shift(5 * MINUTE)
    write_out(app)
    with app.app_context(), transaction():
        outbox_service.claim(1, lease=45, now=clock.now())
    press(owner, owner.get(page), f"{page}/take-back")
    assert "None had left, 1 were on the wire and may still arrive." in owner.get(page).text


def test_whoever_is_alone_confirms_twice(app: Flask, owner: FlaskClient, three: str, settings: Settings) -> None:
    app.extensions["settings"] = settings.model_copy(update={"approve_above": 2})
    page = write(owner)
    refused = send(owner, page)
    assert refused.status_code == 422
    assert "This goes to 3 people" in refused.text
    assert send(owner, page, sure="y").status_code == 303


def test_when_the_cohort_is_cancelled_what_was_planned_is_withdrawn(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller
) -> None:
    from webinar_hub.models import Cohort
    from webinar_hub.services import sessions

    send(owner, write(owner))
    with app.app_context(), transaction():
        sessions.cancel_cohort(db.session.scalars(select(Cohort)).one(), actor="test", now=clock.now())
    travel.shift(5 * MINUTE)
    deliver(app)
    assert outbox(app, kind="announcement") == []


@pytest.mark.parametrize("first", ["undo", "expansion"])
def test_taking_back_and_writing_out_at_once_end_in_one_of_two_ways(
    app: Flask, owner: FlaskClient, three: str, travel: Traveller, first: str
) -> None:
    """Either nobody is written to, or what was written out is stopped: never a mail after an undo."""
    page = write(owner)
    send(owner, page)
    travel.shift(5 * MINUTE)
    begin = threading.Barrier(2)
    taken: list[announcements.Taken] = []

    def undo() -> None:
        begin.wait()
        with app.app_context(), transaction():
            taken.append(announcements.take_back(KEY, 1, by=1, now=clock.now()))

    def expand() -> None:
        begin.wait()
        more = True
        with app.app_context():
            while more:
                with transaction():
                    more = broadcasts.expand_next(clock.now()).more

    order = (undo, expand) if first == "undo" else (expand, undo)
    threads = [threading.Thread(target=one) for one in order]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert taken
    assert deliver(app) == []
    assert {row.state for row in outbox(app, kind="announcement")} <= {"cancelled"}
    with app.app_context():
        assert db.session.scalars(select(Announcement)).one().state == "draft"
        assert db.session.scalars(select(Session.id)).first()
        assert db.session.scalars(select(Drop.id)).first()
