"""The studio's part: inviting, who comes in, codes and groups, for organizers and nobody else."""

import io
from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller

from tests.building import KEY, sign_up
from tests.counting import counting
from tests.studio.announcing import NEWS
from tests.studio.forms import filled, send
from tests.web.test_groups import mails, to
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AccessCode,
    AuditEntry,
    CodeUse,
    Cohort,
    Invitation,
    InvitationList,
    Person,
    Registration,
    Webinar,
)
from webinar_hub.rules.guest_list import read_guests
from webinar_hub.services import invitations
from webinar_hub.services.entering import Ticket

COHORT = f"/studio/cohorts/{KEY}"
PEOPLE = "Ann Lee <ann@x.example>\nBea Moss\tbea@x.example\nZoe"


def given_invitations(app: Flask, cohort: str, number: int, kind: str = "organizer") -> None:
    with app.app_context(), transaction():
        row = db.session.scalars(select(Cohort).where(Cohort.public_id == cohort)).one()
        for which in range(2):
            made = InvitationList(
                cohort_id=row.id, kind=kind, form_token=f"{kind}{number}{which}", title="Spring",
                inviter_name="Dana", created_at=clock.now(),
            )  # fmt: skip
            db.session.add(made)
            db.session.flush()
            guests = read_guests("\n".join(f"p{n}-{number}-{which}@x.example" for n in range(number)))
            invitations.add(made.id, row.id, guests, due_at=clock.now() + timedelta(days=9), now=clock.now())


def test_an_organizer_looks_first_and_then_invites(
    app: Flask, owner: FlaskClient, cohort: str, travel: Traveller
) -> None:
    sign_up(app, cohort, "cleo@x.example", "Cleo Park")
    mails(app)
    people = f"{PEOPLE}\ncleo@x.example"
    page = send(
        owner, f"{COHORT}/invitations/new", title="Clinics", people=people, words="*Come*, it is free.",
        remind_after_days="4", do="check",
    )  # fmt: skip
    assert "2 people would be invited" in page.text
    assert "no e-mail address" in page.text
    assert "1 left out" in page.text
    typed = filled(page.text, do="send")
    for _ in range(2):
        assert owner.post(f"{COHORT}/invitations/new", data=typed).status_code == 303
    sent = mails(app)
    assert sorted(map(to, sent)) == ["ann@x.example", "bea@x.example"]
    assert "Come, it is free." in " ".join(sent[0].text.split()).replace("*", "")
    assert "/never" in str(sent[0].message["List-Unsubscribe"])
    travel.shift(timedelta(days=4, minutes=1))
    assert sorted(map(to, mails(app))) == ["ann@x.example", "bea@x.example"]
    seen = owner.get(f"{COHORT}/invitations").text
    assert "2</span> invited" in seen
    assert "Bea Moss" in owner.get(f"{COHORT}/invitations?state=invited").text
    assert "Bea Moss" not in owner.get(f"{COHORT}/invitations?state=declined").text
    refused = owner.post(f"{COHORT}/invitations/1/remind", data={"csrf_token": typed["csrf_token"]})
    assert refused.status_code == 409
    travel.shift(timedelta(days=1))
    assert owner.post(f"{COHORT}/invitations/1/remind", data={"csrf_token": typed["csrf_token"]}).status_code == 303
    assert len(mails(app)) == 2
    assert "2 invitations are" in owner.get(f"{COHORT}/invitations/1/end").text
    assert owner.post(f"{COHORT}/invitations/1/end", data={"csrf_token": typed["csrf_token"]}).status_code == 303
    with app.app_context():
        assert set(db.session.scalars(select(Invitation.state))) == {"withdrawn"}
        noted = set(
            db.session.scalars(select(AuditEntry.action).where(AuditEntry.action.startswith("invitations.")))
        )
    assert noted == {"invitations.sent", "invitations.reminded", "invitations.ended"}


def test_people_of_earlier_cohorts_are_invited_if_they_asked_for_news(
    app: Flask, owner: FlaskClient, cohort: str, tmp_path: object, travel: Traveller
) -> None:
    from tests.building import given_cohort

    sign_up(app, cohort, "ann@x.example", "Ann Lee", news_words=NEWS)
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    mails(app)
    given_cohort(app, tmp_path, {'key = "january"': 'key = "later"'})  # type: ignore[arg-type]
    there = "/studio/cohorts/later/invitations/new"
    page = send(owner, there, title="Again", people="", earlier=["1", "99"], do="check", sends="2026-11-24T10:00")
    assert "1 person would be invited" in page.text
    assert "1 of them from earlier cohorts" in page.text
    assert owner.post(there, data=filled(page.text, do="send")).status_code == 303
    assert mails(app) == []
    travel.shift(timedelta(days=1))
    with app.app_context(), transaction():
        db.session.scalars(select(Person).where(Person.name == "Ann Lee")).one().language = "es"
    (mail,) = mails(app)
    assert to(mail) == "ann@x.example"
    # Who is known is written to in her language.
    assert "You are invited" not in mail.subject


def test_what_is_wrong_is_said_and_kept(app: Flask, owner: FlaskClient, cohort: str) -> None:
    page = send(owner, f"{COHORT}/invitations/new", title="", people=PEOPLE, words="W" * 5000, do="check")
    assert page.status_code == 400
    assert "Give it a name" in page.text
    assert "bea@x.example" in page.text
    nobody = send(owner, f"{COHORT}/invitations/new", title="X", people="Zoe", do="send")
    assert nobody.status_code == 422
    data = filled(owner.get(f"{COHORT}/invitations/new").text, title="X", do="check").to_dict()
    file = {"file": (io.BytesIO(b"Name,E-mail\nAnn,ann@x.example\n"), "a.csv")}
    assert "1 person would be invited" in owner.post(f"{COHORT}/invitations/new", data=data | file).text
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(InvitationList)) == 0


def test_codes_are_made_shown_used_and_ended(app: Flask, owner: FlaskClient, cohort: str) -> None:
    page = owner.get(f"{COHORT}/access")
    csrf = filled(page.text)["csrf_token"]
    to_make = f"{COHORT}/access/codes"
    made = owner.post(to_make, data={"csrf_token": csrf, "code": "spring 26", "label": "News", "max_uses": "3"})
    assert made.status_code == 303
    twice = owner.post(to_make, data={"csrf_token": csrf, "code": "SPRING-26", "label": "Twice"})
    assert twice.status_code == 422
    assert 'value="Twice"' in twice.text
    assert owner.post(to_make, data={"csrf_token": csrf, "expires": "2026-11-01T10:00"}).status_code == 422
    assert owner.post(to_make, data={"csrf_token": csrf}).status_code == 303
    sign_up(app, cohort, "ann@x.example", "Ann Lee", ticket=Ticket("SPRING26"))  # type: ignore[arg-type]
    shown = owner.get(f"{COHORT}/access").text
    assert "SPRING26" in shown
    assert "1 of 3" in shown
    assert "Ann Lee" in owner.get(f"{COHORT}/access/1").text
    with app.app_context():
        person = db.session.scalars(select(Registration.person_id)).one()
    assert "SPRING26" in owner.get(f"/studio/people/{person}").text
    assert "keep their places" in owner.get(f"{COHORT}/access/1/end").text
    assert owner.post(f"{COHORT}/access/1/end", data={"csrf_token": csrf}).status_code == 303
    assert "ended" in owner.get(f"{COHORT}/access/1").text


@pytest.mark.parametrize("visibility", ["unlisted", "invitation"])
def test_what_is_not_listed_is_found_by_its_address_only(
    app: Flask, owner: FlaskClient, client: FlaskClient, cohort: str, visibility: str
) -> None:
    there = "/w/baby-massage"
    public = client.get(there).text
    assert "application/ld+json" in public
    assert "Baby massage" in client.get("/").text
    entry = filled(owner.get(f"{COHORT}/access").text, takes_groups="y").to_dict()
    assert owner.post(f"{COHORT}/access", data=entry | {"visibility": "nonsense"}).status_code == 400
    assert owner.post(f"{COHORT}/access", data=entry | {"visibility": visibility}).status_code == 303
    # Whoever had the page open before overwrites nothing unseen, and loses nothing she typed.
    meanwhile = owner.post(f"{COHORT}/access", data=entry | {"visibility": "listed", "group_hold_hours": "36"})
    assert meanwhile.status_code == 409
    assert 'value="36"' in meanwhile.text
    assert "Saved by somebody else" in meanwhile.text
    assert "Baby massage" not in client.get("/").text
    hidden = client.get(there)
    assert hidden.status_code == 200
    assert 'name="robots" content="noindex"' in hidden.text
    assert "application/ld+json" not in hidden.text
    form = client.get(f"{there}/sign-up/{cohort}?code=spring")
    assert 'value="spring"' in form.text
    with app.app_context():
        assert db.session.scalars(select(Webinar.visibility)).one() == visibility
    if visibility == "invitation":
        assert "By invitation" in hidden.text
        # A link that opens nothing any more leaves the way by a code.
        assert 'name="code"' in client.get(f"{there}/sign-up/{cohort}?invitation=old").text
        assert client.get(f"{there}/group/{cohort}").status_code == 409
        who = {"name": "Ann", "email": "ann@x.example", "profession": "OT", "zone": "America/New_York"}
        wrong = client.post(f"{there}/sign-up/{cohort}", data=filled(form.text, **who))
        assert (wrong.status_code, 'href="#code"' in wrong.text) == (409, True)
    assert client.get(f"{there}?code=SPRING").text.count("?code=SPRING") >= 1


@pytest.mark.parametrize("page", ["invitations", "groups", "access"])
def test_a_page_costs_the_same_for_one_and_for_three_hundred(
    app: Flask, owner: FlaskClient, cohort: str, page: str
) -> None:
    costs = []
    for number in (1, 3, 300):
        given_invitations(app, cohort, number)
        given_invitations(app, cohort, number, "group")
        with app.app_context(), transaction():
            row = db.session.scalars(select(Cohort)).one()
            for which in range(number):
                code = f"CODE{number}X{which}"
                db.session.add(AccessCode(cohort_id=row.id, code=code, created_at=clock.now()))
        owner.get(f"{COHORT}/{page}")
        with counting(app) as statements:
            assert owner.get(f"{COHORT}/{page}").status_code == 200
        costs.append(len(statements))
    assert len(set(costs)) == 1, costs


def test_groups_are_seen_and_ended_by_the_organizer(app: Flask, owner: FlaskClient, cohort: str) -> None:
    given_invitations(app, cohort, 2, "group")
    with app.app_context(), transaction():
        row = db.session.get_one(InvitationList, 1)
        row.inviter_email, before = "dana@clinic.example", row.link_nonce
        for invitation in db.session.scalars(select(Invitation).where(Invitation.list_id == 1)):
            invitation.seat_until = clock.now() + timedelta(days=1)
        db.session.get_one(Cohort, row.cohort_id).seats_taken = 2
    page = owner.get(f"{COHORT}/groups")
    csrf = {
        "csrf_token": filled(page.text).get("csrf_token")
        or filled(owner.get(f"{COHORT}/access").text)["csrf_token"]
    }
    assert "dana@clinic.example" in page.text
    assert owner.post(f"{COHORT}/groups/1/link", data=csrf).status_code == 303
    assert [to(mail) for mail in mails(app)] == ["dana@clinic.example"]
    assert owner.post(f"{COHORT}/groups/1/end", data=csrf).status_code == 303
    assert owner.post(f"{COHORT}/groups/1/link", data=csrf).status_code == 409
    # A group is no list of the organizer's, and the other way round.
    assert owner.get(f"{COHORT}/invitations/1/end").status_code == 404
    with app.app_context():
        assert db.session.get_one(InvitationList, 1).link_nonce != before
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 0
        assert db.session.scalar(select(func.count()).select_from(CodeUse)) == 0
