"""Double opt-in: one question by mail, a page with a button, and nothing else before that (A08, A14, A21, A22)."""

from datetime import timedelta

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import only_person, only_registration, outbox, seats, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.web.visiting import FIELDS, contents, path, people, post, token
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.links import Links
from webinar_hub.models import Cohort, Consent, Person, Registration
from webinar_hub.rules.protection import PROOF_LASTS, PROOFS_A_DAY, PROOFS_AN_HOUR
from webinar_hub.services import proving


@pytest.fixture
def careful(app: Flask, cohort: str) -> str:
    """A cohort that asks each new address first; its public id."""
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=True))
    return cohort


def come(client: FlaskClient, cohort: str, **fields: str) -> str:
    """Sign up by the form; where that leads."""
    form = f"/w/baby-massage/sign-up/{cohort}"
    answer = post(client, form, form, **FIELDS | fields)
    assert answer.status_code == 303, answer.text
    return answer.location


def proof(app: Flask) -> str:
    """The link in the question that was mailed to the only registration."""
    links: Links = app.extensions["links"]
    row = only_registration(app)
    return path(links.prove(row.id, row.nonce, row.revision))


def test_nothing_but_the_question_goes_out_and_one_press_settles_her_in(
    app: Flask, careful: str, visitor: FlaskClient
) -> None:
    thanks = visitor.get(come(visitor, careful, news="y")).text
    assert "asks whether this is you" in thanks
    assert ([mail.kind for mail in outbox(app)], seats(app)) == (["prove"], 0)
    (mail,) = deliver(app)
    assert mail.subject == "Is this you? Baby massage & you"
    assert mail.invites == []
    for left_out in ("Ann", "/me/", "/join/"):
        assert left_out not in mail.message.as_string()
    link = proof(app)
    before = contents(app)
    for scanner in (app.test_client(), app.test_client()):
        page = scanner.get(link)
        assert page.status_code == scanner.head(link).status_code == 200
        assert "a…@x.example" in page.text
        assert "Yes, write to me now and then" in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
        assert "no-store" in page.headers["Cache-Control"]
        assert scanner.get("/my").status_code == 403
    assert contents(app) == before
    assert post(visitor, link, link).location == "/my"
    assert "now that the address is yours" in visitor.get("/my").text
    assert (only_registration(app).state, seats(app)) == ("confirmed", 1)
    assert only_person(app).proven_at == clock.now()
    assert [mail.kind for mail in outbox(app)] == ["prove", "confirmation"]
    assert any(mail.invites for mail in deliver(app))


def test_a_link_that_did_its_work_opens_nothing_any_more(app: Flask, careful: str, visitor: FlaskClient) -> None:
    come(visitor, careful)
    link = proof(app)
    post(visitor, link, link)
    finder = app.test_client()
    before = contents(app)
    answer = finder.post(link, data={"csrf_token": token(finder.get("/lost-link"))})
    assert (answer.status_code, "has done its work" in answer.text) == (200, True)
    assert finder.get("/my").status_code == 403
    assert {name: rows for name, rows in contents(app).items() if name != "allowances"} == {
        name: rows for name, rows in before.items() if name != "allowances"
    }


def test_no_other_token_and_no_foreign_page_proves_anything(app: Flask, careful: str, visitor: FlaskClient) -> None:
    come(visitor, careful)
    links: Links = app.extensions["links"]
    row, link = only_registration(app), proof(app)
    unsubscribe = links.unsubscribe(row.id, row.nonce).rpartition("/")[2]
    signed = link.rpartition("/")[2]
    altered = signed[:5] + ("A" if signed[5] != "A" else "B") + signed[6:]
    for wrong in (unsubscribe, altered, signed[:-3], "x", links.tokens.sign("prove", row.id, row.nonce, 7)):
        assert visitor.get(f"/prove/{wrong}").status_code == 404
        assert visitor.post(f"/prove/{wrong}", data={"csrf_token": token(visitor.get(link))}).status_code == 404
    assert visitor.get(f"/unsubscribe/{signed}").status_code == 404
    assert app.test_client().post(link).status_code == 400
    for foreign in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        data = {"csrf_token": token(visitor.get(link))}
        assert visitor.post(link, data=data, headers=foreign).status_code == 403
    assert only_registration(app).state == "unproven"


def test_one_address_is_asked_a_few_times_however_often_it_is_typed(
    app: Flask, careful: str, visitor: FlaskClient, travel: Traveller
) -> None:
    for _ in range(3):
        come(visitor, careful)
    assert len(outbox(app, kind="prove")) == 1
    for _ in range(7):
        travel.shift(timedelta(minutes=11))
        come(app.test_client(), careful)
    assert len(outbox(app, kind="prove")) == min(2 * PROOFS_AN_HOUR - 1, PROOFS_A_DAY)
    for _ in range(30):
        travel.shift(timedelta(minutes=21))
        come(app.test_client(), careful)
    assert len(outbox(app, kind="prove")) == PROOFS_A_DAY
    assert (people(app), {mail.kind for mail in outbox(app)}) == (1, {"prove"})


def test_who_has_shown_it_once_is_not_asked_again(app: Flask, careful: str, visitor: FlaskClient) -> None:
    come(visitor, careful)
    with app.app_context(), transaction():
        db.session.execute(update(Person).values(proven_at=clock.now()))
        db.session.delete(db.session.scalars(select(Registration)).one())
    come(visitor, careful)
    assert only_registration(app).state == "confirmed"


def test_a_known_and_an_unknown_address_get_the_same_page(app: Flask, careful: str) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=False))
    sign_up(app, careful)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=True))
        db.session.execute(update(Person).values(proven_at=clock.now()))
    answers = []
    for email in ("ann@x.example", "bea@x.example"):
        client = app.test_client()
        answers.append(client.get(come(client, careful, email=email)).text.replace(email, ""))
    assert answers[0] == answers[1]


def test_the_last_seat_is_for_who_comes_first_and_the_other_is_told(
    app: Flask, careful: str, visitor: FlaskClient
) -> None:
    come(visitor, careful)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(capacity=1, seats_taken=1))
    link = proof(app)
    answer = post(visitor, link, link)
    assert (answer.status_code, "Every seat of this cohort is taken." in answer.text) == (409, True)
    assert only_registration(app).state == "unproven"
    assert only_person(app).proven_at is not None


def test_who_does_not_answer_is_forgotten_after_a_week(
    app: Flask, careful: str, visitor: FlaskClient, travel: Traveller
) -> None:
    come(visitor, careful, news="y")
    link = proof(app)
    travel.shift(PROOF_LASTS - timedelta(minutes=1))
    with app.app_context(), transaction():
        assert proving.forget_unproven(clock.now()) == 0
    assert visitor.get(link).status_code == 200
    travel.shift(timedelta(minutes=1))
    assert visitor.get(link).status_code == 404
    with app.app_context(), transaction():
        assert proving.forget_unproven(clock.now()) == 1
    with app.app_context():
        for model in (Person, Registration, Consent):
            assert db.session.scalar(select(func.count()).select_from(model)) == 0
    assert outbox(app) == []


def test_who_was_here_before_keeps_what_she_had(
    app: Flask, careful: str, visitor: FlaskClient, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=False))
    sign_up(app, careful)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(proves_address=True))
        db.session.execute(update(Registration).values(state="cancelled", cancelled_at=clock.now()))
    come(visitor, careful)
    assert only_registration(app).state == "unproven"
    travel.shift(PROOF_LASTS)
    with app.app_context(), transaction():
        assert proving.forget_unproven(clock.now()) == 1
    assert only_registration(app).state == "cancelled"
    assert people(app) == 1


def test_a_lost_link_asks_once_more_and_gives_no_way_in(
    app: Flask, careful: str, visitor: FlaskClient, travel: Traveller
) -> None:
    come(visitor, careful)
    travel.shift(timedelta(minutes=11))
    post(visitor, "/lost-link", "/lost-link", email="ann@x.example")
    assert [mail.kind for mail in outbox(app)] == ["prove", "prove"]


def test_whoever_does_something_on_her_own_page_has_opened_a_mail(app: Flask, ann: FlaskClient) -> None:
    assert ann.get("/my").status_code == 200
    assert only_person(app).proven_at is None
    post(ann, "/my/preferences", "/my/preferences")
    assert only_person(app).proven_at == clock.now()


def test_it_costs_a_fixed_number_of_statements(app: Flask, careful: str) -> None:
    sign_up(app, careful, "warm@x.example")
    costs = []
    for number in (1, 3, 20):
        for each in range(number):
            sign_up(app, careful, f"p{number}.{each}@x.example")
        with counting(app) as statements:
            sign_up(app, careful, f"last{number}@x.example")
        costs.append(len(statements))
    assert costs == [costs[0]] * 3
    assert costs[0] <= 14
