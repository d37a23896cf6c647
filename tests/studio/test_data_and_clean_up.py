"""The studio's part: a person's data for her, and the nightly clean-up, which is shown before it does anything."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.leaving_traces import ANN, WORDS, came, carried_out, given_traces, places_of
from tests.studio.forms import filled
from tests.studio.staff import given_staff, signed_in
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AttendanceSegment,
    AuditEntry,
    Consent,
    Delivery,
    Draft,
    PeopleImport,
    Person,
    PersonNote,
    Purge,
    Registration,
)
from webinar_hub.queries import audit as audit_queries
from webinar_hub.queries import purge as queries
from webinar_hub.rules.erasure import WAIT
from webinar_hub.rules.staff import Role
from webinar_hub.services import audit
from webinar_hub.worker import clearing

YEAR = timedelta(days=400)
# From when they signed up: their last session is over for as long as that.
TWO_YEARS = timedelta(days=780)


@pytest.fixture
def ann(app: Flask, cohort: str, owner: FlaskClient) -> int:
    app.config["WTF_CSRF_ENABLED"] = False
    return given_traces(app, cohort, organizer=1)


def count(app: Flask, column: Any, *conditions: Any) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(column)).where(*conditions)) or 0


def clean_up(app: Flask) -> None:
    with app.app_context():
        while clearing.purge(app):
            pass


def keep(app: Flask, owner: FlaskClient, **days: str) -> int:
    page = owner.get("/studio/settings/retention").text
    fields = filled(page, **{f"keep_{kind}": number for kind, number in days.items()})
    return owner.post("/studio/settings/retention", data=fields).status_code


def test_the_desk_gives_her_a_copy_and_deletes_her_and_both_are_on_record(
    app: Flask, ann: int, owner: FlaskClient, travel: Traveller
) -> None:
    page = f"/studio/people/{ann}/data"
    assert "Tuesday evenings" in owner.get(page).text
    answer = owner.post(f"{page}/export")
    assert answer.data.startswith(b"PK")
    deliver(app)
    assert owner.post(f"{page}/delete").status_code == 303
    assert "She will be deleted" in owner.get(page).text
    told = deliver(app)
    assert [mail.message["To"].addresses[0].addr_spec for mail in told] == [ANN]
    assert "As you asked us" in told[0].text
    assert owner.post(f"{page}/keep").status_code == 303
    assert owner.post(f"{page}/delete").status_code == 303
    travel.shift(WAIT)
    carried_out(app)
    assert list(places_of(app, *WORDS)) == []
    assert owner.get(page).status_code == 404
    with app.app_context():
        actions = db.session.scalars(select(AuditEntry.action).where(AuditEntry.subject == f"person:{ann}")).all()
        assert [each for each in actions if each.startswith(("erasure", "person.e"))] == [
            "person.exported", "erasure.asked", "erasure.taken_back", "erasure.asked", "person.erased",
        ]  # fmt: skip
        assert audit_queries.verify().fault == ""


def test_only_whoever_may_change_all_of_hers_gets_at_her_data(app: Flask, ann: int) -> None:
    reader = signed_in(app, given_staff(app, Role.READER, email="reader@littlehands.example"))
    elsewhere = signed_in(app, given_staff(app, Role.PRESENTER, email="other@littlehands.example"))
    desk = signed_in(app, given_staff(app, Role.DESK, email="desk@littlehands.example", slug="baby-massage"))
    page = f"/studio/people/{ann}/data"
    for who in (reader, elsewhere):
        assert [who.get(page).status_code, who.post(f"{page}/export").status_code] == [403, 403]
    assert desk.get(page).status_code == 200
    assert desk.get("/studio/settings/clean-up").status_code == 403
    assert desk.get("/studio/people/999/data").status_code == 404


def test_nothing_goes_before_it_was_shown_and_what_goes_is_on_record(
    app: Flask, ann: int, owner: FlaskClient, travel: Traveller
) -> None:
    clean_up(app)
    assert count(app, Purge.kind) == 0
    travel.shift(TWO_YEARS)
    notes = count(app, PersonNote.id)
    clean_up(app)
    assert (count(app, PersonNote.id), notes) == (1, 1)
    owner = signed_in(app, 1)
    today = owner.get("/studio/today").text
    assert "Old data will be deleted from" in today
    page = owner.get("/studio/settings/clean-up").text
    assert "It has never been cleaned up before, so it waits." in page
    assert "Ann Leeward" in page
    assert owner.post("/studio/settings/clean-up/notes/confirm").status_code == 303
    clean_up(app)
    assert count(app, PersonNote.id) == 1
    # The next night begins at three in New York.
    travel.shift(timedelta(days=1))
    clean_up(app)
    assert count(app, PersonNote.id) == 0
    assert count(app, Draft.id) == count(app, PeopleImport.id) == 1
    assert count(app, Registration.id, Registration.answers.cast(db.String).like("%Quillon%")) == 1
    with app.app_context():
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "purge.done")).one()
    assert (entry.actor, entry.detail) == ("system", {"number": 2, "days": 730})
    # Two weeks later the others go by themselves, but for whoever still wants news.
    travel.shift(timedelta(days=15))
    clean_up(app)
    assert count(app, Draft.id) == count(app, PeopleImport.id) == 0
    assert list(places_of(app, "Quillon")) == []
    assert count(app, Person.id, Person.email == ANN) == 1


def test_a_person_goes_when_nobody_needs_her_any_more(app: Flask, ann: int, travel: Traveller) -> None:
    came(app, ann)
    with app.app_context(), transaction() as session:
        session.execute(update(Consent).values(withdrawn_at=clock.now()))
    travel.shift(4 * YEAR)
    for _ in range(2):
        clean_up(app)
        travel.shift(timedelta(days=16))
    # Boards may ask for her evening for seven years, and what they want to see is her name.
    assert count(app, Person.id, Person.email == ANN) == count(app, AttendanceSegment.id) == 1
    assert count(app, Delivery.id) == 0
    travel.shift(4 * YEAR)
    for _ in range(3):
        clean_up(app)
        travel.shift(timedelta(days=16))
    assert list(places_of(app, *WORDS)) == []
    with app.app_context():
        assert audit_queries.verify().fault == ""


def test_a_shorter_period_is_announced_anew_and_the_boards_floor_holds(
    app: Flask, ann: int, owner: FlaskClient, travel: Traveller
) -> None:
    assert keep(app, owner, attendance="100") == 422
    assert keep(app, owner, notes="300") == 303
    travel.shift(YEAR)
    clean_up(app)
    owner = signed_in(app, 1)
    assert owner.post("/studio/settings/clean-up/notes/confirm").status_code == 303
    assert keep(app, owner, notes="30") == 303
    travel.shift(timedelta(days=1))
    clean_up(app)
    assert count(app, PersonNote.id) == 1
    assert owner.post("/studio/settings/clean-up/notes/hold").status_code == 303
    travel.shift(timedelta(days=10))
    clean_up(app)
    assert count(app, PersonNote.id) == 1
    owner = signed_in(app, 1)
    assert keep(app, owner, notes="0") == 303
    travel.shift(timedelta(days=30))
    owner = signed_in(app, 1)
    clean_up(app)
    assert count(app, PersonNote.id) == 1
    assert owner.post("/studio/settings/clean-up/notes/confirm").status_code == 409
    assert owner.post("/studio/settings/clean-up/nothing/confirm").status_code == 404


def test_the_log_is_shortened_at_its_begin_and_stays_whole(
    app: Flask, owner: FlaskClient, travel: Traveller
) -> None:
    def note(times: int) -> None:
        with app.app_context(), transaction():
            for number in range(times):
                audit.note("organizer:1", "session.moved", f"session:{number}", now=clock.now())
                audit.note("person:1", "details.changed", "person:1", now=clock.now())

    note(700)
    travel.shift(timedelta(days=2600))
    note(5)
    clean_up(app)
    travel.shift(timedelta(days=16))
    clean_up(app)
    with app.app_context():
        verdict = audit_queries.verify()
        assert (verdict.position, verdict.fault) == (707, "")
        assert audit_queries.purged_through() == 700
    # Two kinds were cleaned up, the log and an old sign-in, and each is on record.
    assert count(app, AuditEntry.id) == 12
    with app.app_context(), transaction() as session:
        session.execute(update(AuditEntry).where(AuditEntry.subject == "session:3").values(actor="organizer:2"))
    with app.app_context():
        assert "is not what was written" in audit_queries.verify().fault


def test_the_preview_costs_the_same_for_one_and_for_many(
    app: Flask, cohort: str, ann: int, owner: FlaskClient, travel: Traveller
) -> None:
    costs = []
    for people in (0, 40):
        for number in range(people):
            sign_up(app, cohort, f"p{number}@x.example", f"P {number}", network=f"192.0.2.{number}")
        with counting(app) as statements, app.app_context(), later(travel, 4 * YEAR):
            kinds = queries.preview(clearing.periods_of(app).days, "UTC", clock.now())
        costs.append(len(statements))
    assert costs[0] == costs[1] < 60
    assert {kind.key: kind.number for kind in kinds}["registrations"] == 40


def test_the_command_shows_and_then_does_the_same(
    app: Flask, ann: int, travel: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    from webinar_hub.cli import purge_command  # after the app, as the command does

    monkeypatch.setattr(purge_command, "application", lambda: app)
    monkeypatch.setattr(purge_command, "demand_up_to_date", lambda _: None)
    travel.shift(TWO_YEARS)
    shown = CliRunner().invoke(purge_command.command, ["--dry-run"])
    assert "such as: Ann Leeward" in shown.output
    assert count(app, Purge.kind) == 0
    CliRunner().invoke(purge_command.command)
    travel.shift(timedelta(days=16))
    CliRunner().invoke(purge_command.command)
    assert count(app, PersonNote.id) == 0


@contextmanager
def later(travel: Traveller, by: timedelta) -> Iterator[None]:
    travel.shift(by)
    yield
    travel.shift(-by)
