"""A rehearsal shows what the real thing sends, to the byte, and touches nothing of it."""

import re
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import KEY, NOW, given_cohort, only_registration, outbox, sign_up
from tests.counting import counting
from tests.delivering import Post, deliver, desk, write_out
from tests.studio.filling_up import statements_as_it_fills
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import Base, db, transaction
from webinar_hub.documents.ics_reading import invites_in_words
from webinar_hub.documents.mail_reading import read_mail
from webinar_hub.models import AuditEntry, Cohort, Notice
from webinar_hub.queries import letters
from webinar_hub.queries import rehearsal as queries
from webinar_hub.rules.staff import Role
from webinar_hub.services import rehearsals
from webinar_hub.services.rehearsals import WHOLE, Part, Visitor
from webinar_hub.web.studio import rehearsing
from webinar_hub.worker.drain import drain

PAGE = f"/studio/cohorts/{KEY}/rehearsal"
SESSION = datetime(2026, 12, 9, 0, 0, tzinfo=UTC)
MOMENTS = {
    "before all": NOW,
    "an hour before the first session": SESSION - timedelta(hours=1),
    "between the sessions": SESSION + timedelta(days=2),
    "after the surprise": SESSION + timedelta(days=5),
}
# What must differ: the numbers of rows, and everything that is signed or drawn by lot.
_OWN = (
    (re.compile(r"/(me|unsubscribe|d)/[A-Za-z0-9_.\-]+"), r"/\1/TOKEN"),
    (re.compile(r"registration:\d+"), "registration:N"),
    (re.compile(r"UID:[^\r\n]+(\r\n [^\r\n]+)*"), "UID:OWN"),
)


def same(content: bytes) -> list[str]:
    """A mail without what must differ: headers, and each part decoded."""
    message = message_from_bytes(content, policy=default)
    assert isinstance(message, EmailMessage)
    headers = [f"{name}: {value}" for name, value in message.items() if name not in ("Message-ID", "Content-Type")]
    parts = [part for part in message.walk() if not part.is_multipart()]
    bodies = [f"{part.get_content_type()}\n{bytes(part.get_payload(decode=True)).decode()}" for part in parts]
    return [_without_own(text) for text in (*headers, *bodies)]


def _without_own(text: str) -> str:
    for pattern, instead in _OWN:
        text = pattern.sub(instead, text)
    return text


def really_sent(app: Flask, travel: Traveller, cohort: str, joins: datetime, zone: str) -> list[bytes]:
    """Sign her up for good and play the real worker forward, from one thing that is due to the next."""
    with app.app_context():
        stored = db.session.scalars(select(Base.metadata.tables["broadcasts"].c.due_at)).all()
    travel.move_to(joins)
    deliver(app)
    sign_up(app, cohort, zone=zone)
    post = Post()
    for moment in sorted({joins, *(due for due in stored if due > joins)}):
        travel.move_to(moment)
        write_out(app)
        while drain(app, desk(app), post, limit=20):
            pass
    return [envelope.content for envelope in post.tried]


def rehearsed(app: Flask, visitor: Visitor, part: Part = WHOLE) -> rehearsing.Run:
    with app.test_request_context():
        return rehearsing.run(queries.snapshot(1), visitor, part)


def visitor(joins: datetime = NOW, zone: str = "America/Los_Angeles", **changes: Any) -> Visitor:
    return Visitor("Ann Lee", "ann@x.example", zone, "OT", joins, **changes)


def everything(app: Flask) -> dict[str, int]:
    """How many rows each table has."""
    with app.app_context():
        return {
            t.name: db.session.scalar(select(func.count()).select_from(t)) or 0 for t in Base.metadata.sorted_tables
        }


@pytest.mark.parametrize("zone", ["America/Los_Angeles", "Asia/Kathmandu"])
@pytest.mark.parametrize("joins", MOMENTS.values(), ids=MOMENTS)
def test_a_rehearsal_is_what_the_worker_sends(
    app: Flask, cohort: str, travel: Traveller, joins: datetime, zone: str
) -> None:
    played = rehearsed(app, visitor(joins, zone)).mails
    real = really_sent(app, travel, cohort, joins, zone)
    assert len(real) >= 3
    assert [same(mail.content) for mail in played] == [same(content) for content in real]


def test_what_the_cohort_says_to_late_joiners_holds_in_both(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    joins = SESSION + timedelta(days=1, hours=12)
    cohort = given_cohort(app, tmp_path, {"capacity = 50": 'capacity = 50\nlate_join = "from now on"'})
    played = rehearsed(app, visitor(joins)).mails
    assert [same(m.content) for m in played] == [
        same(c) for c in really_sent(app, travel, cohort, joins, "America/Los_Angeles")
    ]


def test_nothing_is_written_and_the_database_is_not_asked_while_it_plays(app: Flask, cohort: str) -> None:
    before = everything(app)
    with app.test_request_context():
        cast = queries.snapshot(1)
        db.session.rollback()
        with counting(app) as statements:
            mails = rehearsing.run(cast, visitor()).mails
    assert mails
    assert statements == []
    assert everything(app) == before


def test_somebody_signs_up_while_a_rehearsal_plays(
    app: Flask, cohort: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    came: list[str] = []

    def in_the_middle(*arguments: Any) -> Any:
        if not came:
            came.append("Bea")
            monkeypatch.undo()
            with app.app_context():
                sign_up(app, cohort, "bea@x.example", "Bea")
        return original(*arguments)

    original = letters.batch
    monkeypatch.setattr(letters, "batch", in_the_middle)
    assert rehearsed(app, visitor()).mails
    assert only_registration(app).state == "confirmed"


def test_its_links_open_nothing(app: Flask, cohort: str, client: FlaskClient) -> None:
    sign_up(app, cohort)
    text = read_mail(rehearsed(app, visitor(is_real=True)).mails[0].content).text
    link = re.search(r"http://localhost(/me/[^\s/]+)", text)
    assert link
    assert client.get(link[1]).status_code == 404


def test_a_part_of_it_is_the_same_as_the_whole(app: Flask, cohort: str) -> None:
    whole = [same(mail.content) for mail in rehearsed(app, visitor()).mails]
    parts = [rehearsed(app, visitor(), Part(begin, 3)) for begin in range(0, 15, 3)]
    assert [same(mail.content) for part in parts for mail in part.mails] == whole
    assert [part.following > 0 for part in parts][:1] == [True]
    for mail in rehearsed(app, visitor()).mails:
        with app.test_request_context():
            alone = rehearsing.one(queries.snapshot(1), visitor(), mail.name)
        assert alone is not None
        assert same(alone.content) == same(mail.content)


def test_what_she_has_switched_off_is_not_in_it(app: Flask, cohort: str) -> None:
    kinds = {mail.kind for mail in rehearsed(app, visitor(reminders_off=True, bonuses_off=True)).mails}
    assert kinds == {"confirmation", "invite"}
    held = rehearsed(app, visitor(suppressed=True)).mails
    assert {mail.problem for mail in held} == {"Mails to her address are stopped."}


def test_a_full_cohort_can_be_rehearsed_and_a_cancelled_one_says_so(app: Flask, cohort: str) -> None:
    with app.app_context(), transaction():
        row = db.session.get_one(Cohort, 1)
        row.capacity = row.seats_taken = 0
    assert rehearsed(app, visitor()).mails
    with app.app_context(), transaction():
        db.session.get_one(Cohort, 1).state = "cancelled"
    assert rehearsed(app, visitor()).closed


def test_a_draft_can_be_rehearsed_before_anybody_sees_it() -> None:
    row = {"state": "draft", "seats_taken": 3, "capacity": 3, "archived_at": NOW, "enrolment_closes_at": NOW}
    opened = rehearsals._opened(row, visitor())
    assert opened == {
        "state": "open",
        "seats_taken": 0,
        "capacity": None,
        "archived_at": None,
        "enrolment_closes_at": NOW,
    }
    assert rehearsals._opened(row, visitor(is_real=True))["enrolment_closes_at"] is None


def test_only_what_describes_the_cohort_is_copied(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    with app.app_context():
        copied = queries.snapshot(1).tables
    assert {"webinars", "cohorts", "sessions", "drops", "materials", "drop_materials", "broadcasts"} <= set(copied)
    of_people = {"people", "registrations", "deliveries", "tasks", "consents", "downloads", "organizers"}
    assert not of_people & set(copied)
    assert copied["broadcasts"] == []


def test_the_page_tells_the_story_in_order(app: Flask, cohort: str, owner: FlaskClient) -> None:
    text = owner.get(PAGE).get_data(as_text=True)
    steps = ["Ann Example signs up", "Your place is booked", "A sheet for parents", "A gift", "Thank you"]
    places = [text.index(step, text.index("story-title")) for step in steps[:4]]
    assert places == sorted(places)
    assert "Puts this into her calendar" in text
    assert "A surprise: until this moment" in text
    frame = re.search(r'sandbox src="([^"]+)"', text)
    assert frame
    mail = owner.get(frame[1].replace("&amp;", "&"))
    assert mail.status_code == 200
    assert mail.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")


def test_the_first_story_begins_when_sign_up_is_open(app: Flask, cohort: str, owner: FlaskClient) -> None:
    with app.app_context(), transaction():
        db.session.get_one(Cohort, 1).enrolment_opens_at = datetime(2026, 12, 5, 15, tzinfo=UTC)
    text = owner.get(PAGE).get_data(as_text=True)
    assert "as soon as sign-up opens (Sat 5 December, 10:00 am)" in text
    assert "Your place is booked" in text


def test_an_hour_that_does_not_exist_is_refused_with_what_was_typed(cohort: str, owner: FlaskClient) -> None:
    answer = owner.get(f"{PAGE}?at=2027-03-14T02:30&name=Bo&zone=Asia/Tokyo")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert 'value="2027-03-14T02:30"' in text
    assert 'value="Bo"' in text
    assert 'href="#at"' in text


@pytest.mark.parametrize(
    "asked", ["at=yesterday", "zone=Mars/Base", "joins=never", "at=99999-01-01T00:00", "at=0001-01-01T00:00"]
)
def test_what_cannot_be_understood_is_said(cohort: str, owner: FlaskClient, asked: str) -> None:
    answer = owner.get(f"{PAGE}?{asked}")
    assert answer.status_code == 422
    assert "error-summary" in answer.get_data(as_text=True)


def test_somebody_real_is_played_by_whoever_may_see_people(app: Flask, cohort: str, owner: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    sign_up(app, cohort, "bea@x.example", "Bea Moss", zone="Europe/Berlin")
    answer = owner.post(f"{PAGE}/person", data={"email": "Bea@X.example"})
    assert answer.status_code == 303
    assert f"who={only_registration(app).public_id}" in answer.location
    text = owner.get(answer.location).get_data(as_text=True)
    assert "What Bea Moss gets" in text
    assert "Berlin" in text
    presenter = signed_in(app, given_staff(app, Role.PRESENTER, email="p@littlehands.example"))
    assert presenter.get(answer.location).status_code == 403
    assert owner.post(f"{PAGE}/person", data={"email": "nobody@x.example"}).location.endswith("/rehearsal")


def test_all_of_it_is_sent_to_whoever_asks_marked_and_in_order(
    app: Flask, cohort: str, owner: FlaskClient, travel: Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    played = rehearsed(app, Visitor("Ann Example", "ann@example.org", "America/New_York", "OT", NOW)).mails
    asked = owner.get(f"{PAGE}/send?joins=now").get_data(as_text=True)
    assert f"Send {len(played)} mails to mara@littlehands.example?" in asked
    assert outbox(app) == []
    assert owner.post(f"{PAGE}/send?joins=now").status_code == 303
    due = [row.due_at for row in outbox(app)]
    assert due == sorted(due)
    assert max(due) < NOW + timedelta(minutes=5)
    travel.shift(timedelta(minutes=5))
    mails = deliver(app)
    assert len(mails) == len(played)
    assert all(mail.subject.startswith("[TEST] ") and "mara@" in str(mail.message["To"]) for mail in mails)
    assert not any(mail.message["List-Unsubscribe"] for mail in mails)
    with app.app_context():
        assert "rehearsal.sent" in db.session.scalars(select(AuditEntry.action)).all()


def test_a_test_does_not_touch_a_calendar(app: Flask, cohort: str, owner: FlaskClient, travel: Traveller) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    owner.post(f"{PAGE}/send?joins=now")
    with app.app_context():
        calendars = [row for row in db.session.scalars(select(Notice.calendar)) if row]
        assert set(db.session.scalars(select(Notice.calendar_method))) == {"PUBLISH", None}
    assert calendars
    for calendar in calendars:
        (says,) = invites_in_words(calendar)
        assert says.method == "PUBLISH"
        assert says.uid.startswith("test-")
        assert says.title.startswith("[TEST] ")
        assert (says.organizer, says.attendee) == ("", "")
        assert b"VALARM" not in calendar


def test_only_so_often(app: Flask, cohort: str, owner: FlaskClient) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    answers = [owner.post(f"{PAGE}/send?joins=now").status_code for _ in range(4)]
    assert answers == [303, 303, 303, 429]


def test_a_long_cohort_is_told_in_parts(app: Flask, tmp_path: Path, owner: FlaskClient) -> None:
    hours = "\n".join(f'[[sessions]]\ntitle = "Hour {number}"\n' for number in range(50))
    given_cohort(
        app,
        tmp_path,
        {
            "weeks = 2": "weeks = 50",
            '[[sessions]]\ntitle = "Cues"\n\n[[sessions]]\ntitle = "Strokes"\n': hours,
        },
    )
    first = owner.get(PAGE).get_data(as_text=True)
    more = re.search(r'hx-get="([^"]+)"', first)
    assert more
    second = owner.get(more[1].replace("&amp;", "&"), headers={"HX-Request": "true"}).get_data(as_text=True)
    assert "<html" not in second
    assert second.lstrip().startswith("<li")
    assert "Ann Example signs up" not in second


def test_as_many_statements_for_300_people_as_for_none(app: Flask, cohort: str, owner: FlaskClient) -> None:
    assert len(set(statements_as_it_fills(app, cohort, owner, PAGE))) == 1
