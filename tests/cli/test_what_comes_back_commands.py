"""What an operator sees of bounces, tasks and calendars' answers, and how she undoes a suppression."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select

from tests.building import KEY, NOW, given_cohort, only_person, sign_up
from tests.cli.conftest import Run
from tests.delivering import Post, deliver
from webinar_hub.adapters.mail import Refused
from webinar_hub.core.db import db, transaction
from webinar_hub.models import InviteReply, Registration, Session

INBOX = "imap://hub:very-secret@127.0.0.1:9/INBOX?security=none"


@pytest.fixture
def refused(app: Flask, tmp_path: Path, run: Run) -> None:
    """Ann's mail server has refused her confirmation."""
    sign_up(app, given_cohort(app, tmp_path), name="Ann \x1b[31mLee")
    deliver(app, Post(Refused("550 5.1.1 no such user")))


def test_a_suppression_is_listed_with_its_reason_and_lifted(app: Flask, run: Run, refused: None) -> None:
    listed = run("suppressions", "list").output
    assert "2026-11-23 15:00 UTC  ann@x.example" in listed
    assert "Her mail server refused the address: 550 5.1.1 no such user" in listed
    assert "\x1b" not in listed
    lifted = run("suppressions", "lift", "ann@x.example")
    assert (lifted.exit_code, only_person(app).suppressed_at) == (0, None)
    assert run("suppressions", "list").output == "Everybody is written to.\n"
    again = run("suppressions", "lift", "ann@x.example")
    assert again.exit_code == 1
    assert "nothing to lift" in str(again.exception)


def test_a_task_says_whom_to_call_and_is_ticked_off(run: Run, refused: None) -> None:
    listed = run("tasks", "list").output
    assert "<ann@x.example>, OT: Tuesday evenings" in listed
    assert "Call this person: a mail could not reach her. Her place is confirmed." in listed
    assert "\x1b" not in listed
    number = listed.split()[0]
    assert run("tasks", "done", number).output == "Done.\n"
    assert run("tasks", "list").output == "There is nothing to do.\n"
    assert run("tasks", "done", number).exit_code == 1


def test_answers_of_calendars_are_counted_and_who_cannot_come_is_named(
    app: Flask, run: Run, tmp_path: Path
) -> None:
    cohort = given_cohort(app, tmp_path)
    assert "0 accepted, 0 tentative, 0 declined, 0 without an answer" in run("replies", KEY).output
    sign_up(app, cohort)
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    with app.app_context(), transaction():
        session = db.session.scalars(select(Session.id).where(Session.key == "week-1")).one()
        first = db.session.scalars(select(Registration.id).order_by(Registration.id)).first()
        reply = {"registration_id": first, "session_id": session, "sequence": 0, "replied_at": NOW}
        db.session.add(InviteReply(answer="declined", **reply))
    shown = run("replies", KEY).output.splitlines()
    assert "    0 accepted, 0 tentative, 1 declined, 1 without an answer" in shown
    assert "    cannot come: Ann Lee <ann@x.example>" in shown
    assert run("replies", "nothing").exit_code == 1


def test_half_a_setting_is_noted_and_a_dead_mailbox_is_wrong(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_RETURN_ADDRESS", "returns@hub.example")
    assert "nobody reads what comes there" in run("check-config").output
    monkeypatch.setenv("WEBINAR_HUB_INBOX", INBOX)
    answer = run("check-config", "--online")
    assert "Calendars answer to" in answer.output
    assert "WEBINAR_HUB_INBOX: the mailbox cannot be read" in answer.output
    assert "very-secret" not in answer.output
    monkeypatch.setenv("WEBINAR_HUB_INBOX", "imap:hub:very-secret")
    wrong = run("check-config")
    assert "like imaps://user" in str(wrong.exception)
    assert "very-secret" not in str(wrong.exception)
