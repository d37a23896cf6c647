"""The plan of a cohort, what it sends by itself, and its messages as registrants read them."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import KEY, given_cohort, outbox, sign_up
from tests.counting import counting
from tests.studio.forms import fields, press
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, Broadcast, Cohort, Notice
from webinar_hub.rules.staff import Role

PLAN = f"/studio/cohorts/{KEY}/messages"


def message(app: Flask, kind: str) -> int:
    with app.app_context():
        return db.session.scalars(
            select(Broadcast.id).where(Broadcast.kind == kind).order_by(Broadcast.due_at)
        ).first()


def test_the_plan_says_what_when_and_to_how_many_in_the_cohorts_zone(
    app: Flask, owner: FlaskClient, cohort: str
) -> None:
    sign_up(app, cohort)
    page = owner.get(PLAN).text
    assert "Reminder, 1 day before" in page
    assert "Mon 7 December, 7:00 pm" in page
    assert "to 1 person" in page
    assert "A gift" in page


def test_whoever_only_sees_sees_the_plan_and_no_way_to_write(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    page = signed_in(app, given_staff(app, Role.PRESENTER)).get(PLAN).text
    assert "Reminder, 1 day before" in page
    assert "Write an announcement" not in page
    assert "ann@x.example" not in page
    assert 'name="reminders"' not in page


def test_a_cohort_without_anything_ahead_says_so(app: Flask, owner: FlaskClient, cohort: str) -> None:
    with app.app_context(), db.session.begin():
        for row in db.session.scalars(select(Broadcast)):
            row.state = "withdrawn"
    assert "Nothing lies ahead" in owner.get(PLAN).text


def test_messages_are_switched_off_and_on(app: Flask, owner: FlaskClient, cohort: str) -> None:
    page = owner.get(PLAN)
    answer = press(owner, page, f"{PLAN}/wishes", reminders=["60"], thank_you="1440", live=None)
    assert answer.status_code == 303
    with app.app_context():
        row = db.session.scalars(select(Cohort)).one()
        assert (row.reminder_minutes, row.announces_live, row.thank_you_minutes) == ([60], False, 1440)
        open_ones = set(db.session.scalars(select(Broadcast.kind).where(Broadcast.state == "planned")))
        assert open_ones == {"reminder", "drop", "thank_you"}
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "messages.switched")).one()
        assert entry.detail["before"]["live"] is True
        assert entry.detail["after"]["live"] is False
    # Somebody who still looks at the older page overwrites nothing.
    late = press(owner, page, f"{PLAN}/wishes", live="y", reminders=["10080"], thank_you="")
    assert late.status_code == 409
    assert "Stored now: 1 hour before, no “we are live”, thank-you 1 day after" in late.text
    assert 'name="live" value="y" checked' in late.text
    assert press(owner, late, f"{PLAN}/wishes", live="y").status_code == 303


def test_a_message_is_read_with_a_registrants_eyes(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort, name="Ann Lee", zone="America/Los_Angeles")
    number = message(app, "reminder")
    page = owner.get(f"{PLAN}/{number}")
    assert "Ann Lee" in page.text
    assert "4:00 pm for you" in page.text
    mail = owner.get(f"{PLAN}/{number}/mail?as=1")
    assert "Hello Ann Lee," in mail.text
    assert mail.headers["Content-Security-Policy"].startswith("sandbox allow-popups; default-src 'none'")
    assert "frame-src 'self'" in page.headers["Content-Security-Policy"]


def test_no_link_of_hers_is_shown(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    for kind in ("reminder", "drop"):
        mail = owner.get(f"{PLAN}/{message(app, kind)}/mail?as=1").text
        assert "/me/preview" in mail
        assert "/unsubscribe/" not in mail
        assert "/d/" not in mail


def test_before_anybody_came_a_made_up_registrant_is_shown(owner: FlaskClient, app: Flask, cohort: str) -> None:
    page = owner.get(f"{PLAN}/{message(app, 'live')}").text
    assert "Nobody has signed up yet" in page
    assert "Hello Anna Berg," in page


def test_another_cohorts_message_and_registrant_are_not_there(
    app: Flask, owner: FlaskClient, cohort: str, tmp_path: Path
) -> None:
    other = {'key = "january"': 'key = "june"', 'slug = "baby-massage"': 'slug = "feeding"'}
    sign_up(app, given_cohort(app, tmp_path, other))
    assert owner.get(f"/studio/cohorts/june/messages/{message(app, 'live')}").status_code == 404
    assert owner.get(f"{PLAN}/{message(app, 'live')}/mail?as=1").data.count(b"does not exist") == 1


def test_a_test_goes_to_whoever_asks_and_to_nobody_else(app: Flask, owner: FlaskClient, cohort: str) -> None:
    sign_up(app, cohort)
    before = len(outbox(app))
    page = owner.get(f"{PLAN}/{message(app, 'reminder')}")
    assert press(owner, page, f"{PLAN}/{message(app, 'reminder')}/test", **{"as": "1"}).status_code == 303
    assert len(outbox(app)) == before + 1
    with app.app_context():
        notice = db.session.scalars(select(Notice)).one()
    assert notice.to_email == "mara@littlehands.example"
    assert notice.subject.startswith("[TEST] ")


@pytest.mark.parametrize("people", [1, 3, 30])
def test_the_plan_costs_the_same_however_many_there_are(
    app: Flask, owner: FlaskClient, cohort: str, people: int
) -> None:
    for number in range(people):
        sign_up(app, cohort, f"p{number}@x.example")
    owner.get(PLAN)
    with counting(app) as statements:
        owner.get(PLAN)
    assert len([one for one in statements if one.startswith("SELECT")]) <= 13
    assert fields(owner.get(PLAN))["version"] == "1"
