"""Signing in by password and by mail, and what attackers try at the door."""

from urllib.parse import urlencode, urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.counting import counting
from tests.people import People
from tests.studio.coming_in import (
    EMAIL,
    PASSWORD,
    given_password,
    is_in,
    link_in,
    mails,
    post,
    sign_in,
    token,
)
from tests.studio.staff import given_staff, signed_in
from tests.web import visiting
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, OneTimeLink, Organizer, SignIn

WRONG = "The address or the password is not right"


def test_a_password_opens_the_studio(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    answer = sign_in(client)
    assert (answer.status_code, answer.headers["Location"]) == (302, "/studio/")
    assert is_in(client)


def test_the_address_may_be_written_in_capitals(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    sign_in(client, email=EMAIL.upper())
    assert is_in(client)


def test_signing_in_leads_to_the_page_she_asked_for(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    door = client.get("/studio/account").headers["Location"]
    answer = client.post(door, data={"csrf_token": token(client, door), "email": EMAIL, "password": PASSWORD})
    assert answer.headers["Location"] == "/studio/account"


@pytest.mark.parametrize(
    "elsewhere",
    [
        "https://evil.example/",
        "//evil.example/",
        "///evil.example",
        r"\\evil.example",
        r"/\evil.example",
        "https:evil.example",
        "javascript:alert(1)",
        "\t//evil.example",
        "http://localhost@evil.example/",
    ],
)
def test_nobody_is_led_elsewhere(app: Flask, client: FlaskClient, travel: Traveller, elsewhere: str) -> None:
    given_password(app)
    page = f"/studio/sign-in?{urlencode({'next': elsewhere})}"
    typed = {"email": EMAIL, "password": PASSWORD}
    for answer in (sign_in(client, next=elsewhere), post(app.test_client(), page, **typed)):
        # Refused, or made a path of ours: a browser takes a backslash for a slash, but not a quoted one.
        target = answer.headers.get("Location", "/")
        assert urlsplit(target).netloc == ""
        assert not target.startswith("//")
        assert "\\" not in target
    refused = sign_in(app.test_client(), next="https://evil.example/")
    assert "is not one of ours" in refused.text
    assert "evil.example" not in refused.text


def test_typing_the_password_again_leads_nowhere_else(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    sign_in(client)
    for elsewhere in ("https://evil.example/", "//evil.example/"):
        page = f"/studio/account/again?{urlencode({'next': elsewhere})}"
        target = post(client, page, password=PASSWORD).headers.get("Location", "/")
        assert urlsplit(target).netloc == ""


def test_known_and_unknown_addresses_get_the_same_answer(app: Flask, travel: Traveller) -> None:
    given_password(app)
    given_staff(app, email="invited@littlehands.example")
    pages = []
    for email in (EMAIL, "nobody@littlehands.example", "invited@littlehands.example"):
        answer = sign_in(app.test_client(), email=email, password="not the password")
        assert answer.status_code == 200
        assert WRONG in answer.text
        pages.append([line for line in answer.text.replace(email, "X").splitlines() if "csrf_token" not in line])
    assert pages[0] == pages[1] == pages[2]


def test_what_was_typed_stays_but_the_password(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    answer = sign_in(client, password="not the password")
    assert f'value="{EMAIL}"' in answer.text
    assert "not the password" not in answer.text


def test_after_ten_tries_the_door_rests(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    for _ in range(10):
        assert sign_in(client, password="guess " * 3).status_code == 200
    answer = sign_in(client)
    assert answer.status_code == 429
    assert int(answer.headers["Retry-After"]) <= 15 * 60 + 1
    assert not is_in(client)
    travel.shift(16 * 60)
    sign_in(client)
    assert is_in(client)


def test_another_spelling_of_an_address_has_no_tries_of_its_own(
    app: Flask, client: FlaskClient, travel: Traveller
) -> None:
    given_password(app)
    for spelling in (EMAIL, EMAIL.upper(), f" {EMAIL} ", EMAIL.replace(".", "。"), EMAIL.title()):
        for _ in range(2):
            sign_in(client, email=spelling, password="guess " * 3)
    assert sign_in(client).status_code == 429


def test_the_library_is_not_spoken_to_in_json(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    csrf = {"X-CSRFToken": token(client)}
    typed = {"email": EMAIL, "password": PASSWORD}
    assert client.post("/studio/sign-in", json=typed, headers=csrf).status_code == 415
    assert not is_in(client)


def test_nobody_keeps_a_page_of_the_door(client: FlaskClient) -> None:
    assert client.get("/studio/sign-in").headers["Cache-Control"] == "private, no-store"


def test_an_address_that_nobody_has_rests_as_well(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    for _ in range(10):
        sign_in(client, email="nobody@littlehands.example", password="guess " * 3)
    assert sign_in(client, email="nobody@littlehands.example").status_code == 429


def test_one_network_cannot_try_everybody(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    for number in range(60):
        sign_in(client, email=f"somebody{number}@littlehands.example")
    assert sign_in(client, email="another@littlehands.example").status_code == 429


def test_signing_in_needs_the_token_of_its_own_page(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    answer = client.post("/studio/sign-in", data={"email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 400
    other = token(app.test_client())
    client.get("/studio/sign-in")
    answer = client.post("/studio/sign-in", data={"csrf_token": other, "email": EMAIL, "password": PASSWORD})
    assert answer.status_code == 400
    assert not is_in(client)


def test_another_site_cannot_sign_anybody_in_or_out(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    typed = {"csrf_token": token(client), "email": EMAIL, "password": PASSWORD}
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        assert client.post("/studio/sign-in", data=typed, headers=headers).status_code == 403
    assert not is_in(client)


def test_a_cookie_from_before_signing_in_is_worth_nothing_after(
    app: Flask, client: FlaskClient, travel: Traveller
) -> None:
    given_password(app)
    before = token(client)
    planted = client.get_cookie("hub")
    sign_in(client)
    assert planted is not None
    attacker = app.test_client()
    attacker.set_cookie("hub", planted.value)
    assert not is_in(attacker)
    assert token(client, "/studio/account") != before


def test_each_sign_in_has_a_session_of_its_own(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    sign_in(client)
    old = client.get_cookie("hub")
    post(client, "/studio/sign-out", "/studio/account")
    sign_in(client)
    assert old is not None
    thief = app.test_client()
    thief.set_cookie("hub", old.value)
    assert not is_in(thief), "signing out ends the session on the server too"
    assert is_in(client)


def test_staying_signed_in_lasts_thirty_days_and_not_staying_half_a_day(app: Flask, travel: Traveller) -> None:
    given_password(app)
    stays, leaves = app.test_client(), app.test_client()
    answer = sign_in(stays, remember="y")
    sign_in(leaves)
    assert "remember_token" not in " ".join(answer.headers.getlist("Set-Cookie"))
    travel.shift(11 * 3600)
    assert is_in(leaves)
    travel.shift(13 * 3600)
    assert not is_in(leaves)
    travel.shift(27 * 24 * 3600)
    assert is_in(stays)
    travel.shift(31 * 24 * 3600)
    assert not is_in(stays)


def test_a_page_writes_that_it_was_seen_only_now_and_then(app: Flask, travel: Traveller) -> None:
    client = signed_in(app, given_staff(app))
    travel.shift(5 * 60)
    with counting(app) as statements:
        client.get("/studio/webinars")
    assert not [each for each in statements if each.startswith("UPDATE")]
    travel.shift(6 * 60)
    with counting(app) as statements:
        client.get("/studio/webinars")
    assert len([each for each in statements if each.startswith("UPDATE")]) == 1
    with app.app_context():
        row = db.session.scalars(select(SignIn)).one()
        assert (row.seen_at - row.began_at).total_seconds() == 11 * 60


def test_whoever_has_lost_her_access_is_out_at_the_next_page(app: Flask, travel: Traveller) -> None:
    organizer = given_password(app)
    client = signed_in(app, organizer)
    assert is_in(client)
    with app.app_context(), transaction():
        db.session.get_one(Organizer, organizer).active = False
    assert not is_in(client)
    sign_in(client)
    assert not is_in(client)


def test_a_link_by_mail_signs_in_once_and_a_scanner_changes_nothing(
    app: Flask, client: FlaskClient, travel: Traveller
) -> None:
    given_password(app)
    answer = post(client, "/studio/sign-in/mail/link", email=EMAIL)
    assert "Check your mail" in answer.text
    link = link_in(mails(app)[-1])
    for _ in range(3):
        assert app.test_client().get(link).status_code == 200
        assert app.test_client().head(link).status_code == 200
    assert not is_in(client)
    assert post(client, link).status_code == 303
    assert is_in(client)
    assert app.test_client().get(link).status_code == 404
    with app.app_context():
        assert db.session.scalars(select(OneTimeLink)).all() == []


def test_a_link_by_mail_grows_old(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    post(client, "/studio/sign-in/mail/link", email=EMAIL)
    link = link_in(mails(app)[-1])
    typed = {"csrf_token": token(client, link)}
    travel.shift(15 * 60)
    assert client.post(link, data=typed).status_code == 404
    assert not is_in(client)


def test_a_new_link_ends_the_old_one_and_only_hashes_are_kept(
    app: Flask, client: FlaskClient, travel: Traveller
) -> None:
    given_password(app)
    for _ in range(2):
        post(client, "/studio/sign-in/mail/link", email=EMAIL)
    first, second = (link_in(notice) for notice in mails(app))
    assert client.get(first).status_code == 404
    assert client.get(second).status_code == 200
    with app.app_context():
        assert db.session.scalars(select(OneTimeLink)).one().token_hash not in second


@pytest.mark.parametrize("way", ["link", "password"])
def test_nobody_is_told_who_is_in_the_team(app: Flask, client: FlaskClient, travel: Traveller, way: str) -> None:
    given_password(app)
    page = f"/studio/sign-in/mail/{way}"
    known = post(client, page, email=EMAIL)
    unknown = post(client, page, email="nobody@littlehands.example")
    assert known.text.replace(EMAIL, "X") == unknown.text.replace("nobody@littlehands.example", "X")
    assert len(mails(app)) == 1
    for email in (EMAIL, "nobody@littlehands.example"):
        answers = [post(client, page, email=email).status_code for _ in range(3)]
        assert answers == [200, 200, 429]


def test_a_forgotten_password_is_chosen_anew_and_ends_every_session(
    app: Flask, client: FlaskClient, travel: Traveller
) -> None:
    given_password(app)
    elsewhere = app.test_client()
    sign_in(elsewhere)
    post(client, "/studio/sign-in/mail/password", email=EMAIL)
    link = link_in(mails(app)[-1])
    short = post(client, link, password="short")
    assert short.status_code == 400
    assert "at least 12 characters" in short.text
    assert post(client, link, password="another four words").status_code == 303
    assert is_in(client)
    assert not is_in(elsewhere)
    fresh = app.test_client()
    sign_in(fresh)
    assert not is_in(fresh)
    sign_in(fresh, password="another four words")
    assert is_in(fresh)
    with app.app_context():
        assert "password.reset" in db.session.scalars(select(AuditEntry.action)).all()


def test_changing_the_password_ends_every_other_session(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    given_password(app)
    elsewhere = app.test_client()
    sign_in(elsewhere)
    sign_in(client)
    new = {"new_password": "another four words", "new_password_confirm": "another four words"}
    page = "/studio/account/password"
    wrong = post(client, page, password="not the password", **new)
    assert "This is not your password" in wrong.text
    assert post(client, page, password=PASSWORD, **new).status_code == 302
    assert is_in(client)
    assert not is_in(elsewhere)
    assert "Your password was changed" in mails(app)[-1].text
    with app.app_context():
        assert len(db.session.scalars(select(SignIn)).all()) == 1


def test_public_pages_know_nothing_of_staff(app: Flask, people: People) -> None:
    client = signed_in(app, given_staff(app))
    stranger = app.test_client()
    for page in ("/", "/w/baby-massage"):
        with counting(app) as for_stranger:
            bare = stranger.get(page)
        with counting(app) as for_staff:
            answer = client.get(page)
        assert "Set-Cookie" not in answer.headers
        assert "Cookie" not in answer.headers.get("Vary", "")
        assert answer.text == bare.text
        assert len(for_staff) == len(for_stranger)
        assert not [each for each in for_staff if "organizers" in each or "sign_ins" in each]


def test_signing_up_costs_staff_no_statement_more(app: Flask, cohort: str) -> None:
    form = f"/w/baby-massage/sign-up/{cohort}"
    counts = []
    # What a process keeps for a few seconds is read by now.
    app.test_client().get(form)
    for number, browser in enumerate((app.test_client(), signed_in(app, given_staff(app)))):
        with counting(app) as statements:
            answer = visiting.post(browser, form, form, **(visiting.FIELDS | {"email": f"ann{number}@x.example"}))
        assert answer.status_code == 303
        counts.append([each.split(" ", 3)[:3] for each in statements])
        assert not [each for each in statements if "organizers" in each or "sign_ins" in each]
    assert counts[0] == counts[1]


def test_the_studio_answers_errors_in_its_own_words(app: Flask, client: FlaskClient, travel: Traveller) -> None:
    for page in (client.get("/studio/link/nothing"), client.get("/studio/nothing")):
        assert page.status_code == 404
        assert "To the studio" in page.text
        assert "lost-link" not in page.text
    assert "used already, or is too old" in client.get("/studio/link/nothing").text


def test_the_library_cannot_be_signed_in_to_by_a_header(app: Flask, travel: Traveller) -> None:
    organizer = given_password(app)
    with app.test_request_context():
        made = db.session.get_one(Organizer, organizer).get_auth_token()
    client = app.test_client()
    answer = client.get("/studio/webinars", headers={"Authentication-Token": str(made)})
    assert answer.status_code == 303
