"""The studio's page of a cohort's places: settings, decisions, the line; and what Today says of it."""

from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.building import KEY
from tests.counting import counting
from tests.studio.forms import send
from tests.studio.staff import given_staff, signed_in
from tests.waiting import come, leave, row, seats, small, standing, waiting_mails
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AskedQuestion, AuditEntry, Cohort, Registration
from webinar_hub.rules.staff import Role
from webinar_hub.services import cloning

PAGE = f"/studio/cohorts/{KEY}/places"


def test_settings_are_kept_and_more_seats_go_to_the_line(
    app: Flask, owner: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    cohort = small(app, tmp_path, seats=1)
    come(app, cohort, "ann", "bea", "cleo")
    assert "Places" in owner.get(f"/studio/cohorts/{KEY}/registration").text
    answer = send(
        owner, PAGE, capacity="2", offer_minutes="60", needs_approval="y", changes_close="2026-12-01T12:00"
    )
    assert answer.status_code == 303, answer.text
    assert "1 person is offered a seat" in owner.get(PAGE).text
    assert (standing(app)["bea"], standing(app)["cleo"]) == ("offered", "waitlisted")
    with app.app_context():
        kept = db.session.scalars(select(Cohort)).one()
        assert (kept.capacity, kept.offer_minutes, kept.needs_approval, kept.has_waitlist) == (2, 60, True, True)
        assert kept.changes_close_at is not None
        assert kept.changes_close_at.hour == 17
        assert cloning.settings_of(kept)["offer_minutes"] == 60
    few = send(owner, PAGE, capacity="1")
    assert (few.status_code, "2 seats are taken or held" in few.text) == (409, True)
    none = send(owner, PAGE, capacity="")
    assert (none.status_code, "A waitlist needs a number of seats" in none.text) == (400, True)
    old = send(owner, PAGE, version="1", capacity="5")
    assert (old.status_code, 'value="5"' in old.text) == (409, True)
    # The details page leaves alone what it does not show.
    send(owner, f"/studio/cohorts/{KEY}/details", title="Other evenings")
    with app.app_context():
        assert db.session.scalars(select(Cohort)).one().has_waitlist


def test_what_somebody_wrote_stands_beside_her(app: Flask, owner: FlaskClient, tmp_path: Path) -> None:
    come(app, small(app, tmp_path, needs_approval=True), "ann")
    with app.app_context(), transaction():
        hers = db.session.scalars(select(Registration)).one()
        asked = {"key": "ward", "position": 1, "kind": "short text", "label": "Which ward?"}
        db.session.add(AskedQuestion(cohort_id=hers.cohort_id, **asked))
        hers.answers, hers.seat_kept = {"ward": "NICU"}, True
    page = owner.get(PAGE).text
    assert "Which ward?</dt><dd>NICU" in page
    assert "has a seat, changed her sign-up" in page


def test_decisions_with_their_number_and_reason(
    app: Flask, owner: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    cohort = small(app, tmp_path, seats=1, needs_approval=True)
    come(app, cohort, "ann", "bea", "cleo", "dina")
    today = owner.get("/studio/today").text
    assert "4 people wait for your decision" in today
    assert PAGE in today
    ids = {name: row(app, name).id for name in ("ann", "bea", "cleo", "dina")}
    asked = owner.get(f"{PAGE}/decide?action=approve&who={ids['bea']}&who={ids['ann']}").text
    assert "Approve 2 people?" in asked
    assert "Only 1 seat is free" in asked
    owner.post(f"{PAGE}/decide", data={"action": "approve", "who": [ids["bea"], ids["ann"]]})
    assert (standing(app)["ann"], standing(app)["bea"]) == ("confirmed", "waitlisted")
    too_long = owner.post(f"{PAGE}/decide", data={"action": "decline", "who": ids["cleo"], "reason": "x" * 501})
    assert (too_long.status_code, "x" * 501 in too_long.text) == (422, True)
    answer = owner.post(f"{PAGE}/decide", data={"action": "decline", "who": ids["cleo"], "reason": "Full of OTs"})
    assert answer.status_code == 303
    page = owner.get(PAGE).text
    assert "1 person is declined, and told so." in page
    assert "Full of OTs" in page
    assert waiting_mails(app, "cleo") == ["declined"]
    # Somebody else has decided meanwhile: nothing is changed, and it is on record.
    late = owner.post(f"{PAGE}/{ids['ann']}/front")
    assert late.status_code == 409
    leave(app, "ann")
    assert standing(app)["bea"] == "offered"
    late = owner.post(f"{PAGE}/{ids['bea']}/approve")
    assert (late.status_code, "Somebody was quicker" in late.text) == (409, True)
    with app.app_context():
        refused = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "registration.refused")).one()
    assert (refused.subject, refused.detail["state"]) == (f"registration:{ids['bea']}", "offered")
    # A decision can be taken back.
    owner.post(f"{PAGE}/{ids['cleo']}/approve")
    assert (standing(app)["cleo"], seats(app)) == ("waitlisted", 1)


def test_the_line_is_led_button_by_button(
    app: Flask, owner: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    app.config["WTF_CSRF_ENABLED"] = False
    come(app, small(app, tmp_path, seats=1), "ann", "bea", "cleo")
    ids = {name: row(app, name).id for name in ("ann", "bea", "cleo")}
    for what, says in (
        ("front", "Cleo is the next on the waitlist."),
        ("in-turn", "stands on the waitlist where her time puts her"),
        ("remove", "Cleo is off the waitlist"),
    ):
        assert says in owner.post(f"{PAGE}/{ids['cleo']}/{what}", follow_redirects=True).text
    assert "off the waitlist?" in owner.get(f"{PAGE}/{ids['bea']}/remove").text
    assert standing(app) == {"ann": "confirmed", "bea": "waitlisted", "cleo": "cancelled"}
    assert owner.post(f"{PAGE}/{ids['bea']}/nonsense").status_code == 404
    assert owner.post(f"{PAGE}/4711/front").status_code == 404
    people = owner.get(f"/studio/cohorts/{KEY}/people?state=waitlisted").text
    assert "bea@x.example" in people
    assert "ann@x.example" not in people
    assert "on the waitlist" in people
    # A presenter sees numbers and no names.
    presenter = signed_in(app, given_staff(app, Role.PRESENTER, email="p@littlehands.example"))
    seen = presenter.get(PAGE).text
    assert "on the waitlist" in seen
    assert "bea@x.example" not in seen
    assert presenter.post(f"{PAGE}/{ids['bea']}/front").status_code == 403


def test_the_page_costs_the_same_however_many_wait(
    app: Flask, owner: FlaskClient, tmp_path: Path, travel: Traveller
) -> None:
    cohort = small(app, tmp_path, seats=1)
    costs = set()
    for round_, many in enumerate((1, 3, 30)):
        come(app, cohort, *(f"p{round_}-{n}" for n in range(many)))
        owner.get(PAGE)
        with counting(app) as statements:
            owner.get(PAGE)
        costs.add(len(statements))
    assert len(costs) == 1
