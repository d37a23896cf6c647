"""The team: inviting, roles for every webinar and for one, taking access away."""

import re

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.counting import counting
from tests.delivering import deliver
from tests.studio.coming_in import given_password, is_in, link_in, mails, post, sign_in, token
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Membership, Organizer, Webinar
from webinar_hub.rules.staff import Role
from webinar_hub.services import notices

TEAM = "/studio/team"
INES = "ines@littlehands.example"
WELCOME = {"name": "Ines Roth", "zone": "Europe/Berlin", "password": "four other words here"}


def stored(app: Flask, email: str = INES) -> Organizer:
    with app.app_context():
        return db.session.scalars(select(Organizer).where(Organizer.email == email)).one()


def audited(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)))


def invited(app: Flask, owner: FlaskClient, role: str = "organizer", where: str = "*") -> str:
    """The path of the link in the invitation of INES."""
    assert post(owner, TEAM, email=INES, role=role, where=where).status_code == 303
    return link_in(mails(app)[-1])


def test_an_invitation_is_taken_up_once(app: Flask, owner: FlaskClient) -> None:
    link = invited(app, owner)
    assert "Mara Lind invites you" in mails(app)[-1].text
    ines = app.test_client()
    for _ in range(2):
        assert "You sign in with ines@" in ines.get(link).text
    assert post(ines, link, **WELCOME).status_code == 303
    assert is_in(ines)
    assert ines.get(TEAM).status_code == 403, "an organizer does not see the team"
    assert app.test_client().get(link).status_code == 404
    assert (stored(app).name, stored(app).zone) == ("Ines Roth", "Europe/Berlin")
    assert audited(app)[-2:] == ["team.invited", "invitation.accepted"]


def test_the_invitation_goes_out_by_the_worker_and_its_words_go_after(app: Flask, owner: FlaskClient) -> None:
    link = invited(app, owner)
    (mail,) = deliver(app)
    assert mail.message["To"] == INES
    assert mail.message["From"].endswith("<webinar-hub@localhost>")
    assert mail.subject == "Mara Lind invites you to the Webinar Hub studio"
    assert f"http://localhost{link}" in mail.text
    assert "within 1 week" in mail.text
    with app.app_context(), transaction():
        notices.forget_sent()
    assert link not in mails(app)[-1].text


def test_what_she_types_wrong_comes_back(app: Flask, owner: FlaskClient) -> None:
    link = invited(app, owner)
    answer = post(app.test_client(), link, **(WELCOME | {"password": "short"}))
    assert answer.status_code == 400
    assert "Ines Roth" in answer.text
    assert "at least 12 characters" in answer.text
    assert stored(app).password is None


def test_an_invitation_is_valid_for_seven_days_and_can_be_sent_again(
    app: Flask, owner: FlaskClient, travel: Traveller
) -> None:
    old = invited(app, owner)
    travel.shift(7 * 24 * 3600 - 60)
    assert app.test_client().get(old).status_code == 200
    travel.shift(60)
    assert app.test_client().get(old).status_code == 404
    mara = signed_in(app, stored(app, "mara@littlehands.example").id)
    assert "the link has run out" in mara.get(TEAM).text
    assert post(mara, f"{TEAM}/{stored(app).id}/invite", TEAM).status_code == 303
    assert app.test_client().get(link_in(mails(app)[-1])).status_code == 200
    assert app.test_client().get(old).status_code == 404


def test_whoever_is_in_already_is_not_invited(app: Flask, owner: FlaskClient) -> None:
    given_password(app, email=INES)
    answer = post(owner, TEAM, email=INES.upper(), role="organizer", where="*")
    assert answer.status_code == 409
    assert "is in the team already" in answer.text
    assert INES.upper() in answer.text


def test_a_role_for_one_webinar_opens_that_one(app: Flask, cohort: str, owner: FlaskClient) -> None:
    with app.app_context():
        webinar = db.session.scalars(select(Webinar.id)).one()
    link = invited(app, owner, "presenter", str(webinar))
    ines = app.test_client()
    post(ines, link, **WELCOME)
    assert is_in(ines)
    with app.app_context():
        row = db.session.scalars(select(Membership).where(Membership.organizer_id == stored(app).id)).one()
    assert (row.role, row.webinar_id) == ("presenter", webinar)


def test_roles_are_changed_for_all_and_for_one(app: Flask, cohort: str, owner: FlaskClient) -> None:
    ines = given_staff(app, Role.READER, email=INES)
    page = f"{TEAM}/{ines}"
    assert post(owner, page, **{"everywhere": "read-only", "webinar-1": "organizer"}).status_code == 303
    roles = {(row.role, row.webinar_id) for row in stored(app).memberships}
    assert roles == {("read-only", None), ("organizer", 1)}
    assert 'value="organizer" selected' in owner.get(page).text
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
    assert entry is not None
    assert entry.detail == {"before": ["read-only"], "after": ["read-only", "organizer of webinar:1"]}


@pytest.mark.parametrize(
    ("typed", "status"),
    [
        ({}, 422),
        ({"everywhere": "emperor"}, 422),
        ({"webinar-999": "organizer"}, 404),
        ({"webinar-x": "organizer"}, 422),
        ({"webinar-" + "9" * 30: "organizer"}, 422),
    ],
)
def test_roles_that_cannot_be_change_nothing(
    app: Flask, owner: FlaskClient, typed: dict[str, str], status: int
) -> None:
    ines = given_staff(app, Role.READER, email=INES)
    assert post(owner, f"{TEAM}/{ines}", **typed).status_code == status
    assert [row.role for row in stored(app).memberships] == ["read-only"]


def test_access_is_taken_away_at_once(app: Flask, owner: FlaskClient) -> None:
    organizer = given_password(app, Role.ORGANIZER, email=INES)
    ines = app.test_client()
    sign_in(ines, email=INES)
    assert is_in(ines)
    question = owner.get(f"{TEAM}/{organizer}/remove").text
    assert "is signed out everywhere" in question
    assert is_in(ines)
    assert post(owner, f"{TEAM}/{organizer}/remove", TEAM).status_code == 303
    assert not is_in(ines)
    sign_in(ines, email=INES)
    assert not is_in(ines)
    assert owner.get(f"{TEAM}/{organizer}").status_code == 404
    assert INES not in owner.get(TEAM).text
    assert "team.removed" in audited(app)


def test_an_open_invitation_ends_with_her_access(app: Flask, owner: FlaskClient) -> None:
    link = invited(app, owner)
    post(owner, f"{TEAM}/{stored(app).id}/remove", TEAM)
    assert app.test_client().get(link).status_code == 404


def test_she_can_be_invited_again_after(app: Flask, owner: FlaskClient) -> None:
    invited(app, owner)
    post(owner, f"{TEAM}/{stored(app).id}/remove", TEAM)
    ines = app.test_client()
    post(ines, invited(app, owner, "read-only"), **WELCOME)
    assert is_in(ines)


@pytest.mark.parametrize("page", ["", "/remove"])
def test_the_last_owner_stays(app: Flask, travel: Traveller, page: str) -> None:
    mara = given_password(app)
    # Neither somebody who has not come in yet nor an owner without access could let anybody in.
    given_staff(app, email="invited@littlehands.example")
    client = signed_in(app, mara)
    answer = post(client, f"{TEAM}/{mara}{page}", TEAM, everywhere="organizer")
    assert answer.status_code == 409
    assert "only owner" in answer.text
    assert is_in(client)
    given_password(app, email=INES)
    assert post(client, f"{TEAM}/{mara}{page}", TEAM, everywhere="organizer").status_code == 303


def test_the_team_asks_for_the_password_when_it_is_long_ago(
    app: Flask, owner: FlaskClient, travel: Traveller
) -> None:
    ines = given_staff(app, Role.READER, email=INES)
    csrf = token(owner, TEAM)
    travel.shift(45 * 60)
    assert "/studio/account/again" in owner.get(TEAM).headers["Location"]
    answer = owner.post(f"{TEAM}/{ines}/remove", data={"csrf_token": csrf})
    assert "/studio/account/again" in answer.headers["Location"]
    assert stored(app).active


def test_the_list_takes_the_same_statements_whatever_there_is(app: Flask, cohort: str, travel: Traveller) -> None:
    client = signed_in(app, given_staff(app))
    counts = []
    for people in (0, 3, 300):
        for number in range(people):
            given_staff(app, Role.DESK, email=f"desk{people}-{number}@x.example", slug="baby-massage")
        with counting(app) as statements:
            assert client.get(TEAM).status_code == 200
        counts.append(len(statements))
    # Nobody with a role for one webinar: no titles of webinars are asked for.
    assert counts[0] == counts[1] == counts[2]


def test_whoever_has_no_role_left_still_has_her_account(app: Flask, travel: Traveller) -> None:
    with app.app_context(), transaction():
        ines = Organizer(email=INES, name="Ines Roth", zone="UTC", created_at=clock.now())
        db.session.add(ines)
        db.session.flush()
        organizer = ines.id
    client = signed_in(app, organizer)
    assert client.get("/studio/").headers["Location"] == "/studio/account"
    assert client.get("/studio/account").status_code == 200
    assert client.get("/studio/webinars").status_code == 403


def test_names_and_addresses_are_harmless_in_mails_and_pages(app: Flask, travel: Traveller) -> None:
    with app.app_context(), transaction():
        mara = Organizer(
            email="mara@littlehands.example", name="<b>www.evil.example</b>", zone="UTC", created_at=clock.now()
        )
        mara.memberships = [Membership(role=Role.OWNER)]
        db.session.add(mara)
        db.session.flush()
        organizer = mara.id
    client = signed_in(app, organizer)
    invited(app, client)
    notice = mails(app)[-1]
    assert "www.evil" not in notice.text
    assert "<b>" not in notice.html.partition("<h1")[2]
    assert "<b>www" not in client.get(TEAM).text


def test_every_form_of_the_team_carries_a_token(app: Flask, owner: FlaskClient) -> None:
    ines = given_staff(app, Role.READER, email=INES)
    for page in (TEAM, f"{TEAM}/{ines}", f"{TEAM}/{ines}/remove"):
        text = owner.get(page).text
        forms = re.findall(r"<form method=\"post\".*?</form>|<form class=.*?</form>", text, re.S)
        assert forms
        assert all("csrf_token" in form for form in forms)
