"""Limits as the worker keeps them: what goes, what waits, what it costs, on both databases."""

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import func, select, update
from time_machine import Traveller

from tests.building import expand, given_cohort, outbox, sign_up
from tests.counting import counting
from tests.delivering import Post, desk, read
from webinar_hub.adapters.mail import Unreachable
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, Delivery, Pace
from webinar_hub.rules.pacing import DAY, MAIL, TODAY, Limits
from webinar_hub.services import pacing
from webinar_hub.worker import pacer as pacer_module
from webinar_hub.worker.drain import Desk, drain
from webinar_hub.worker.pacer import Pacer

WEEK = timedelta(days=7)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


@pytest.fixture
def reminders(app: Flask, cohort: str, travel: Traveller) -> int:
    """Reminders that are due, to six people at Gmail and six elsewhere, and nothing else."""
    for number in range(12):
        sign_up(app, cohort, f"p{number}@{'gmail.com' if number % 2 else f'd{number}.example'}")
    with app.app_context(), transaction() as session:
        session.execute(update(Delivery).values(state="cancelled"))
    travel.shift(timedelta(days=9))
    expand(app)
    return 12


def paced(app: Flask, **limits: object) -> Desk:
    values = {name: getattr(desk(app), name) for name in Desk.__slots__}
    return Desk(**values | {"pacer": Pacer(Limits(**limits))})


def about_paces(statements: list[str]) -> list[str]:
    return [text for text in statements if "paces" in text]


def states(app: Flask) -> Counter[str]:
    return Counter(row.state for row in outbox(app, kind="reminder"))


def bucket(app: Flask, name: str) -> Pace:
    with app.app_context():
        row = db.session.get(Pace, name)
        assert row is not None
        return row


def test_without_a_limit_not_one_statement_is_added(app: Flask, reminders: int) -> None:
    with counting(app) as statements:
        drain(app, paced(app), Post(), limit=100)
    assert states(app) == {"sent": reminders}
    assert about_paces(statements) == []


def test_limits_that_concern_nobody_in_a_batch_add_no_statement(app: Flask, reminders: int) -> None:
    with counting(app) as statements:
        drain(app, paced(app, domains={"web.de": 1}), Post(), limit=100)
    assert states(app) == {"sent": reminders}
    assert about_paces(statements) == []


@pytest.mark.parametrize("people", [1, 12])
def test_limits_cost_two_statements_a_batch_however_many_mails_and_domains(
    app: Flask, reminders: int, people: int
) -> None:
    at_work = paced(app, rate=1000, domains={"*": 1000, "gmail.com": 1000}, daily=1000)
    drain(app, at_work, Post(), limit=100)
    with app.app_context(), transaction() as session:
        again = select(Delivery.id).where(Delivery.kind == "reminder").order_by(Delivery.id).limit(people)
        session.execute(update(Delivery).where(Delivery.id.in_(again)).values(state="queued", sent_at=None))
    with counting(app) as statements:
        assert drain(app, at_work, Post(), limit=100) == people
    assert len(about_paces(statements)) == 2


def test_no_more_is_claimed_than_there_are_slots_in_a_second(app: Flask, reminders: int) -> None:
    post, at_work = Post(), paced(app, rate=4)
    assert drain(app, at_work, post, limit=100) == 4
    assert len(post.tried) == 4


def test_what_has_no_slot_stays_due_and_costs_no_attempt(app: Flask, reminders: int) -> None:
    at_work = paced(app, rate=4)
    with app.app_context(), transaction():
        db.session.add(Pace(name=MAIL, next_at=4e9))
    assert drain(app, at_work, Post(), limit=100) == 4
    assert {(row.state, row.attempts, row.due_at > clock.now()) for row in outbox(app, kind="reminder")} == {
        ("queued", 0, False)
    }
    with counting(app) as statements:
        assert drain(app, at_work, Post(), limit=100) == 0, "it is known now, and nothing is claimed in vain"
    assert len(statements) == 1


def test_a_confirmation_goes_out_while_all_slots_are_taken(app: Flask, cohort: str, reminders: int) -> None:
    post, at_work = Post(), paced(app, rate=4, domains={"*": 0.001})
    with app.app_context(), transaction():
        db.session.add(Pace(name=MAIL, next_at=4e9))
    drain(app, at_work, post, limit=100)
    assert post.tried == []
    sign_up(app, cohort, "late@gmail.com")
    drain(app, at_work, post, limit=100)
    assert [read(envelope).message["To"].addresses[0].addr_spec for envelope in post.tried] == ["late@gmail.com"]
    assert bucket(app, MAIL).next_at == pytest.approx(4e9 + 0.25), "it has used up a slot all the same"


def test_a_change_to_many_keeps_the_pace_but_goes_before_reminders(app: Flask, cohort: str, reminders: int) -> None:
    with app.app_context(), transaction() as session:
        row = session.scalars(select(Broadcast).limit(1)).one()
        session.add(Broadcast(cohort_id=row.cohort_id, key="news", kind="cohort_cancelled", due_at=clock.now()))
    expand(app)
    post = Post()
    assert drain(app, paced(app, rate=5), post, limit=100) == 5
    assert {envelope.reference.partition(":")[0] for envelope in post.tried} == {"news"}


def test_a_slow_domain_waits_in_line_and_the_others_do_not(app: Flask, reminders: int) -> None:
    post, at_work = Post(), paced(app, domains={"gmail.com": 0.1})
    while drain(app, at_work, post, limit=5):
        pass
    went = Counter(read(envelope).message["To"].addresses[0].domain == "gmail.com" for envelope in post.tried)
    assert went == {False: 6, True: 1}
    waits = sorted((row.due_at - clock.now()).total_seconds() for row in outbox(app, state="queued"))
    assert [round(wait / 10) for wait in waits] == [1, 2, 3, 4, 5]
    assert {(row.attempts, row.composed_at) for row in outbox(app, state="queued")} == {(0, None)}


def test_who_waits_beyond_the_end_expires_when_that_has_come(app: Flask, reminders: int, travel: Traveller) -> None:
    at_work = paced(app, domains={"gmail.com": 1e-6})
    while drain(app, at_work, Post(), limit=5):
        pass
    assert all(row.due_at == row.expires_at for row in outbox(app, state="queued"))
    travel.shift(WEEK)
    with app.app_context(), transaction():
        from webinar_hub.services import outbox as service

        assert service.expire(clock.now()) == 5


def test_after_nine_tenths_of_the_day_only_service_mails_go(
    app: Flask, cohort: str, reminders: int, caplog: pytest.LogCaptureFixture
) -> None:
    post, at_work = Post(), paced(app, daily=10)
    assert drain(app, at_work, post, limit=100) == 12
    assert states(app) == {"sent": 9, "queued": 3}
    for number in range(3):
        sign_up(app, cohort, f"late{number}@x.example")
    while drain(app, at_work, post, limit=100):
        pass
    assert len(post.tried) == 10
    assert drain(app, at_work, post, limit=100) == 0
    day = bucket(app, TODAY)
    assert (day.used, sum(day.lines.values())) == (10, 10)
    with app.app_context(), transaction() as session:
        session.execute(update(Pace).values(lines={str(int(hour) - 26): used for hour, used in day.lines.items()}))
    tomorrow = paced(app, daily=10)
    while drain(app, tomorrow, post, limit=100):
        pass
    assert states(app) == {"sent": 12}


def test_the_day_is_not_charged_for_what_never_reached_the_server(app: Flask, reminders: int) -> None:
    drain(app, paced(app, daily=100), Post(Unreachable("refused")), limit=100)
    assert bucket(app, TODAY).used == 0
    assert states(app) == {"queued": 12}


def test_a_slow_server_does_not_hold_a_sender_for_long(
    app: Flask, reminders: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F22: what is not done in a few seconds goes back, and fewer are claimed the next time."""
    monkeypatch.setattr(pacer_module, "TURN", 0.0)
    at_work, post = paced(app), Post()
    drain(app, at_work, post, limit=100)
    assert len(post.tried) == 0
    monkeypatch.setattr(pacer_module, "TURN", 4.0)
    assert [drain(app, at_work, post, limit=100) for _ in range(3)] == [1, 2, 4]
    assert {row.attempts for row in outbox(app, state="queued")} == {0}


def test_only_one_process_a_second_looks_whether_the_server_is_back(app: Flask) -> None:
    def look() -> bool:
        with app.app_context(), transaction():
            return pacing.may_probe(60)

    assert [look(), look(), look()] == [True, False, False]
    with app.app_context(), transaction():
        pacing.found_back()
    assert look(), "somebody has found it back: the others need not wait"


def test_buckets_that_have_rested_for_a_day_are_forgotten(app: Flask, reminders: int) -> None:
    drain(app, paced(app, domains={"*": 100}), Post(), limit=100)
    with app.app_context(), transaction() as session:
        session.execute(update(Pace).where(Pace.name != "to gmail.com").values(next_at=Pace.next_at - 2 * DAY))
    with app.app_context(), transaction():
        pacing.forget()
    with app.app_context():
        assert db.session.scalars(select(Pace.name)).all() == ["to gmail.com"]
        assert db.session.scalar(select(func.count()).select_from(Pace)) == 1
