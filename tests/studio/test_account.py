"""One's own account: name and zone, address, and where one is signed in."""

import re

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.counting import counting
from tests.studio.coming_in import given_password, is_in, link_in, mails, post, sign_in, token
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry, Organizer, SignIn

PAGE = "/studio/account"
FIREFOX = "Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:140.0) Gecko/20100101 Firefox/140.0"


def stored(app: Flask) -> Organizer:
    with app.app_context():
        return db.session.scalars(select(Organizer)).one()


def test_name_and_zone_are_changed_and_written_down(app: Flask, owner: FlaskClient) -> None:
    assert post(owner, PAGE, name="Mara Lindqvist", zone="Europe/Berlin").status_code == 303
    assert (stored(app).name, stored(app).zone) == ("Mara Lindqvist", "Europe/Berlin")
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "account.changed")).one()
    assert entry.detail["before"]["name"] == "Mara Lind"


def test_what_cannot_be_used_comes_back_as_it_was_typed(app: Flask, owner: FlaskClient) -> None:
    answer = post(owner, PAGE, name="Mara", zone="Mars/Olympus")
    assert answer.status_code == 400
    assert 'value="Mara"' in answer.text
    assert "Choose your time zone" in answer.text
    assert stored(app).name == "Mara Lind"


def test_browsers_are_listed_in_words_and_ended_one_by_one(app: Flask, travel: Traveller) -> None:
    organizer = given_password(app)
    mine, lost = signed_in(app, organizer), app.test_client()
    lost.environ_base["HTTP_USER_AGENT"] = FIREFOX
    lost.environ_base["REMOTE_ADDR"] = "203.0.113.77"
    sign_in(lost)
    page = mine.get(PAGE).text
    assert "Firefox on Windows" in page
    assert "203.0.113.0/24" in page
    assert "203.0.113.77" not in page
    ends = re.findall(r'action="(/studio/account/browsers/\d+/end)"', page)
    assert len(ends) == 1
    assert post(mine, ends[0], PAGE).status_code == 303
    assert not is_in(lost)
    assert is_in(mine)
    assert post(mine, ends[0], PAGE).status_code == 404


def test_all_others_are_ended_at_once(app: Flask, travel: Traveller) -> None:
    organizer = given_staff(app)
    mine, *others = (signed_in(app, organizer) for _ in range(4))
    post(mine, f"{PAGE}/browsers/end", PAGE)
    assert is_in(mine)
    assert not any(map(is_in, others))


def test_nobody_ends_the_session_of_somebody_else(app: Flask, travel: Traveller) -> None:
    mine = signed_in(app, given_staff(app))
    other = signed_in(app, given_staff(app, email="ines@littlehands.example"))
    with app.app_context():
        newest = db.session.scalars(select(SignIn.id).order_by(SignIn.id.desc())).first()
    assert post(mine, f"{PAGE}/browsers/{newest}/end", PAGE).status_code == 404
    assert is_in(other)


def test_a_new_address_counts_once_its_link_was_opened(app: Flask, travel: Traveller) -> None:
    client = signed_in(app, given_staff(app))
    assert post(client, f"{PAGE}/address", PAGE, email="Mara@New.example").status_code == 303
    assert stored(app).email == "mara@littlehands.example"
    notice = mails(app)[-1]
    assert notice.to_email == "mara@new.example"
    link = link_in(notice)
    for _ in range(2):
        app.test_client().get(link)
    assert stored(app).email == "mara@littlehands.example"
    action = re.search(r'action="(/studio/account/address/[^"]+)"', client.get(link).text)
    assert action
    stranger = app.test_client()
    answer = stranger.post(action[1], data={"csrf_token": token(stranger)})
    assert "/studio/sign-in" in answer.headers["Location"]
    assert post(client, action[1], PAGE).status_code == 303
    assert stored(app).email == "mara@new.example"
    assert mails(app)[-1].to_email == "mara@littlehands.example", "the old address is told"


def test_an_address_of_somebody_else_is_not_taken(app: Flask, travel: Traveller) -> None:
    client = signed_in(app, given_staff(app))
    given_staff(app, email="ines@littlehands.example")
    post(client, f"{PAGE}/address", PAGE, email="ines@littlehands.example")
    link = link_in(mails(app)[-1])
    token_of_link = link.rpartition("/")[2]
    answer = post(client, f"{PAGE}/address/{token_of_link}", PAGE)
    assert answer.status_code == 409
    assert is_in(client)


def test_the_page_takes_the_same_statements_whatever_there_is(app: Flask, travel: Traveller) -> None:
    organizer = given_staff(app)
    counts = []
    for browsers in (1, 3, 30):
        client = [signed_in(app, organizer) for _ in range(browsers)][-1]
        with counting(app) as statements:
            assert client.get(PAGE).status_code == 200
        counts.append(len(statements))
    assert counts[0] == counts[1] == counts[2]
