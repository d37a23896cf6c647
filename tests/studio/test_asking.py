"""The studio's side of questions: writing them, people by their answers, arranging what they need."""

import csv
import io
from datetime import date

import pytest
from flask import Flask
from flask.testing import FlaskClient
from openpyxl import load_workbook
from sqlalchemy import select, update
from time_machine import Traveller

from tests.asking import ASKED, PLACE, TOOLS, WARD, answers_of, given_questions
from tests.building import KEY, outbox
from tests.counting import counting
from tests.delivering import deliver
from tests.studio.announcing import MINUTE, send, sent_to, write
from tests.studio.filling_up import statements_as_it_fills
from tests.studio.forms import filled, press
from tests.studio.forms import send as fill_in
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Accommodation, AskedQuestion, AuditEntry, Cohort, Registration
from webinar_hub.rules.accommodations import Wish
from webinar_hub.rules.staff import Role
from webinar_hub.services import answers, cloning, people, programs, questions
from webinar_hub.services.cloning import NewRun

PAGE = f"/studio/cohorts/{KEY}/questions"
NEEDED = f"/studio/cohorts/{KEY}/accommodations"
HOSTILE = '=cmd|"/C calc"!A0'


def asked(app: Flask, key: str = KEY) -> list[AskedQuestion]:
    with app.app_context():
        found = select(AskedQuestion).join(Cohort).where(Cohort.key == key).order_by(AskedQuestion.position)
        return list(db.session.scalars(found))


def told(app: Flask, email_answers: dict[int, dict[str, object]]) -> None:
    """Write answers into registrations by their id."""
    with app.app_context(), transaction():
        for registration, values in email_answers.items():
            db.session.execute(update(Registration).where(Registration.id == registration).values(answers=values))


class TestWriting:
    def test_a_question_is_added_changed_moved_and_deleted(
        self, app: Flask, owner: FlaskClient, cohort: str
    ) -> None:
        for label, kind in (("Where?", "one choice"), ("Which ward?", "short text")):
            typed = {"label": label, "kind": kind, "choices": "Hospital\nSchool\n"}
            assert press(owner, owner.get(f"{PAGE}/new"), f"{PAGE}/new", **typed).status_code == 303
        first, second = asked(app)
        when = [f"{first.key}:Hospital"]
        assert fill_in(owner, f"{PAGE}/{second.key}", when=when, required="y").status_code == 303
        assert asked(app)[1].show_if == {"of": first.key, "is": ["Hospital"]}
        up = press(owner, owner.get(PAGE), f"{PAGE}/{second.key}/move", by="up")
        assert up.status_code == 409
        assert "has to stand before it" in up.text
        no = press(owner, owner.get(f"{PAGE}/{first.key}/end"), f"{PAGE}/{first.key}/end")
        assert no.status_code == 409
        assert press(owner, owner.get(f"{PAGE}/{second.key}/end"), f"{PAGE}/{second.key}/end").status_code == 303
        assert [one.key for one in asked(app)] == [first.key]
        with app.app_context():
            noted = select(AuditEntry.action).where(AuditEntry.action.like("question.%")).order_by(AuditEntry.id)
            said = db.session.scalars(noted).all()
        assert said == ["question.added", "question.added", "question.changed", "question.deleted"]

    def test_what_is_wrong_is_told_and_what_was_typed_stays(
        self, app: Flask, owner: FlaskClient, cohort: str
    ) -> None:
        given_questions(app, (PLACE, TOOLS))
        typed = {
            "label": "A" * 201,
            "kind": "one choice",
            "choices": "Only one",
            "when": ["place:School", "tools:Oil"],
        }
        answer = press(owner, owner.get(f"{PAGE}/new"), f"{PAGE}/new", **typed)
        assert answer.status_code == 422
        assert "one heading only" in answer.text
        answer = press(owner, owner.get(f"{PAGE}/new"), f"{PAGE}/new", **(typed | {"when": ["place:School"]}))
        assert answer.status_code == 422
        assert 'href="#label"' in answer.text
        assert 'href="#choices"' in answer.text
        assert "Only one" in answer.text
        assert len(asked(app)) == 2

    def test_two_who_edit_one_question_lose_nothing(self, app: Flask, owner: FlaskClient, cohort: str) -> None:
        given_questions(app)
        page = owner.get(f"{PAGE}/ward")
        assert press(owner, page, f"{PAGE}/ward", label="Which floor?").status_code == 303
        late = press(owner, page, f"{PAGE}/ward", label="Which unit?")
        assert late.status_code == 409
        assert "Which floor?" in late.text
        assert "Which unit?" in late.text
        assert press(owner, late, f"{PAGE}/ward", label="Which unit?").status_code == 303

    def test_what_was_answered_is_kept_aside_and_can_be_asked_again(
        self, app: Flask, owner: FlaskClient, three: str
    ) -> None:
        given_questions(app)
        told(app, {1: {"tools": ["Oil"]}})
        assert "1 person has answered it" in owner.get(f"{PAGE}/tools/end").text
        press(owner, owner.get(f"{PAGE}/tools/end"), f"{PAGE}/tools/end")
        assert [one.key for one in asked(app) if one.archived_at] == ["tools"]
        assert answers_of(app) == {"tools": ["Oil"]}
        assert "No longer asked" in owner.get(PAGE).text
        press(owner, owner.get(PAGE), f"{PAGE}/tools/bring-back")
        assert [one.key for one in asked(app) if one.archived_at] == []

    def test_a_copy_and_a_program_ask_the_same_under_the_same_keys(
        self, app: Flask, owner: FlaskClient, cohort: str
    ) -> None:
        given_questions(app)
        with app.app_context(), transaction():
            now = clock.now()
            copy = cloning.clone_cohort(KEY, NewRun(date(2027, 3, 2)), actor="test", now=now).key
            program = programs.from_cohort(KEY, "Two", actor="test", now=now)
            made = programs.make_cohort(
                "baby-massage", program.id, NewRun(date(2027, 6, 1)), actor="t", now=now
            ).key
        wanted = [(one.key, one.kind, one.show_if) for one in asked(app)]
        for key in (copy, made):
            assert [(one.key, one.kind, one.show_if) for one in asked(app, key)] == wanted
        with app.app_context():
            assert set(db.session.scalars(select(Cohort.asks_credit))) == {True}

    def test_credit_is_asked_as_the_webinar_says_or_as_the_organizer_does(
        self, app: Flask, owner: FlaskClient, cohort: str
    ) -> None:
        form = f"/w/baby-massage/sign-up/{cohort}"
        assert "I want CE credit" not in owner.get(form).text
        press(owner, owner.get(PAGE), f"/studio/cohorts/{KEY}/credit", credit="yes")
        assert "I want CE credit" in owner.get(form).text
        press(owner, owner.get(PAGE), f"/studio/cohorts/{KEY}/credit", credit="")
        assert "I want CE credit" not in owner.get(form).text


class TestPeople:
    @pytest.fixture(autouse=True)
    def answered(self, app: Flask, three: str) -> None:
        given_questions(app, (PLACE, WARD, TOOLS))
        told(
            app,
            {
                1: {"place": "Hospital", "ward": HOSTILE, "tools": ["Oil", "=Music"], "credit": {}},
                2: {"place": "School", "tools": ["=Music"]},
            },
        )

    @pytest.mark.parametrize(
        ("answer", "names"),
        [
            ("place:Hospital", {"Ann Lee"}),
            ("tools:=Music", {"Ann Lee", "Bea Moss"}),
            ("tools:Oil", {"Ann Lee"}),
            ("place:Mo'on\" OR 1=1", set()),
            ("Robert'); DROP--:x", {"Ann Lee", "Bea Moss", "Cleo Park"}),
        ],
    )
    def test_they_are_found_by_an_answer(self, owner: FlaskClient, answer: str, names: set[str]) -> None:
        page = owner.get(f"/studio/cohorts/{KEY}/people", query_string={"answer": answer}).text
        assert {name for name in ("Ann Lee", "Bea Moss", "Cleo Park") if f">{name}</a>" in page} == names

    def test_an_export_has_a_column_a_question_and_no_formula(self, owner: FlaskClient) -> None:
        page = owner.get(f"/studio/cohorts/{KEY}/people/export?all=yes")
        columns = ["email", "q:place", "q:ward", "q:tools", "credit", "licence:licence_number"]
        to = f"/studio/cohorts/{KEY}/people/export"
        typed = filled(page.text, column=columns, all="yes", format="csv")
        lines = list(csv.reader(io.StringIO(owner.post(to, data=typed).get_data(as_text=True).lstrip("\ufeff"))))
        assert lines[0] == [
            "E-mail",
            "Where do you work?",
            "Which ward?",
            "What do you use?",
            "Wants CE credit",
            "License",
        ]
        assert lines[1] == ["ann@x.example", "Hospital", f"'{HOSTILE}", "Oil, =Music", "yes", ""]
        assert lines[2] == ["bea@x.example", "School", "", "'=Music", "", ""]
        typed["format"] = "xlsx"
        with owner.post(to, data=typed) as answer:
            sheet = load_workbook(io.BytesIO(answer.data)).active
        assert sheet is not None
        assert sheet["C2"].value == f"'{HOSTILE}"
        assert {cell.data_type for cell in sheet[2]} <= {"s", "n"}

    def test_her_page_shows_what_she_told(self, app: Flask, owner: FlaskClient) -> None:
        with app.app_context():
            person = db.session.scalars(select(Registration.person_id).where(Registration.id == 1)).one()
        page = owner.get(f"/studio/people/{person}").text
        assert "Where do you work?" in page
        assert "Oil, =Music" in page
        assert "wants CE credit" in page

    def test_an_announcement_goes_to_those_who_answered_so(
        self, app: Flask, owner: FlaskClient, travel: Traveller
    ) -> None:
        page = write(owner, answer="tools:=Music")
        shown = owner.get(page).text
        assert "answered “What do you use?” with: =Music" in shown
        assert "2 people</span> would get it now" in shown
        assert 'value="tools:=Music" selected' in owner.get(f"{page}/edit").text
        send(owner, page)
        travel.shift(6 * MINUTE)
        assert sent_to(app) == ["ann@x.example", "bea@x.example"]


class TestNeeds:
    @pytest.fixture
    def wish(self, app: Flask, three: str) -> int:
        """Ann asks for captions; its id."""
        with app.app_context(), transaction():
            answers.ask_for(Wish(("captions",), "Large, please"), 1, 1, clock.now())
            return db.session.scalars(select(Accommodation.id)).one()

    def test_today_leads_to_it_and_when_it_is_arranged_she_is_told(
        self, app: Flask, owner: FlaskClient, wish: int
    ) -> None:
        today = owner.get("/studio/today").text
        assert "1 person needs something to take part" in today
        assert f'href="{NEEDED}"' in today
        page = owner.get(NEEDED)
        assert "live captions: Large, please" in page.text
        to = f"{NEEDED}/{wish}/arranged"
        assert press(owner, page, to, note="Press *CC* below the picture.").status_code == 303
        assert "1 person needs" not in owner.get("/studio/today").text
        assert press(owner, page, to, note="Twice").status_code == 409
        assert [mail.kind for mail in outbox(app, kind="arranged")] == ["arranged"]
        mail = deliver(app)[-1].message
        assert "is arranged" in str(mail["Subject"])
        assert "Press CC below the picture." in mail.get_body(("plain",)).get_content()
        assert "arranged" in owner.get(NEEDED).text

    @pytest.mark.parametrize("role", [Role.READER, Role.REVIEWER, Role.PRESENTER])
    def test_who_only_reads_never_sees_it(self, app: Flask, wish: int, role: Role) -> None:
        client = signed_in(app, given_staff(app, role))
        with app.app_context():
            person = db.session.scalars(select(Registration.person_id).where(Registration.id == 1)).one()
        for page in ("/studio/today", f"/studio/people/{person}", NEEDED):
            shown = client.get(page).text
            assert "captions" not in shown, page
            assert "something to take part" not in shown, page

    def test_somebody_elses_cohort_has_no_such_wish(self, app: Flask, owner: FlaskClient, wish: int) -> None:
        page = owner.get(NEEDED)
        assert press(owner, page, f"{NEEDED}/{wish + 1}/arranged").status_code == 404


def test_pages_cost_the_same_for_one_and_for_three_hundred(app: Flask, owner: FlaskClient, cohort: str) -> None:
    given_questions(app)

    def with_people(number: int) -> None:
        with app.app_context(), transaction():
            asking = select(Registration.id).where(Registration.id.not_in(select(Accommodation.registration_id)))
            for registration in db.session.scalars(asking).all():
                answers.ask_for(Wish(("asl",)), registration, 1, clock.now())

    costs = list(statements_as_it_fills(app, cohort, owner, NEEDED, with_people))
    assert len(set(costs)) == 1
    with counting(app) as few:
        owner.get(PAGE)
    with app.app_context(), transaction():
        extra = [questions.Draft(PLACE.kind, f"Q{n}", choices=("A", "B")) for n in range(40)]
        for draft in extra:
            questions.add(KEY, draft, files=False, actor="test", now=clock.now())
    with counting(app) as many:
        owner.get(PAGE)
    assert len(few) == len(many)
    assert len(ASKED) + 40 == len(asked(app))


def test_what_she_told_goes_with_her_to_another_run(app: Flask, owner: FlaskClient, three: str) -> None:
    given_questions(app)
    told(app, {1: {"place": "School"}})
    with app.app_context(), transaction():
        answers.ask_for(Wish(("asl",)), 1, 1, clock.now())
        now = clock.now()
        copy = cloning.clone_cohort(KEY, NewRun(date(2027, 3, 2)), actor="test", now=now)
        copy.state = "open"
        people.move(1, copy.key, tell=False, actor="test", now=now)
        moved = db.session.scalars(select(Registration).where(Registration.cohort_id == copy.id)).one()
        assert moved.answers == {"place": "School"}
        assert db.session.scalars(select(Accommodation.registration_id)).all() == [moved.id]
