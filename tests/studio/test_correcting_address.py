"""The desk corrects an address: the same follows as when she changes it herself."""

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import only_person, sign_up
from tests.mailboxes import Mailboxes
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import contents, token
from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, Person
from webinar_hub.rules.staff import Role

TYPO, RIGHT = "anm@x.example", "ann@x.example"


@pytest.fixture
def mail(app: Flask, cohort: str) -> Mailboxes:
    sign_up(app, cohort, TYPO)
    mailboxes = Mailboxes(app)
    mailboxes.fetch()
    return mailboxes


def correct(owner: FlaskClient, person: int, **fields: str) -> str:
    page = f"/studio/people/{person}/address"
    answer = owner.post(page, data={"csrf_token": token(owner.get(page)), **fields})
    return f"{answer.status_code} {answer.text}"


@pytest.mark.parametrize("tells", [True, False])
def test_mails_and_calendar_go_over_and_the_old_mailbox_is_told_or_left_alone(
    app: Flask, owner: FlaskClient, mail: Mailboxes, tells: bool
) -> None:
    person = only_person(app)
    assert "Correct her address" in owner.get(f"/studio/people/{person.id}").text
    before, entries = len(mail.of(TYPO)), mail.calendar(TYPO).entries
    assert correct(owner, person.id, email=RIGHT, **({"tell": "y"} if tells else {})).startswith("303")
    mail.fetch()
    after = only_person(app)
    assert (after.email, after.proven_at) == (RIGHT, None)
    assert after.link_nonce != person.link_nonce
    assert set(mail.calendar(RIGHT).entries) == set(entries)
    assert (len(mail.of(TYPO)) > before, mail.calendar(TYPO).entries == {}) == (tells, tells)
    with app.app_context():
        note = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "address.corrected")).one()
        assert (note.subject, note.detail) == (f"person:{person.id}", {"told": tells})
    story = owner.get(f"/studio/people/{person.id}").text
    assert "Address corrected by hand" in story


def test_wrong_taken_and_not_hers(app: Flask, owner: FlaskClient, mail: Mailboxes, cohort: str) -> None:
    person = only_person(app).id
    sign_up(app, cohort, "bea@x.example", "Bea")
    before = contents(app)
    for wrong, status, words in (
        ("no address", "422", "name@example.com"),
        (TYPO, "422", "she has already"),
        ("bea@x.example", "409", "Merge the two"),
    ):
        answer = correct(owner, person, email=wrong)
        assert answer.startswith(status), wrong
        assert words in answer
        assert f'value="{wrong}"' in answer
    viewer = signed_in(app, given_staff(app, Role.READER, email="viewer@x.example"))
    assert viewer.get(f"/studio/people/{person}/address").status_code == 403
    with app.app_context():
        assert [row.email for row in db.session.scalars(select(Person).order_by(Person.id))] == [
            TYPO, "bea@x.example",
        ]  # fmt: skip
    assert {name: rows for name, rows in contents(app).items() if name == "people"} == {"people": before["people"]}
