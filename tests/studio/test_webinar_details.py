"""The words of a webinar and who teaches: rows, drafts, two at once, scripts, what credit needs (B8)."""

from pathlib import Path

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select

from tests.building import KEY
from tests.studio.forms import filled, send
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, Cohort, Presenter, Webinar
from webinar_hub.rules.staff import Role

EDIT = "/studio/webinars/baby-massage/details"
TEACH = "/studio/webinars/baby-massage/presenters"


@pytest.fixture(autouse=True)
def _cohort(app: Flask, cohort: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False


def webinar(app: Flask) -> Webinar:
    with app.app_context():
        return db.session.scalars(select(Webinar)).one()


def test_nothing_changes_when_nothing_is_changed(app: Flask, owner: FlaskClient) -> None:
    before = webinar(app)
    assert send(owner, EDIT).status_code == 303
    after = webinar(app)
    for name in ("title", "summary", "description", "credit", "outcomes", "agenda", "faq", "level", "audience"):
        assert getattr(after, name) == getattr(before, name), name
    assert after.version == before.version + 1


def test_everything_the_page_says_can_be_written(app: Flask, owner: FlaskClient) -> None:
    answer = send(
        owner,
        EDIT,
        title="Massage, newly told",
        summary="Two evenings.",
        description="Come as **you** are.\r\n\r\n- hands\r\n- cues",
        audience="OTs",
        level="Introductory",
        outcomes__0="Read cues",
        agenda__0__minutes="45",
        faq__0__question="Is it free?",
        faq__0__answer="Yes.",
        next_step_text="The long course",
        next_step_url="https://littlehands.example/course",
    )
    assert answer.status_code == 303
    send(owner, TEACH, presenters__0__disclosure_other="None.")
    credit = {"gives_credit": "yes", "credit": "1.5 contact hours, by the State Board."}
    assert send(owner, EDIT, **credit).status_code == 303
    page = app.test_client().get("/w/baby-massage").text
    for words in (
        "Massage, newly told",
        "<strong>you</strong>",
        "For:",
        "45 min",
        "Is it free?",
        "The long course",
    ):
        assert words in page, words
    assert "1.5 contact hours, by the State Board." in page
    assert "Each session has 0.75 contact hours (45 minutes)" in page
    assert "0.75 contact hours (45 minutes)" in owner.get(EDIT).text
    with app.app_context():
        changes = select(AuditEntry).where(AuditEntry.action == "webinar.changed").order_by(AuditEntry.id)
        entry = db.session.scalars(changes).all()[0]
        was, now_is = entry.detail["before"], entry.detail["after"]
        assert (was["title"], now_is["title"]) == ("Baby massage & you", "Massage, newly told")


def test_rows_come_and_go_without_a_script(app: Flask, owner: FlaskClient) -> None:
    page = owner.get(EDIT).text
    more = owner.post(EDIT, data=filled(page, do="add:outcomes", title="Typed, not saved"))
    assert more.status_code == 200
    fields = filled(more.text)
    assert fields["title"] == "Typed, not saved"
    assert fields.getlist("outcomes-1") == [""]
    assert webinar(app).title == "Baby massage & you"
    less = filled(owner.post(EDIT, data=filled(more.text, do="remove:agenda-0")).text)
    assert "agenda-0-minutes" not in less
    assert less["agenda-1-title"] == "Pause"
    assert owner.post(EDIT, data=less).status_code == 303
    assert [line["title"] for line in webinar(app).agenda] == ["Pause"]


def test_the_second_of_two_is_told_and_shown_the_difference(app: Flask, owner: FlaskClient) -> None:
    late = owner.get(EDIT).text
    send(owner, EDIT, summary="Hers.")
    refused = owner.post(EDIT, data=filled(late, summary="Mine.", title="My title"))
    assert refused.status_code == 409
    for words in ("Somebody else has changed this", "Saved by somebody else", "Hers.", "Mine.", "My title"):
        assert words in refused.text
    assert webinar(app).summary == "Hers."
    assert owner.post(EDIT, data=filled(refused.text)).status_code == 303
    assert (webinar(app).summary, webinar(app).title) == ("Mine.", "My title")


def test_scripts_stay_words(app: Flask, owner: FlaskClient) -> None:
    evil = "<script>alert(1)</script><img src=x onerror=alert(1)>[x](javascript:alert(1))"
    send(owner, EDIT, title=evil[:60], description=evil, summary=evil, faq__0__question=evil, faq__0__answer=evil)
    for path in ("/w/baby-massage", EDIT, "/studio/webinars"):
        page = owner.get(path).text
        assert "<script>alert" not in page
        assert "<img src=x" not in page
        assert 'href="javascript:' not in page


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"title": ""}, "needs a title"),
        ({"description": "x" * 20_001}, "20,001 characters long; at most 20,000"),
        ({"agenda__0__minutes": "soon"}, "whole number from 1"),
        ({"agenda__0__title": ""}, "Say what happens then"),
        ({"faq__0__question": "Only half"}, "Write the answer"),
        ({"next_step_url": "https://x.example/"}, "Say in a sentence"),
        ({"next_step_text": "More"}, "Add the web address"),
        ({"next_step_text": "More", "next_step_url": "javascript:x"}, "starting with https://"),
        ({"gives_credit": "yes"}, "what credit it gives"),
        ({"gives_credit": "yes", "credit": "No CE credit."}, "says that there is none"),
        ({"gives_credit": "perhaps"}, "Choose one from the list"),
        ({"outcomes__0": "\u202ebackwards"}, "invisible control character"),
    ],
)
def test_what_cannot_be_is_refused_and_kept(
    app: Flask, owner: FlaskClient, changes: dict[str, str], words: str
) -> None:
    answer = send(owner, EDIT, audience="kept", **changes)
    assert answer.status_code == 400
    assert words in answer.text
    assert filled(answer.text)["audience"] == "kept"
    assert webinar(app).version == 1


def test_ten_pages_of_cyrillic_fit(app: Flask, owner: FlaskClient) -> None:
    assert send(owner, EDIT, description="Ж" * 20_000).status_code == 303
    assert len(webinar(app).description) == 20_000


def test_a_draft_of_the_words(app: Flask, owner: FlaskClient) -> None:
    fields = filled(owner.get(EDIT).text, summary="Half", do="add:faq")
    assert owner.post("/studio/drafts/keep", data={"form": "webinar:baby-massage", **fields}).status_code == 204
    assert "Unsaved draft" in owner.get(EDIT).text
    assert filled(owner.get(f"{EDIT}?draft=take").text)["summary"] == "Half"
    assert webinar(app).summary == "Four evenings."


def test_whoever_may_only_look_cannot_save(app: Flask) -> None:
    reader = signed_in(app, given_staff(app, Role.READER))
    assert "Save</button>" not in reader.get(EDIT).text.replace('aria-hidden="true">Save</button>', "")
    assert reader.post(EDIT, data={"title": "x"}).status_code == 403


def test_presenters_keep_their_rows_whatever_their_order(app: Flask, owner: FlaskClient) -> None:
    page = owner.post(TEACH, data=filled(owner.get(TEACH).text, do="add:presenters")).text
    done = owner.post(
        TEACH, data=filled(page, presenters__1__name="Ida Berg", presenters__1__email="ida@x.example")
    )
    assert done.status_code == 303
    with app.app_context():
        mara, ida = db.session.scalars(select(Presenter).order_by(Presenter.position)).all()
    fields = filled(owner.get(TEACH).text)
    swapped = {name: fields[name] for name in ("version",)}
    for new, old in ((0, 1), (1, 0)):
        for name in ("id", "name", "credentials", "email", "bio", "disclosure", "disclosure_other"):
            swapped[f"presenters-{new}-{name}"] = fields[f"presenters-{old}-{name}"]
    assert owner.post(TEACH, data=swapped).status_code == 303
    with app.app_context():
        rows = db.session.scalars(select(Presenter).order_by(Presenter.position)).all()
        assert [(row.id, row.name, row.link_nonce) for row in rows] == [
            (ida.id, "Ida Berg", ida.link_nonce),
            (mara.id, "Mara Lind", mara.link_nonce),
        ]


def test_removing_a_presenter_and_adding_one_in_one_go(app: Flask, owner: FlaskClient) -> None:
    page = owner.post(TEACH, data=filled(owner.get(TEACH).text, do="add:presenters")).text
    fewer = owner.post(TEACH, data=filled(page, do="remove:presenters-0", presenters__1__name="Ida Berg")).text
    assert owner.post(TEACH, data=filled(fewer)).status_code == 303
    with app.app_context():
        assert list(db.session.scalars(select(Presenter.name))) == ["Ida Berg"]


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"presenters__0__name": ""}, "Write her or his name"),
        ({"presenters__0__email": "nobody"}, "no e-mail address"),
        ({"presenters__0__email": "noreply@x.example"}, "that somebody reads"),
        ({"presenters__0__bio": "x" * 2001}, "2,001 characters long"),
        ({"presenters__0__id": "99999999999"}, ""),
    ],
)
def test_presenters_that_cannot_be(app: Flask, owner: FlaskClient, changes: dict[str, str], words: str) -> None:
    answer = send(owner, TEACH, **changes)
    assert answer.status_code == (400 if words else 303)
    assert words in answer.text


def test_another_webinars_presenter_cannot_be_taken(app: Flask, owner: FlaskClient, tmp_path: Path) -> None:
    send(owner, "/studio/webinars/baby-massage/copy", first="2027-03-02")
    with app.app_context():
        theirs = db.session.scalars(select(Presenter).join(Webinar).where(Webinar.slug != "baby-massage")).one()
    send(owner, TEACH, presenters__0__id=str(theirs.id), presenters__0__name="Taken")
    with app.app_context():
        assert db.session.get_one(Presenter, theirs.id).name == "Mara Lind"


def test_a_ce_event_names_all_that_is_missing(app: Flask, owner: FlaskClient) -> None:
    with app.app_context(), transaction():
        db.session.scalars(select(Cohort)).one().state = "draft"
    send(owner, EDIT, gives_credit="yes", credit="1 hour", outcomes__0="")
    refused = owner.post(f"/studio/cohorts/{KEY}/step/publish")
    assert refused.status_code == 409
    for words in ("one learning outcome", "says its level", "not disclosed non-financial"):
        assert words in refused.text
    send(owner, EDIT, outcomes__0="Read cues", level="Introductory")
    send(owner, TEACH, presenters__0__disclosure_other="None.")
    assert owner.post(f"/studio/cohorts/{KEY}/step/publish").status_code == 303
    assert "Other disclosure." in app.test_client().get("/w/baby-massage").text


def test_what_is_public_cannot_promise_credit_it_lacks_the_parts_for(app: Flask, owner: FlaskClient) -> None:
    refused = send(owner, EDIT, gives_credit="yes", credit="1 hour", level="")
    assert refused.status_code == 409
    for words in ("cannot promise credit", "says its level", "not disclosed non-financial"):
        assert words in refused.text
    assert filled(refused.text)["credit"] == "1 hour"
    assert webinar(app).credit == "No CE credit."
    send(owner, TEACH, presenters__0__disclosure_other="None.")
    assert send(owner, EDIT, gives_credit="yes", credit="1 hour", level="Introductory").status_code == 303
    refused = send(owner, TEACH, presenters__0__disclosure="")
    assert refused.status_code == 409
    assert "has not disclosed financial interests" in refused.text
    assert send(owner, EDIT, outcomes__0="").status_code == 409
    assert send(owner, EDIT, outcomes__0="", gives_credit="no").status_code == 303
