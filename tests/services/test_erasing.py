"""Whoever asks to be deleted is: from every table, but for what boards may ask for, and nobody else with her."""

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import NOW, given_cohort, outbox, sign_up
from tests.counting import counting
from tests.delivering import deliver
from tests.leaving_traces import ANN, FILE, NAME, WORDS, came, carried_out, given_traces, places_of
from tests.studio.staff import given_staff
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.core.together import together
from webinar_hub.models import (
    AttendanceSegment,
    AuditEntry,
    Cohort,
    Delivery,
    ErasedAddress,
    Erasure,
    Invitation,
    LooseFile,
    PeopleImport,
    Person,
    Registration,
)
from webinar_hub.queries import audit as audit_queries
from webinar_hub.queries import people_import
from webinar_hub.rules.erasure import FAREWELL, WAIT
from webinar_hub.rules.personal_data import Whose
from webinar_hub.services import erasing, erasures, people, people_importing, registrations
from webinar_hub.services import outbox as outbox_service
from webinar_hub.worker import clearing

OVER = timedelta(days=40)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def ann(app: Flask, cohort: str) -> int:
    """Ann, who has left traces everywhere; Bea is in the same cohort."""
    sign_up(app, cohort, "bea@x.example", "Bea Moss")
    return given_traces(app, cohort, organizer=given_staff(app))


def asked(app: Flask, person: int) -> None:
    with app.app_context(), transaction():
        erasures.begin_for(person, app.extensions["voice"](), actor="organizer:1", now=clock.now())


def number(app: Flask, column: object, *conditions: object) -> int:
    with app.app_context():
        return db.session.scalar(select(func.count(column)).where(*conditions)) or 0  # type: ignore[call-overload, no-any-return]


def test_nothing_of_her_is_left_in_any_table(app: Flask, ann: int, travel: Traveller) -> None:
    assert len(set(places_of(app, *WORDS))) > 10
    asked(app, ann)
    travel.shift(WAIT - timedelta(minutes=1))
    carried_out(app)
    assert number(app, Person.id) == 3
    travel.shift(timedelta(minutes=1))
    mails = carried_out(app)
    assert {"registration_cancelled", "calendar_cancel", "notice"} >= {
        row.kind for row in outbox(app) if row.state == "queued"
    }
    # Her calendar was told while there was an address to tell: one CANCEL for each evening.
    cancelled = [invite.method for mail in mails for invite in mail.invites]
    assert cancelled.count("CANCEL") == 2
    assert list(places_of(app, *WORDS)) == []
    assert number(app, Registration.id) == number(app, Person.id) == 1
    # Bea, whom she had asked to come, still may; the file Ann sent is claimed by nobody; Cleo is offered nothing.
    assert number(app, Invitation.id, Invitation.email == "bea@x.example", Invitation.due_at.is_(None)) == 1
    assert number(app, LooseFile.stored_name, LooseFile.stored_name == FILE) == 1
    assert list(places_of(app, "cleo@x.example")) == []
    assert number(app, AttendanceSegment.id) == 0
    with app.app_context():
        assert db.session.scalars(select(Cohort.seats_taken)).one() == 1
        assert db.session.scalars(select(PeopleImport.rows)).one() == [["Bea Moss", "bea@x.example"]]
        wish = db.session.scalars(select(Erasure)).one()
        assert (wish.state, wish.person_id, wish.reference) == ("done", None, "")
        assert audit_queries.verify().fault == ""
        entry = db.session.scalars(select(AuditEntry).where(AuditEntry.action == "person.erased")).one()
        assert (entry.subject, entry.detail) == (f"person:{ann}", {"kept": 0, "asked_by": "organizer:1"})


def test_what_boards_ask_for_stays_under_a_number(app: Flask, ann: int, travel: Traveller) -> None:
    travel.shift(OVER)
    came(app, ann)
    asked(app, ann)
    travel.shift(WAIT)
    mails = carried_out(app)
    assert list(places_of(app, *WORDS)) == []
    with app.app_context():
        nobody = db.session.scalars(select(Person).where(Person.email.like("%erased.invalid"))).one()
        place = db.session.scalars(select(Registration).where(Registration.person_id == nobody.id)).one()
        assert db.session.scalars(select(AttendanceSegment.registration_id)).all() == [place.id]
        assert (place.answers, place.state, place.source) == ({}, "confirmed", "")
        assert nobody.name in mails[-1].text
        assert number(app, Delivery.id, Delivery.registration_id == place.id) == 0
    # When boards ask no more, the number goes as well.
    travel.shift(timedelta(days=2600))
    with app.app_context():
        assert not clearing.purge(app)  # announced
    travel.shift(timedelta(days=16))
    with app.app_context():
        clearing.purge(app, most=100)
    assert number(app, AttendanceSegment.id) == 0
    assert list(places_of(app, nobody.name)) == ["erasures.reference"]


def test_she_can_take_it_back_until_it_begins_and_not_after(app: Flask, ann: int, travel: Traveller) -> None:
    asked(app, ann)
    asked(app, ann)
    assert number(app, Erasure.id) == 1
    with app.app_context(), transaction():
        erasures.take_back(ann, actor=f"person:{ann}", now=clock.now())
    travel.shift(WAIT)
    carried_out(app)
    assert number(app, Person.id, Person.email == ANN) == 1
    asked(app, ann)
    travel.shift(WAIT)
    with app.app_context():
        clearing.carry_out(app, most=1)
    with app.app_context(), pytest.raises(Conflict), transaction():
        erasures.take_back(ann, actor=f"person:{ann}", now=clock.now())


def test_a_mail_on_the_wire_is_waited_for_and_its_record_disturbs_nobody(
    app: Flask, ann: int, travel: Traveller
) -> None:
    asked(app, ann)
    deliver(app)
    travel.shift(WAIT)
    with app.app_context():
        clearing.carry_out(app, most=1)
        with transaction():
            claimed = outbox_service.claim(50, lease=45, now=clock.now())
        assert claimed
        clearing.carry_out(app)
        assert number(app, Person.id, Person.email == ANN) == 1
    travel.shift(FAREWELL)
    with app.app_context():
        clearing.carry_out(app)
        sent = [outbox_service.Result(item, "sent", "250 ok") for item in claimed]
        with transaction():
            outbox_service.record(sent, now=clock.now())
    assert list(places_of(app, *WORDS)) == []
    assert number(app, Delivery.id, Delivery.registration_id.is_(None), Delivery.notice_id.is_(None)) == 0


def test_who_signs_up_meanwhile_is_deleted_too_and_afterwards_is_somebody_new(
    app: Flask, cohort: str, ann: int, travel: Traveller
) -> None:
    asked(app, ann)
    travel.shift(WAIT)
    with app.app_context():
        clearing.carry_out(app, most=1)
    sign_up(app, cohort, ANN, NAME)
    carried_out(app)
    assert list(places_of(app, *WORDS)) == []
    sign_up(app, cohort, ANN, NAME)
    with app.app_context():
        again = db.session.scalars(select(Person).where(Person.email == ANN)).one()
        assert again.id != ann


def test_a_sign_up_at_the_moment_of_deletion_is_lost_to_nobody(
    app: Flask, cohort: str, ann: int, travel: Traveller
) -> None:
    """Both at once, with real threads: whoever comes second finds things as the first has left them."""
    asked(app, ann)
    travel.shift(WAIT)
    with app.app_context():
        clearing.carry_out(app, most=1)
    deliver(app)
    begin, problems = threading.Barrier(2), []

    def run(work: object) -> None:
        with app.app_context():
            begin.wait()
            try:
                work()  # type: ignore[operator]
            except Exception as error:
                problems.append(error)

    def comes() -> None:
        form = registrations.SignUp(NAME, ANN, "OT", "", "", "/")
        together(
            lambda: registrations.sign_up(cohort, form, network="192.0.2.9", per_network=300, now=clock.now()),
            group=cohort,
        )

    threads = [threading.Thread(target=run, args=(work,)) for work in (comes, lambda: clearing.carry_out(app))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert problems == []
    with app.app_context():
        taken = db.session.scalars(select(Cohort.seats_taken)).one()
        live = number(app, Registration.id, Registration.state == "confirmed")
        assert taken == live
        assert number(app, Registration.id, Registration.person_id.not_in(select(Person.id))) == 0


def test_no_file_and_no_hand_brings_her_back_unseen(app: Flask, ann: int, travel: Traveller) -> None:
    asked(app, ann)
    travel.shift(WAIT)
    carried_out(app)
    assert number(app, ErasedAddress.fingerprint) == 3
    with app.app_context():
        row = db.session.scalars(select(Cohort)).one()
        with transaction():
            rows = [[NAME, ANN], ["Cleo Park", "cleo@x.example"]]
            file = people_importing.upload(
                row.id, "again.csv", ["name", "email"], rows, organizer=1, now=clock.now()
            )
        page = people_import.page(row.id, file)
        assert (page.counts["erased"], page.counts["new"]) == (1, 1)
        assert "asked on 2026-11-26" in page.noted[0].note
        with transaction():
            wishes = people_importing.Wishes(tell=False, bring_back=True)
            people_importing.apply(row.id, file, wishes, actor="organizer:1", now=clock.now())
        assert number(app, Person.id, Person.email == ANN) == 0
        assert number(app, Person.id, Person.email == "cleo@x.example") == 1
        with pytest.raises(Conflict, match="nobody adds her again"), transaction():
            people.add(row.key, people.Added(NAME, ANN, "OT", ""), tell=False, actor="organizer:1", now=clock.now())


def test_deleting_costs_the_same_however_much_there_is(
    app: Flask, cohort: str, ann: int, travel: Traveller
) -> None:
    sign_up(app, cohort, "cleo@x.example", "Cleo Park")
    with app.app_context():
        cleo = db.session.scalars(select(Person.id).where(Person.email == "cleo@x.example")).one()
    costs = []
    for person in (cleo, ann):
        asked(app, person)
        deliver(app)
    travel.shift(WAIT)
    with app.app_context():
        clearing.carry_out(app, most=2)
    deliver(app)
    for _ in range(2):
        with counting(app) as statements, app.app_context(), transaction():
            erasures.carry_out_next(app.extensions["voice"](), keep_attendance=2555, now=clock.now())
        costs.append(len(statements))
    # Ann is in a file of people, which is written anew, and has two addresses; nothing else costs more.
    assert max(costs) < 70
    assert max(costs) - min(costs) <= 8
    assert number(app, Person.id) == 1
    assert clock.now() > NOW


def test_one_wish_that_fails_does_not_hold_up_the_others(
    app: Flask, cohort: str, ann: int, travel: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    sign_up(app, cohort, "cleo@x.example", "Cleo Park")
    sign_up(app, cohort, "dina@x.example", "Dina Park")
    with app.app_context():
        dina, cleo = db.session.scalars(
            select(Person.id).where(Person.name.like("% Park")).order_by(Person.id.desc())
        )
    for person in (ann, dina, cleo):
        asked(app, person)
    with app.app_context(), transaction() as session:
        # As if she had been deleted on another way.
        session.execute(update(Erasure).where(Erasure.person_id == dina).values(person_id=None))
    travel.shift(WAIT)
    held = erasing.held

    def fails_for_ann(person: int) -> Whose:
        if person == ann:
            raise LookupError("nothing fits")
        return held(person)

    monkeypatch.setattr(erasing, "held", fails_for_ann)
    with app.app_context():
        for _ in range(2):
            clearing.carry_out(app)
        states = db.session.scalars(select(Erasure.state)).all()
    assert sorted(states) == ["done", "leaving", "waiting"]
