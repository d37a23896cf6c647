"""Presenters (B5): own invites that follow every change, the note of the day before, the start link."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from icalendar import Calendar
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY, NOW, given_cohort, sign_up
from tests.people import Person, mails_to, send_what_is_due
from tests.studio.forms import filled, send
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Delivery, Notice, Presenter, Session
from webinar_hub.services import presenters, sessions

TEACH = "/studio/webinars/baby-massage/presenters"


@pytest.fixture(autouse=True)
def _mara(app: Flask, owner: FlaskClient, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    assert send(owner, TEACH, presenters__0__email="mara@x.example").status_code == 303


def tell(app: Flask) -> list[Notice]:
    """Have presenters told what there is to tell; the mails that were written for it."""
    with app.app_context():
        before = set(db.session.scalars(select(Notice.id)))
        with transaction():
            count = presenters.tell(app.extensions["voice"](), now=clock.now())
        new = [
            notice for notice in db.session.scalars(select(Notice).order_by(Notice.id)) if notice.id not in before
        ]
        assert len(new) == count
        return new


def agree(client: FlaskClient, **changes: str) -> None:
    """Change who teaches, and press the button once more when it is said who will be told."""
    asked = send(client, TEACH, **changes)
    assert asked.status_code == 200
    assert "takes every session ahead out of her calendar" in asked.text
    assert client.post(TEACH, data=filled(asked.text)).status_code == 303


def entry(notice: Notice) -> tuple[str, str, int, str]:
    """Method, UID, SEQUENCE and summary of a mail's calendar part."""
    calendar = Calendar.from_ical(notice.calendar or b"")
    event = calendar.walk("VEVENT")[0]
    return str(calendar["METHOD"]), str(event["UID"]), int(event["SEQUENCE"]), str(event["SUMMARY"])


def move(app: Flask, day: int) -> None:
    with app.app_context(), transaction():
        cohort, session = sessions.find(KEY, "week-1")
        wall = session.starts_at.replace(tzinfo=None, day=day, hour=19)
        sessions.reschedule(cohort, session, wall, 60, actor="test", now=clock.now())


def test_each_session_gets_her_an_invite_of_its_own_once(app: Flask) -> None:
    first = tell(app)
    assert [notice.kind for notice in first] == ["presenter_invite"] * 2
    assert {notice.to_email for notice in first} == {"mara@x.example"}
    entries = [entry(notice) for notice in first]
    assert [(method, sequence) for method, _, sequence, _ in entries] == [("REQUEST", 0)] * 2
    assert len({uid for _, uid, _, _ in entries}) == 2
    assert "ATTENDEE" in (first[0].calendar or b"").decode()
    assert "Open my start page" in first[0].html
    assert tell(app) == []


def test_a_moved_session_waits_for_undo_and_follows_then(app: Flask, travel: Traveller) -> None:
    _, uid, _, _ = entry(tell(app)[0])
    move(app, 10)
    assert tell(app) == []
    travel.move_to(NOW + timedelta(minutes=11))
    (changed,) = tell(app)
    assert changed.kind == "presenter_changed"
    assert "Thu 10 December" in changed.subject
    assert entry(changed)[:3] == ("REQUEST", uid, 1)
    assert tell(app) == []


def test_many_changes_within_ten_minutes_are_one_mail(app: Flask, travel: Traveller) -> None:
    tell(app)
    for minute, day in ((1, 10), (5, 11), (9, 9)):
        travel.move_to(NOW + timedelta(minutes=minute))
        move(app, day)
        assert tell(app) == []
    travel.move_to(NOW + timedelta(minutes=20))
    assert len(tell(app)) == 1


def test_a_cancelled_session_and_a_cancelled_cohort_leave_her_calendar(app: Flask, travel: Traveller) -> None:
    tell(app)
    with app.app_context(), transaction():
        sessions.cancel_cohort(sessions.find_cohort(KEY), actor="test", now=clock.now())
    travel.move_to(NOW + timedelta(minutes=11))
    gone = tell(app)
    assert [entry(notice)[0] for notice in gone] == ["CANCEL", "CANCEL"]
    assert [entry(notice)[2] for notice in gone] == [1, 1]
    assert "does not take place" in gone[0].text
    assert tell(app) == []


def test_whoever_is_removed_is_told_and_whoever_comes_back_is_invited_again(app: Flask, owner: FlaskClient) -> None:
    _, uid, _, _ = entry(tell(app)[0])
    agree(owner, presenters__0__email="ida@x.example", presenters__0__name="Ida Berg")
    told = tell(app)
    assert sorted((notice.to_email, notice.kind) for notice in told) == [
        *[("ida@x.example", "presenter_invite")] * 2,
        *[("mara@x.example", "presenter_cancelled")] * 2,
    ]
    assert "You are not down for this session any more" in next(n for n in told if "mara" in n.to_email).text
    agree(owner, presenters__0__email="mara@x.example", presenters__0__name="Mara Lind")
    again = next(n for n in tell(app) if n.to_email == "mara@x.example")
    assert entry(again)[:3] == ("REQUEST", uid, 2)


def test_a_draft_tells_nobody(app: Flask, owner: FlaskClient) -> None:
    owner.post(f"/studio/cohorts/{KEY}/step/unpublish")
    assert tell(app) == []
    owner.post(f"/studio/cohorts/{KEY}/step/publish")
    assert len(tell(app)) == 2


def test_the_day_before_she_hears_how_many_come(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example")
    tell(app)
    with app.app_context():
        starts_at = db.session.scalars(select(Session.starts_at).where(Session.key == "week-1")).one()
    travel.move_to(starts_at - timedelta(hours=24, minutes=1))
    assert tell(app) == []
    travel.move_to(starts_at - timedelta(hours=24))
    (note,) = tell(app)
    assert note.subject == "Tomorrow: 2 registered for Baby massage & you"
    assert "2 people are registered" in note.text
    assert note.calendar is None
    assert tell(app) == []
    with app.app_context():
        due = db.session.scalars(select(Delivery).where(Delivery.key.endswith(":tomorrow"))).one()
        assert due.expires_at == starts_at


def start_link(notice: Notice) -> str:
    found = re.search(r"http://localhost(/start/\S+)", notice.text)
    assert found
    return found[1]


def test_her_link_starts_the_session_at_the_hosts_address(app: Flask, owner: FlaskClient) -> None:
    link = start_link(tell(app)[0])
    stranger = app.test_client()
    page = stranger.get(link)
    assert page.status_code == 200
    assert "You teach, Mara Lind" in page.text
    assert "meet.example.org" not in page.text
    action = re.findall(r'action="(/start/[^"]+)"', page.text)[0]
    assert stranger.get(action).status_code == 405
    assert stranger.post(action).headers["Location"] == "https://meet.example.org/room"
    send(owner, f"/studio/cohorts/{KEY}/details", host_url="https://meet.example.org/host?pwd=1")
    answer = stranger.post(action)
    assert (answer.status_code, answer.headers["Location"]) == (303, "https://meet.example.org/host?pwd=1")


def test_a_link_ends_with_her_and_nobody_can_make_one(app: Flask, owner: FlaskClient) -> None:
    link = start_link(tell(app)[0])
    stranger = app.test_client()
    assert stranger.get(f"{link}x").status_code == 404
    assert stranger.post(f"{link}/nosuch").status_code == 404
    gone = dict.fromkeys(("id", "name", "credentials", "email", "bio", "disclosure"), "")
    agree(owner, **{f"presenters__0__{name}": text for name, text in gone.items()})
    assert stranger.get(link).status_code == 404


def test_a_session_without_a_link_says_whom_to_ask(app: Flask, owner: FlaskClient) -> None:
    link = start_link(tell(app)[0])
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().livestream_url = ""
        for session in db.session.scalars(select(Session)):
            session.livestream_url = ""
    page = app.test_client().get(link)
    assert "not set yet" in page.text
    assert "Start this session" not in page.text


def test_a_mail_to_a_presenter_is_sent_with_its_invite(app: Flask) -> None:
    tell(app)
    send_what_is_due(app)
    mails = mails_to(app, Person("Mara Lind", "mara@x.example"))
    assert len(mails) == 2
    assert all("has put you down to teach this session" in mail.text for mail in mails)


def test_another_address_ends_the_link_of_the_old_one(app: Flask, owner: FlaskClient) -> None:
    link = start_link(tell(app)[0])
    agree(owner, presenters__0__email="ida@x.example")
    assert app.test_client().get(link).status_code == 404
    new = next(notice for notice in tell(app) if notice.to_email == "ida@x.example")
    assert app.test_client().get(start_link(new)).status_code == 200


def test_a_file_that_names_others_gives_nobody_her_address(app: Flask, tmp_path: Path) -> None:
    ida = '[[presenters]]\nname = "Ida Berg"\n\n[[presenters]]\nname = "Mara Lind"'
    given_cohort(app, tmp_path, {'[[presenters]]\nname = "Mara Lind"': ida})
    with app.app_context():
        rows = db.session.scalars(select(Presenter).order_by(Presenter.position)).all()
        assert [(row.name, row.email) for row in rows] == [("Ida Berg", ""), ("Mara Lind", "mara@x.example")]
