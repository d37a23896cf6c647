"""What a worker asks all the time finds its rows by an index, however much has been sent before (SQLite tells)."""

import re
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from sqlalchemy import event, select
from time_machine import Traveller

from tests.building import NOW, given_cohort, sign_up
from tests.counting import counting
from tests.databases import Empty
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import db, rehearsal, transaction
from webinar_hub.models import Cohort, Session
from webinar_hub.queries import doctor, health, metrics, needs, today
from webinar_hub.queries import lines as waitlists
from webinar_hub.queries import outbox as outbox_pages
from webinar_hub.queries.plan import cohort_plan
from webinar_hub.rules.outbox_filter import Wanted
from webinar_hub.services import outbox, places, plan, sessions


@pytest.fixture
def settings(sqlite: Empty, tmp_path: Path) -> Settings:
    """PostgreSQL decides by statistics, which a small table has none of; benchmarks/growth.py measures it."""
    return read_settings(data_folder=tmp_path / "data", database_url=sqlite(tmp_path), secret_key="only for tests")


@pytest.fixture
def inside(app: Flask, tmp_path: Path, travel: Traveller) -> Iterator[None]:
    sign_up(app, given_cohort(app, tmp_path))
    with app.app_context():
        yield


def move_an_evening() -> None:
    cohort, session = db.session.scalars(select(Cohort)).one(), db.session.scalars(select(Session)).first()
    assert session is not None
    plan.silence(session)
    sessions.cancel(cohort, session, actor="test", now=NOW)


def claim() -> None:
    with transaction():
        outbox.claim(10, lease=45, now=NOW)


def cancel_a_cohort() -> None:
    sessions.cancel_cohort(db.session.scalars(select(Cohort)).one(), actor="test", now=NOW)


def in_a_transaction(step: Callable[[], object]) -> Callable[[], None]:
    def run() -> None:
        with rehearsal() as session:
            step()
            session.flush()

    return run


STEPS = {
    "claim": claim,
    "next due": health.next_due,
    "unfinished": lambda: health.unfinished(NOW),
    "orphaned": lambda: outbox.orphaned(NOW),
    "expire": in_a_transaction(lambda: outbox.expire(NOW + timedelta(days=400))),
    "move an evening": in_a_transaction(move_an_evening),
    "count the outbox": lambda: outbox_pages.some_counts(Wanted()),
    "count one webinar's": lambda: outbox_pages.some_counts(Wanted(webinars=(1,))),
    "look into the outbox": lambda: outbox_pages.page(Wanted(kind="live", cohort="january"), 50),
    "look for what failed": lambda: outbox_pages.page(Wanted(states=("failed",)), 50),
    "look for one person": lambda: outbox_pages.page(Wanted(email="ann@x.example"), 50),
    "count what can be retried": lambda: outbox_pages.to_retry(Wanted(), NOW),
}


@pytest.mark.parametrize("step", STEPS)
def test_no_step_reads_the_history(step: str, inside: None) -> None:
    for statement, plan_of_it in _plans(STEPS[step]).items():
        for line in plan_of_it:
            reads_all = line.startswith("SCAN deliveries") and "ix_deliveries_open" not in line
            assert not reads_all, f"{line} in {statement}"
            assert "TEMP B-TREE" not in line, f"{line} in {statement}"


# What has no use for an index of all that a cohort was ever sent, and which index it takes instead.
BY_INDEX = {
    "cancel a cohort": (in_a_transaction(cancel_a_cohort), "deliveries USING INDEX ix_deliveries_open"),
    "why mails failed": (lambda: doctor.failures(NOW), "deliveries USING INDEX ix_deliveries_not_sent"),
    "count a plan": (
        lambda: cohort_plan("january"),
        "deliveries USING COVERING INDEX ix_deliveries_broadcast_id_state (broadcast_id=? AND state=?)",
    ),
    "count the week's mails": (
        lambda: today.deliveries(None, NOW, "UTC"),
        "deliveries USING COVERING INDEX ix_deliveries_broadcast_id_state (broadcast_id=? AND state=?)",
    ),
}


def scrape() -> None:
    metrics.readings(NOW, leader_lease=6)


def test_a_million_sent_mails_are_not_looked_at_by_a_scrape(inside: None) -> None:
    (outbox_lines,) = _plans(scrape).values()
    # Either index holds the open rows only.
    assert re.search("ix_deliveries_(open|expires_at)", "\n".join(outbox_lines)), outbox_lines
    (joined,) = _plans(scrape, about="attendance_segments").values()
    assert "ix_attendance_segments_session_id_registration_id" in "\n".join(joined), joined


@pytest.mark.parametrize("step", BY_INDEX)
def test_the_studio_reads_what_it_needs(step: str, inside: None) -> None:
    run, index = BY_INDEX[step]
    plans = _plans(run)
    assert any(index in line for lines in plans.values() for line in lines), plans
    assert not any("ix_deliveries_registration_id" in line for lines in plans.values() for line in lines), plans


# The few on their way to a place, among a hundred thousand who have one: found by indexes that hold only them.
ON_THE_WAY = {
    "the next offer's end": waitlists.next_end,
    "what is due in the lines": lambda: waitlists.due(NOW),
    "who has what number": lambda: waitlists.positions([1]),
    "offer the next seat": in_a_transaction(lambda: places.turn(1, now=NOW)),
    "who waits for a decision": lambda: list(needs.undecided(needs.Asked(None, NOW, "UTC"))),
}
FEW = ("ix_registrations_waiting", "ix_registrations_offered", "ix_registrations_judged", "PRIMARY KEY")


@pytest.mark.parametrize("step", ON_THE_WAY)
def test_who_waits_is_found_without_those_who_do_not(step: str, inside: None) -> None:
    plans = _plans(ON_THE_WAY[step], about="registrations")
    assert plans
    for statement, plan_of_it in plans.items():
        for line in plan_of_it:
            assert "registrations" not in line or any(name in line for name in FEW), f"{line} in {statement}"


def test_whom_no_mail_reaches_is_not_looked_for_among_all_who_registered(inside: None) -> None:
    for statement, lines in _plans(lambda: today.unreached(None, NOW), about="suppressed_at").items():
        assert not any(line.startswith("SCAN registrations") for line in lines), f"{lines} in {statement}"


def test_a_plan_is_counted_without_reading_the_people(inside: None) -> None:
    plans = _plans(lambda: cohort_plan("january"), about="suppressed_at")
    assert plans
    for lines in plans.values():
        assert not any("people" in line and "ix_people_suppressed" not in line for line in lines), lines


def test_a_cohort_is_called_off_in_few_looks_at_the_outbox(app: Flask, inside: None) -> None:
    with counting(app) as statements:
        in_a_transaction(cancel_a_cohort)()
    # What its sessions have on the way (two), what its plan has, and what is left of each person's.
    assert sum(statement.startswith("UPDATE deliveries") for statement in statements) <= 4


def _plans(step: Callable[[], object], about: str = "deliveries") -> dict[str, list[str]]:
    seen: list[tuple[str, Any]] = []

    def on_execute(_: Any, __: Any, statement: str, parameters: Any, ___: Any, ____: Any) -> None:
        if about in statement and not statement.startswith("INSERT"):
            seen.append((statement, parameters))

    event.listen(db.engine, "before_cursor_execute", on_execute)
    try:
        step()
    finally:
        event.remove(db.engine, "before_cursor_execute", on_execute)
    with db.engine.connect() as connection:
        return {
            statement: [
                row[-1] for row in connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {statement}", parameters)
            ]
            for statement, parameters in seen
        }
