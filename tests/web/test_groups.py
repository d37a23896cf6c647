"""A manager signs up her people, each of them says yes or no herself, and nobody is told more than she may know."""

import io
import re
from datetime import timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.building import given_cohort, sign_up
from tests.delivering import Mail, Post, deliver
from tests.web.visiting import FIELDS, contents, path, token
from webinar_hub.adapters.mail import Accepted, Refused
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Cohort, Invitation, InvitationList, InvitationRefusal, Registration
from webinar_hub.services import inviting

PEOPLE = "Ann Lee <ann@x.example>\nBea Moss, bea@x.example\nCleo, no address"
WHO = {"name": "Dana Wu", "email": "dana@clinic.example", "organisation": "Clinic of Hope"}


def mails(app: Flask, post: Post | None = None) -> list[Mail]:
    """Have the leader write what is due, and send it."""
    with app.app_context():
        while inviting.is_due(clock.now()):
            with transaction():
                inviting.tell(app.extensions["voice"](), now=clock.now())
    return deliver(app, post)


def to(mail: Mail) -> str:
    return str(mail.message["To"]).partition("<")[2].rstrip(">") or str(mail.message["To"])


def link_in(mail: Mail, what: str) -> str:
    found = re.search(rf"http://localhost(/{what}/\S+)", mail.text)
    assert found, mail.text
    return found[1]


def fill(client: FlaskClient, cohort: str, people: str = PEOPLE, **changes: str) -> TestResponse:
    """Fill in the form; the page that shows what was understood."""
    to_form = f"/w/baby-massage/group/{cohort}"
    csrf = token(client.get(to_form))
    return client.post(to_form, data=WHO | {"csrf_token": csrf, "people": people} | changes)


def confirm(client: FlaskClient, cohort: str, page: TestResponse, people: str = PEOPLE) -> TestResponse:
    found = re.search(r'name="form_token" value="([^"]+)"', page.text)
    assert found, page.text
    data = WHO | {"csrf_token": token(page), "people": people, "form_token": found[1]}
    return client.post(f"/w/baby-massage/group/{cohort}/send", data=data)


def press(client: FlaskClient, page: str, to_: str, **fields: str) -> TestResponse:
    return client.post(to_, data={"csrf_token": token(client.get(page)), **fields})


def states(app: Flask) -> dict[str, str]:
    with app.app_context():
        rows = db.session.execute(select(Invitation.email, Invitation.state).order_by(Invitation.id))
        return {email: state for email, state in rows}


def count(app: Flask, model: type) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count()).select_from(model)) or 0


@pytest.fixture
def invited(app: Flask, cohort: str, visitor: FlaskClient) -> dict[str, Mail]:
    """Dana has signed up Ann and Bea; the mails by address."""
    confirm(visitor, cohort, fill(visitor, cohort))
    return {to(mail): mail for mail in mails(app)}


def test_a_manager_sees_what_was_understood_and_each_confirms_herself(
    app: Flask, cohort: str, visitor: FlaskClient
) -> None:
    assert "Sign up several people" in visitor.get("/w/baby-massage").text
    page = fill(visitor, cohort)
    assert page.status_code == 200
    assert "2 people get an invitation" in page.text
    assert "There is no e-mail address" in page.text
    assert count(app, Invitation) == 0
    assert mails(app) == []
    first = confirm(visitor, cohort, page)
    # A double click, a retry after a lost answer, and Back.
    again = [confirm(visitor, cohort, page) for _ in range(2)]
    assert {answer.location for answer in (first, *again)} == {f"/w/baby-massage/group/{cohort}/sent"}
    assert "dana@clinic.example" in visitor.get(first.location).text
    assert (count(app, InvitationList), count(app, Invitation), count(app, Registration)) == (1, 2, 0)
    by_address = {to(mail): mail for mail in mails(app)}
    assert set(by_address) == {"ann@x.example", "bea@x.example", "dana@clinic.example"}
    hers = by_address["ann@x.example"]
    assert "Dana Wu of Clinic of Hope would like you to join" in hers.text
    assert "No seat is kept" in hers.text
    assert hers.message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert mails(app) == []


def test_whoever_is_invited_signs_up_by_the_usual_form(
    app: Flask, cohort: str, invited: dict[str, Mail], client: FlaskClient
) -> None:
    hers = link_in(invited["ann@x.example"], "invitation")
    before = contents(app)
    page = client.get(hers)
    assert client.head(hers).status_code == 200
    assert contents(app) == before
    form = re.search(r'href="(/w/[^"]+\?invitation=[^"]+)"', page.text)
    assert form, page.text
    filled = client.get(form[1])
    assert 'value="Ann Lee"' in filled.text
    assert 'value="ann@x.example"' in filled.text
    assert client.post(form[1], data=FIELDS | {"csrf_token": token(filled)}).status_code == 303
    assert {to(mail) for mail in mails(app)} == {"ann@x.example"}
    assert states(app) == {"ann@x.example": "registered", "bea@x.example": "invited"}
    manager = link_in(invited["dana@clinic.example"], "group")
    seen = client.get(manager).text
    assert "2 people, 1 confirmed" in seen
    # Status only: nothing of what she wrote, no link, no place of hers.
    assert not re.search(r"/me/|/my/|OT\b|Los_Angeles|/invitation/", seen)
    assert "You have said yes" in client.get(hers).text


def test_a_manager_reminds_adds_and_takes_back_within_limits(
    app: Flask, cohort: str, invited: dict[str, Mail], client: FlaskClient, travel: Traveller
) -> None:
    manager, bea = link_in(invited["dana@clinic.example"], "group"), link_in(invited["bea@x.example"], "invitation")
    assert "Nobody can be reminded" in press(client, manager, f"{manager}/remind").text or mails(app) == []
    travel.shift(timedelta(days=1))
    for _ in range(3):
        press(client, manager, f"{manager}/remind")
    reminders = mails(app)
    assert sorted(map(to, reminders)) == ["ann@x.example", "bea@x.example"]
    assert all(mail.subject.startswith("Reminder") for mail in reminders)
    for _ in range(4):
        travel.shift(timedelta(days=1))
        press(client, manager, f"{manager}/remind")
    assert len(mails(app)) == 2

    more = press(client, manager, f"{manager}/people", people="Zoe zoe@x.example\nAnn Lee ann@x.example")
    assert "2 people get an invitation" in more.text
    for _ in range(2):
        press(client, manager, f"{manager}/people/send", people="Zoe zoe@x.example\nAnn Lee ann@x.example")
    assert [to(mail) for mail in mails(app)] == ["zoe@x.example"]

    with app.app_context():
        hers = db.session.scalars(select(Invitation.public_id).where(Invitation.email == "bea@x.example")).one()
    assert "Bea Moss" in client.get(f"{manager}/withdraw/{hers}").text
    for _ in range(2):
        assert press(client, manager, f"{manager}/withdraw/{hers}").status_code == 303
    assert client.get(bea).status_code == 404
    assert states(app)["bea@x.example"] == "withdrawn"

    press(client, manager, f"{manager}/new-link")
    assert client.get(manager).status_code == 404
    assert client.get(link_in(mails(app)[0], "group")).status_code == 200


def test_no_means_no_from_everybody(
    app: Flask, cohort: str, invited: dict[str, Mail], client: FlaskClient, visitor: FlaskClient, travel: Traveller
) -> None:
    ann, bea = (link_in(invited[f"{name}@x.example"], "invitation") for name in ("ann", "bea"))
    for _ in range(2):
        said = press(client, ann, f"{ann}/no").text
        assert "will not come" in said
        assert "Do not invite me to anything again" in said, "this one was all she said no to"
    one_click = app.test_client().post(f"{bea}/never", data={"List-Unsubscribe": "One-Click"})
    assert one_click.status_code == 200
    assert states(app) == {"ann@x.example": "declined", "bea@x.example": "declined"}
    assert count(app, InvitationRefusal) == 2
    with app.app_context():
        marks = db.session.scalars(select(InvitationRefusal.address_hash)).all()
    assert sha256(b"invitations:ann@x.example").hexdigest() not in marks, (
        "whoever reads the table could try addresses"
    )
    travel.shift(timedelta(days=3))
    confirm(visitor, cohort, fill(visitor, cohort, name="Ines"))
    confirm(visitor, cohort, fill(visitor, cohort, "Ann ann@x.example", name="Ines"), "Ann ann@x.example")
    assert {to(mail) for mail in mails(app)} == {"dana@clinic.example"}
    # The manager is not told that they want none.
    with app.app_context():
        assert set(db.session.scalars(select(Invitation.state).where(Invitation.list_id > 1))) == {"invited"}
    press(client, f"{bea}/never", f"{bea}/again")
    assert "Do not invite me to anything again" in client.get(bea).text


def test_nobody_is_mailed_twice_in_a_day_whoever_asks(
    app: Flask, cohort: str, invited: dict[str, Mail], visitor: FlaskClient, travel: Traveller
) -> None:
    people = "Ann ann@x.example\nZoe zoe@x.example"
    confirm(visitor, cohort, fill(visitor, cohort, people), people)
    assert sorted(map(to, mails(app))) == ["dana@clinic.example", "zoe@x.example"]
    travel.shift(timedelta(hours=23, minutes=59))
    assert mails(app) == []
    travel.shift(timedelta(minutes=2))
    assert [to(mail) for mail in mails(app)] == ["ann@x.example"]
    travel.shift(timedelta(days=5))
    assert mails(app) == []


def test_somebody_who_is_here_already_gets_nothing_and_nobody_is_told(
    app: Flask, cohort: str, visitor: FlaskClient
) -> None:
    sign_up(app, cohort)
    deliver(app)
    confirm(visitor, cohort, fill(visitor, cohort))
    sent = {to(mail): mail for mail in mails(app)}
    assert set(sent) == {"bea@x.example", "dana@clinic.example"}
    seen = visitor.get(link_in(sent["dana@clinic.example"], "group")).text
    assert "2 people, 0 confirmed" in seen


def test_a_mail_that_comes_back_is_seen(app: Flask, cohort: str, visitor: FlaskClient) -> None:
    people = "Ann ann@x.example"
    confirm(visitor, cohort, fill(visitor, cohort, people), people)
    tried = Post(Accepted("250 kept"), Refused("550 5.1.1 No such user here"))
    assert [to(mail) for mail in mails(app, tried)] == ["dana@clinic.example", "ann@x.example"]
    assert states(app) == {"ann@x.example": "bounced"}


def test_seats_are_kept_only_where_the_cohort_says_so_and_not_for_ever(
    app: Flask, cohort: str, visitor: FlaskClient, client: FlaskClient, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        row = db.session.scalars(select(Cohort)).one()
        row.group_hold_hours, row.capacity = 48, 2
    assert "kept for each of them for 48 hours" in fill(visitor, cohort).text
    confirm(visitor, cohort, fill(visitor, cohort))

    def taken() -> int:
        with app.app_context():
            return db.session.scalars(select(Cohort.seats_taken)).one()

    sent = {to(mail): mail for mail in mails(app)}
    assert taken() == 2
    assert "A seat is kept for you" in sent["ann@x.example"].text
    closed = client.get(f"/w/baby-massage/sign-up/{cohort}")
    assert closed.status_code == 409
    page = client.get(link_in(sent["ann@x.example"], "invitation")).text
    form = re.search(r'href="(/w/[^"]+\?invitation=[^"]+)"', page)
    assert form
    filled = client.get(form[1])
    assert filled.status_code == 200
    # What is wrong in it does not close the door, and a seat kept for her opens none that is closed to all.
    wrong = client.post(form[1], data=FIELDS | {"csrf_token": token(filled), "name": ""})
    assert wrong.status_code == 400
    assert 'value="ann@x.example"' in wrong.text
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().enrolment_closes_at = clock.now()
    assert client.get(form[1]).status_code == 409
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().enrolment_closes_at = None
    assert client.post(form[1], data=FIELDS | {"csrf_token": token(filled)}).status_code == 303
    assert taken() == 2
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().capacity = 3
    two = "Zoe zoe@x.example\nYuri yuri@x.example"
    too_many = confirm(visitor, cohort, fill(visitor, cohort, two), two)
    assert too_many.status_code == 409
    assert "zoe@x.example" in too_many.text
    travel.shift(timedelta(hours=49))
    mails(app)
    assert taken() == 1


@pytest.mark.parametrize(
    ("people", "words"),
    [("", "at least one person"), ("\n".join(f"p{n}@x.example" for n in range(51)), "at most 50 people")],
)
def test_what_cannot_be_is_said_and_kept(
    app: Flask, cohort: str, visitor: FlaskClient, people: str, words: str
) -> None:
    answer = fill(visitor, cohort, people)
    assert answer.status_code == 400
    assert words in answer.text
    assert 'value="Dana Wu"' in answer.text
    assert people.splitlines()[-1:] == [] or people.splitlines()[-1] in answer.text
    assert count(app, InvitationList) == 0


def test_a_file_is_read_as_lines_and_a_packed_one_is_not_opened(
    app: Flask, cohort: str, visitor: FlaskClient
) -> None:
    to_form = f"/w/baby-massage/group/{cohort}"

    def upload(content: bytes, name: str) -> TestResponse:
        data = WHO | {"csrf_token": token(visitor.get(to_form)), "file": (io.BytesIO(content), name)}
        return visitor.post(to_form, data=data)

    shown = upload(b"First name;Last name;E-mail\nAnn;Lee;ann@x.example\n", "team.csv")
    assert "Ann Lee" in shown.text
    assert "One person gets an invitation" in shown.text
    packed = upload(b"PK\x03\x04 whatever", "team.xlsx")
    assert packed.status_code == 400
    assert "Save the sheet as CSV" in packed.text


def test_limits_and_closed_doors(app: Flask, cohort: str, visitor: FlaskClient, tmp_path: Path) -> None:
    for number in range(5):
        people = f"p{number}@x.example"
        assert confirm(visitor, cohort, fill(visitor, cohort, people), people).status_code == 303
    refused = confirm(visitor, cohort, fill(visitor, cohort, "z@x.example"), "z@x.example")
    assert refused.status_code == 429
    assert "z@x.example" in refused.text
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().takes_groups = False
    assert visitor.get(f"/w/baby-massage/group/{cohort}").status_code == 409
    other = given_cohort(
        app, tmp_path, {'key = "january"': 'key = "other"', 'slug = "baby-massage"': 'slug = "feed"'}
    )
    assert visitor.get(f"/w/baby-massage/group/{other}").status_code == 404


def test_links_open_only_what_they_are_for(
    app: Flask, cohort: str, invited: dict[str, Mail], client: FlaskClient, visitor: FlaskClient
) -> None:
    """Bea's manager, a stranger with an invented link, and somebody invited see and change nothing of Dana's."""
    manager, ann = link_in(invited["dana@clinic.example"], "group"), link_in(invited["ann@x.example"], "invitation")
    people = "Zoe zoe@x.example"
    confirm(visitor, cohort, fill(visitor, cohort, people, email="ines@x.example"), people)
    with app.app_context():
        dana, ines = db.session.scalars(select(InvitationList).order_by(InvitationList.id)).all()
        hers = db.session.scalars(select(Invitation.public_id).where(Invitation.list_id == dana.id)).first()
    other = path(app.extensions["links"].group(ines.id, ines.link_nonce))
    csrf = token(client.get("/lost-link"))
    before = contents(app)
    assert client.get(f"{other}/withdraw/{hers}").status_code == 404
    assert client.post(f"{other}/withdraw/{hers}", data={"csrf_token": csrf}).status_code == 404
    wrong = (manager.replace("/group/", "/invitation/"), ann.replace("/invitation/", "/group/"), f"{manager}x")
    for page in wrong:
        assert client.get(page).status_code == 404, page
        for act in ("remind", "new-link", "no", "never", "again"):
            assert client.post(f"{page}/{act}", data={"csrf_token": csrf}).status_code == 404, (page, act)
    for act in ("remind", "new-link", "people/send"):
        # Another site's form has no token.
        assert app.test_client().post(f"{manager}/{act}").status_code == 400
    assert contents(app) == before
