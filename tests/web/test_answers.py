"""Answering a cohort's questions: at sign-up, on her own page, with a file; and what a stranger can do to it."""

import io
import re
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.asking import ANSWERS, ASKED, answers_of, given_questions
from tests.building import NOW, only_registration, outbox
from tests.counting import counting
from tests.people import ANN, BEA, People
from tests.web.visiting import FIELDS, STARTS, people, token
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    Accommodation,
    AnswerFile,
    AuditEntry,
    Cohort,
    CreditDetails,
    LooseFile,
    Person,
    Registration,
)
from webinar_hub.rules.questions import MOST_LONG, Kind, Question
from webinar_hub.services import house

CREDIT = {"credit": "yes", "licence_number": "OT-1", "licence_place": "New York", "nbcot_number": "123 456"}
NEEDS = {"needs": ["captions", "asl"], "needs_words": "ASL, please"}


def send(client: FlaskClient, cohort: str, **more: object) -> TestResponse:
    """Fill in the form of a cohort; "q__place" is the field "q-place"."""
    form = f"/w/baby-massage/sign-up/{cohort}"
    fields = {name.replace("__", "-"): value for name, value in more.items()}
    return client.post(form, data={"csrf_token": token(client.get(form)), **FIELDS, **fields})


def row(app: Flask, model: type) -> object:
    with app.app_context():
        return db.session.scalars(select(model)).first()


class TestAtSignUp:
    def test_answers_a_licence_and_what_she_needs_are_kept(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app)
        assert send(visitor, cohort, **ANSWERS, **CREDIT, **NEEDS).status_code == 303
        assert answers_of(app) == {"place": "Hospital", "ward": "Seven", "tools": ["Oil", "=Music"], "credit": {}}
        with app.app_context():
            details = db.session.scalars(select(CreditDetails)).one()
            assert (details.licence_number, details.nbcot_number) == ("OT-1", "123456")
            wish = db.session.scalars(select(Accommodation)).one()
            assert (wish.needs, wish.words) == (["captions", "asl"], "ASL, please")
            assert wish.due_at == STARTS - timedelta(days=14)

    def test_without_a_script_the_server_drops_what_is_hidden(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app)
        page = visitor.get(f"/w/baby-massage/sign-up/{cohort}").text
        assert "Only if you want CE credit" in page
        assert "Only if you answered “Where do you work?” with: Hospital" in page
        no_credit = {name: value for name, value in CREDIT.items() if name != "credit"}
        answer = send(visitor, cohort, q__place="School", q__ward="Seven", **no_credit)
        assert answer.status_code == 303
        assert answers_of(app) == {"place": "School"}
        assert row(app, CreditDetails) is None

    def test_what_is_wrong_is_named_and_everything_typed_stays(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app)
        answer = send(
            visitor, cohort, q__place="Hospital", q__ward="a\u2028Bcc: v@y.example", q__tools=["Oil"], credit="yes",
            nbcot_number="12a", needs_words="Captions <b>please</b>",
        )  # fmt: skip
        assert answer.status_code == 400
        assert people(app) == 0
        assert re.findall(r'<li><a href="#([\w-]+)"', answer.text) == ["q-ward", "nbcot_number"]
        for id_ in ("q-ward", "nbcot_number"):
            assert f'id="{id_}"' in answer.text
            assert f'id="{id_}-error"' in answer.text
        assert 'value="Oil" checked' in answer.text
        assert "Captions &lt;b&gt;please&lt;/b&gt;" in answer.text
        assert 'value="ann@x.example"' in answer.text

    def test_mistakes_in_the_form_and_in_answers_are_told_at_once(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app)
        answer = send(visitor, cohort, email="nobody", q__place="Moon")
        assert answer.status_code == 400
        assert re.findall(r'<li><a href="#([\w-]+)"', answer.text) == ["email", "q-place"]

    @pytest.mark.parametrize(
        "said", ["{{7*7}} {% raw %} ${7*7} %(x)s {0.__class__}", "=cmd|' /C calc'!A0", "<script>alert(1)</script>"]
    )
    def test_a_hostile_answer_stays_words(self, app: Flask, cohort: str, visitor: FlaskClient, said: str) -> None:
        given_questions(app)
        assert send(visitor, cohort, q__place="Hospital", q__ward=said).status_code == 303
        assert answers_of(app)["ward"] == said
        assert [mail.kind for mail in outbox(app)] == ["confirmation"]

    def test_ten_long_answers_in_any_script_arrive_and_a_flood_does_not(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app, [Question(f"k{n}", Kind.LONG, "?") for n in range(MOST_LONG)])
        answer = send(visitor, cohort, **{f"q-k{n}": "東" * 4000 for n in range(MOST_LONG)})
        assert answer.status_code == 303
        assert len(answers_of(app)["k9"]) == 4000
        assert send(visitor, cohort, email="bea@x.example", q__k0="x" * 10_000_000).status_code == 413

    def test_what_a_stranger_types_about_a_known_address_is_not_believed(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        given_questions(app)
        send(visitor, cohort, **ANSWERS, **CREDIT)
        again = send(visitor, cohort, q__place="School", credit="yes", licence_number="EVIL", **NEEDS)
        assert again.status_code == 303
        assert answers_of(app)["place"] == "Hospital"
        assert row(app, Accommodation) is None
        with app.app_context(), transaction():
            db.session.execute(update(Registration).values(cohort_id=_another()))
        send(visitor, cohort, q__place="School", credit="yes", licence_number="EVIL")
        with app.app_context():
            assert db.session.scalars(select(CreditDetails.licence_number)).all() == ["OT-1"]
            newest = db.session.scalars(select(Registration).order_by(Registration.id.desc())).first()
            assert newest is not None
            assert newest.answers["credit"]["licence_number"] == "EVIL"

    def test_who_does_not_ask_costs_what_it_did_and_who_asks_a_fixed_number(
        self, app: Flask, cohort: str, visitor: FlaskClient
    ) -> None:
        costs = []
        for asked in ((), ASKED[:1], (*ASKED, *(Question(f"k{n}", Kind.SHORT, "?") for n in range(30)))):
            given_questions(app, asked)
            email = f"p{len(costs)}@x.example"
            form = f"/w/baby-massage/sign-up/{cohort}"
            fields = {"csrf_token": token(visitor.get(form)), **FIELDS, **ANSWERS, "email": email}
            with counting(app) as statements:
                assert visitor.post(form, data=fields).status_code == 303
            costs.append(len(statements))
        assert costs[1] == costs[2] == costs[0] + 1


def _another() -> int:
    """A second cohort, for a place in it."""
    first = db.session.get_one(Cohort, 1)
    values = {
        c.name: getattr(first, c.name) for c in Cohort.__table__.columns if c.name not in ("id", "public_id", "key")
    }
    db.session.add(Cohort(key="other", **values))
    db.session.flush()
    return db.session.scalars(select(Cohort.id).where(Cohort.key == "other")).one()


class TestHerOwnPage:
    @pytest.fixture
    def page(self, app: Flask, ann: FlaskClient) -> str:
        given_questions(app)
        return f"/my/{only_registration(app).public_id}/answers"

    def save(self, ann: FlaskClient, page: str, **fields: object) -> TestResponse:
        named = {name.replace("__", "-"): value for name, value in fields.items()}
        return ann.post(page, data={"csrf_token": token(ann.get(page)), **named})

    def test_she_sees_and_changes_what_she_told(self, app: Flask, ann: FlaskClient, page: str) -> None:
        assert self.save(ann, page, **ANSWERS, **CREDIT, **NEEDS).status_code == 303
        shown = ann.get(page).text
        assert 'value="Seven"' in shown
        assert 'value="OT-1"' in shown
        assert "ASL, please" in shown
        assert self.save(ann, page, q__place="School", q__ward="Seven").status_code == 303
        assert answers_of(app) == {"place": "School"}
        assert row(app, Accommodation) is None
        with app.app_context():
            notes = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "registration.answered")).all()
            assert notes[-1].detail == {"changed": ["credit", "place", "tools", "ward"]}
            assert "Seven" not in str([note.detail for note in notes])

    def test_what_is_wrong_comes_back_and_nothing_is_kept(self, app: Flask, ann: FlaskClient, page: str) -> None:
        answer = self.save(ann, page, q__place="Hospital", q__tools="Oil")
        assert answer.status_code == 400
        assert 'href="#q-ward"' in answer.text
        assert 'value="Oil" checked' in answer.text
        assert answers_of(app) == {}

    def test_an_answer_to_what_is_asked_no_more_stays(self, app: Flask, ann: FlaskClient, page: str) -> None:
        self.save(ann, page, **ANSWERS)
        given_questions(app, ASKED[2:])
        assert self.save(ann, page, q__tools="Oil").status_code == 303
        assert answers_of(app) == {"place": "Hospital", "ward": "Seven", "tools": ["Oil"]}

    def test_after_the_organizers_day_nothing_changes(
        self, app: Flask, ann: FlaskClient, page: str, travel: Traveller
    ) -> None:
        with app.app_context(), transaction():
            db.session.execute(update(Cohort).values(changes_close_at=NOW + timedelta(hours=1)))
        fresh = token(ann.get(page))
        travel.move_to(NOW + timedelta(hours=2))
        assert "can no longer be changed" in ann.get(page).text
        assert ann.post(page, data={"csrf_token": fresh, "q-place": "School"}).status_code == 409
        assert answers_of(app) == {}

    def test_what_was_typed_for_a_known_address_waits_for_her_eyes(
        self, app: Flask, ann: FlaskClient, page: str
    ) -> None:
        with app.app_context(), transaction():
            db.session.execute(update(Registration).values(answers={"credit": {"licence_number": "OT-9"}}))
        shown = ann.get(page).text
        assert "Look at it, and save it if it is right." in shown
        assert 'value="OT-9"' in shown
        self.save(ann, page, q__place="School", credit="yes", licence_number="OT-9")
        with app.app_context():
            assert db.session.scalars(select(CreditDetails.licence_number)).all() == ["OT-9"]

    def test_a_file_is_sent_replaced_and_removed(self, app: Flask, ann: FlaskClient, page: str) -> None:
        to = f"{page}/proof/file"

        def send(content: bytes, name: str) -> TestResponse:
            key = token(ann.get(page))
            return ann.post(f"{to}?csrf_token={key}", data={"file": (io.BytesIO(content), name)})

        assert send(b"%PDF-1.7 x", "My license.pdf").status_code == 422
        assert row(app, AnswerFile) is None
        _allow_files(app)
        assert send(b"%PDF-1.7 x", "My license.pdf").status_code == 303
        assert "My license.pdf" in ann.get(page).text
        assert send(b"<html>", "x.pdf").status_code == 422
        assert send(b"MZ", "x.exe").status_code == 422
        assert send(b"%PDF-1.7 y", "../../Other\u202e.pdf").status_code == 303
        with app.app_context():
            kept = db.session.scalars(select(AnswerFile)).one()
            assert kept.title == "Other"
            assert db.session.scalar(select(func.count()).select_from(LooseFile)) == 1
        assert ann.post(f"{page}/place/file?csrf_token={token(ann.get(page))}").status_code == 404
        assert self.remove(ann, page, to).status_code == 303
        assert row(app, AnswerFile) is None

    def remove(self, ann: FlaskClient, page: str, to: str) -> TestResponse:
        return ann.post(f"{to}/remove", data={"csrf_token": token(ann.get(page))})


def _allow_files(app: Flask) -> None:
    with app.app_context(), transaction():
        house.change({"file_questions": "yes"}, seen=0, actor="test", now=NOW)
    app.extensions["house"].forget()


def test_nobody_else_sees_or_changes_her_answers(app: Flask, tmp_path: Path, travel: Traveller) -> None:
    """Ann may, Bea is told that there is no such page, a stranger that nobody knows her."""
    everybody = People(app, tmp_path)
    given_questions(app)
    with app.app_context():
        hers = db.session.scalars(
            select(Registration.public_id)
            .join(Person, Person.id == Registration.person_id)
            .where(Person.email == ANN.email)
        ).one()
    page = f"/my/{hers}/answers"
    ann, bea, stranger = everybody.browser(ANN), everybody.browser(BEA), app.test_client()
    assert ann.get(page).status_code == 200
    assert bea.get(page).status_code == 404
    assert stranger.get(page).status_code == 403
    app.config["WTF_CSRF_ENABLED"] = False
    for to in (page, f"{page}/proof/file", f"{page}/proof/file/remove"):
        assert bea.post(to, data={"q-place": "School"}).status_code == 404, to
        assert stranger.post(to, data={"q-place": "School"}).status_code == 403, to
    with app.app_context():
        assert all(not place.answers for place in db.session.scalars(select(Registration)))


def test_other_answers_are_decided_on_again_where_the_organizer_wants_that(
    app: Flask, ann: FlaskClient, travel: Traveller
) -> None:
    given_questions(app)
    with app.app_context(), transaction():
        db.session.execute(update(Cohort).values(needs_approval=True, approval_again=True))
    page = f"/my/{only_registration(app).public_id}/answers"
    fields = {"csrf_token": token(ann.get(page)), "q-place": "School"}
    assert ann.post(page, data=fields).status_code == 303
    assert only_registration(app).state == "pending"
    assert answers_of(app) == {"place": "School"}
