"""The command line as an organizer and an operator use it."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from sqlalchemy import create_engine, select, text, update
from time_machine import Traveller

from tests.building import COHORT, KEY, given_cohort, sign_up
from tests.cli.conftest import Run
from tests.counting import counting
from tests.databases import Empty
from webinar_hub.cli import hub
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import HubError
from webinar_hub.models import Broadcast, Cohort, Delivery, Lease, MaterialVersion, Session
from webinar_hub.queries.health import health
from webinar_hub.queries.plan import cohort_plan
from webinar_hub.services import leadership, outbox


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "sheet.txt").write_text("Warm hands first.\n")
    path = tmp_path / "cohort.toml"
    path.write_text(COHORT)
    return path


def cohorts(app: Flask) -> list[str]:
    with app.app_context():
        return list(db.session.scalars(select(Cohort.key)))


def test_a_file_is_shown_asked_about_and_applied(run: Run, app: Flask, file: Path) -> None:
    shown = run("import", file, answer="n\n")
    assert "+ session week-1 time: Tue 8 December 2026, 7:00 pm, 60 minutes" in shown.output
    assert "+ mail: reminder, 1 hour before (week-1): Tue 8 December 2026, 6:00 pm" in shown.output
    assert "Nothing was changed." in shown.output
    assert cohorts(app) == []
    assert run("import", file, answer="y\n").exit_code == 0
    assert cohorts(app) == [KEY]
    assert "nothing to do" in run("import", file, "--yes").output


def test_on_an_empty_machine_any_command_may_be_the_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, file: Path, travel: object
) -> None:
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "new"))
    monkeypatch.setenv("WEBINAR_HUB_LOG_LEVEL", "error")
    answers = [CliRunner().invoke(hub, arguments) for arguments in (["import", str(file), "--yes"], ["plan", KEY])]
    assert [answer.exit_code for answer in answers] == [0, 0], answers[0].output
    assert "Tuesday evenings" in answers[1].output


def test_a_database_that_others_share_is_not_migrated_by_the_way(
    postgresql: Empty, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    url = postgresql(tmp_path)
    engine = create_engine(url)
    with engine.begin() as connection:
        newest = connection.scalar(text("SELECT version_num FROM alembic_version"))
        connection.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    try:
        monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "data"))
        monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", url)
        answer = CliRunner().invoke(hub, ["plan", KEY])
    finally:
        with engine.begin() as connection:
            connection.execute(text("UPDATE alembic_version SET version_num = :newest"), {"newest": newest})
        engine.dispose()
    assert answer.exit_code == 1
    assert "Run `webinar-hub migrate` first." in answer.output


def test_a_dry_run_changes_nothing_and_stores_no_file(run: Run, app: Flask, settings: Settings, file: Path) -> None:
    assert run("import", file, "--dry-run").exit_code == 0
    assert cohorts(app) == []
    assert not [path for path in settings.materials_folder.rglob("*") if path.is_file()]


def test_all_errors_of_a_file_are_listed_with_their_lines_and_nothing_is_applied(
    run: Run, app: Flask, file: Path
) -> None:
    broken = COHORT.replace('zone = "America/New_York"', 'zone = "New York"').replace("weeks = 2", 'weeks = "two"')
    file.write_text(broken)
    answer = run("import", file, "--yes")
    assert answer.exit_code == 1
    lines = broken.splitlines()
    for words in ('zone = "New York"', 'weeks = "two"'):
        assert f"line {lines.index(words) + 1}," in answer.output
    assert cohorts(app) == []


def test_an_error_that_belongs_to_no_field_has_a_line_and_words(run: Run, file: Path) -> None:
    file.write_text("[webinar\n")
    answer = run("import", file, "--yes")
    assert "  line 1: The heading does not end" in answer.output


def test_the_past_is_refused_with_its_line(run: Run, app: Flask, file: Path) -> None:
    run("import", file, "--yes")
    slip = COHORT.replace("first = 2026-12-08", "first = 2025-12-08")
    file.write_text(slip)
    answer = run("import", file, "--yes")
    assert answer.exit_code == 1
    line = slip.splitlines().index("first = 2025-12-08T19:00:00") + 1
    assert (
        f"line {line}, cohort.weekly.first: Session 'week-1': A session cannot be moved into the past."
        in answer.output
    )


def test_a_missing_material_is_named_with_its_line(run: Run, app: Flask, file: Path) -> None:
    (file.parent / "sheet.txt").unlink()
    answer = run("import", file, "--yes")
    assert answer.exit_code == 1
    line = COHORT.splitlines().index('file = "sheet.txt"') + 1
    assert f"line {line}, drops #1.materials #1.file: sheet.txt cannot be read." in answer.output
    assert cohorts(app) == []


def test_a_changed_file_becomes_a_new_version_and_the_old_one_stays(run: Run, app: Flask, file: Path) -> None:
    run("import", file, "--yes")
    (file.parent / "sheet.txt").write_text("Warm hands, then ask.\n")
    assert "becomes: The sheet; version 2" in run("import", file, "--yes").output
    with app.app_context():
        assert list(db.session.scalars(select(MaterialVersion.number).order_by(MaterialVersion.number))) == [1, 2]


def test_the_plan_says_what_goes_out_when_to_how_many(run: Run, app: Flask, tmp_path: Path) -> None:
    sign_up(app, given_cohort(app, tmp_path))
    output = run("plan", KEY).output
    assert "Tue 8 December 2026, 6:00 pm" in output
    assert "reminder, 1 hour before" in output
    assert output.count("to 1 person") == 13
    assert re.search("thank-you +Tuesday evenings +to 1 person", output)


def test_moving_shows_the_consequences_first(run: Run, app: Flask, tmp_path: Path) -> None:
    sign_up(app, given_cohort(app, tmp_path))
    refused = run("reschedule", KEY, "week-1", "2026-12-10T18:00", answer="n\n")
    assert "becomes: Thu 10 December 2026, 6:00 pm, 60 minutes" in refused.output
    assert "Mailed at once: session moved “Cues” to 1 person." in refused.output
    with app.app_context():
        assert db.session.scalars(select(Session.revision).where(Session.key == "week-1")).one() == 0
    assert run("reschedule", KEY, "week-1", "2026-12-10T18:00", "--yes").exit_code == 0
    with app.app_context():
        assert db.session.scalars(select(Session.revision).where(Session.key == "week-1")).one() == 1


def test_a_start_that_cannot_be_read_is_answered_with_how_to_write_it(run: Run) -> None:
    answers = [run("reschedule", "--help"), run("reschedule", KEY, "week-1", "tomorrow at 7")]
    assert "COHORT SESSION STARTS" in answers[0].output
    assert "Write them like 2027-01-12T19:00." in answers[1].output
    assert not [answer for answer in answers if "%" in answer.output]


def test_cancelling_a_session_and_then_the_cohort(run: Run, app: Flask, tmp_path: Path) -> None:
    sign_up(app, given_cohort(app, tmp_path))
    assert "session cancelled “Cues” to 1 person" in run("cancel", KEY, "week-1", "--yes").output
    assert "cohort cancelled “Tuesday evenings” to 1 person" in run("cancel", KEY, "--yes").output
    assert re.search("cohort cancelled +Tuesday evenings", run("plan", KEY).output)
    assert "nothing to do" in run("cancel", KEY, "--yes").output
    with app.app_context():
        assert db.session.scalars(select(Cohort.state)).one() == "cancelled"


@pytest.mark.parametrize(
    "arguments",
    [
        ("plan", "nowhere"),
        ("cancel", "nowhere", "--yes"),
        ("reschedule", KEY, "week-9", "2026-12-10T18:00", "--yes"),
    ],
)
def test_an_unknown_name_is_said_in_words(run: Run, app: Flask, tmp_path: Path, arguments: tuple[str, ...]) -> None:
    given_cohort(app, tmp_path)
    answer = run(*arguments)
    assert isinstance(answer.exception, HubError), "main() prints its words"
    assert "no cohort" in answer.exception.message or "has week-1, week-2" in answer.exception.message


class TestHealth:
    """`/healthz` fails when nobody rings the clock or it lags."""

    def ok(self, app: Flask) -> bool:
        answer = app.test_client().get("/healthz")
        assert answer.status_code == (200 if answer.json["ok"] else 503)
        return bool(answer.json["ok"])

    def lead(self, app: Flask) -> None:
        with app.app_context(), transaction():
            assert leadership.hold("worker", 6)

    def test_without_a_worker_it_fails(self, app: Flask) -> None:
        assert not self.ok(app)
        self.lead(app)
        assert self.ok(app)

    def test_a_worker_that_fell_silent_is_noticed_after_two_minutes(self, app: Flask) -> None:
        self.lead(app)
        for silence, fine in ((100, True), (130, False)):
            with app.app_context(), transaction():
                db.session.execute(update(Lease).values(until=clock.lease_moment(6 - silence)))
            assert self.ok(app) is fine

    def test_a_message_that_nobody_takes_up_is_noticed(self, app: Flask, tmp_path: Path, travel: object) -> None:
        given_cohort(app, tmp_path)
        self.lead(app)
        assert self.ok(app)
        with app.app_context():
            with transaction():
                first = select(Broadcast.id).limit(1).scalar_subquery()
                late = clock.now() - 2 * health_lag()
                db.session.execute(update(Broadcast).where(Broadcast.id == first).values(due_at=late))
            assert not health(clock.now(), leader_lease=6).ok

    def test_mails_that_lie_about_are_noticed_but_not_those_that_wait_their_turn(
        self, app: Flask, tmp_path: Path, travel: Traveller
    ) -> None:
        cohort = given_cohort(app, tmp_path)
        self.lead(app)
        for number in range(2):
            sign_up(app, cohort, f"p{number}@x.example")
        travel.shift(health_lag() - timedelta(seconds=1))
        assert self.ok(app)
        travel.shift(timedelta(seconds=2))
        assert not self.ok(app)
        with app.app_context():
            with transaction():
                taken = outbox.claim(1, lease=45, now=clock.now())
            assert self.ok(app), "one is being sent, the other one is next"
            with transaction():
                unreachable = [outbox.Result(one, "queued", "No route to host", burnt=False) for one in taken]
                outbox.record(unreachable, now=clock.now())
                outbox.claim(1, lease=45, now=clock.now())
            assert not self.ok(app), "trying in vain is not moving"
            with transaction():
                later = clock.now() + timedelta(minutes=5)
                db.session.execute(update(Delivery).values(state="queued", due_at=later, lease_until=None))
        assert self.ok(app), "a mail that is to be tried again later is not late"


def health_lag() -> timedelta:
    from webinar_hub.queries.health import LAG

    return LAG


def test_only_one_process_leads_and_the_next_follows(app: Flask) -> None:
    with app.app_context():
        with transaction():
            assert leadership.hold("first", 6)
        with transaction():
            assert not leadership.hold("second", 6)
            assert leadership.hold("first", 6)
        with transaction():
            leadership.give_up("second")
            assert not leadership.hold("second", 6)
            leadership.give_up("first")
            assert leadership.hold("second", 6)
            db.session.execute(update(Lease).values(until=clock.lease_moment(-1)))
            assert leadership.hold("first", 6)


def test_the_plan_says_how_long_a_message_to_many_takes_and_warns_of_what_comes_too_late(
    run: Run, app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cohort = given_cohort(app, tmp_path, {"capacity = 50": "capacity = 3000"})
    for number in range(4):
        sign_up(app, cohort, f"p{number}@x.example")
    quiet = run("plan", KEY).output
    assert "Warning" not in quiet
    assert "to 4 people\n" in quiet, "without a limit nothing takes time"
    monkeypatch.setenv("WEBINAR_HUB_MAIL_RATE", "0.02")
    told = run("plan", KEY).output
    assert "to 4 people, 7:00–7:03 pm\n" in told
    monkeypatch.setenv("WEBINAR_HUB_MAIL_RATE", "1")
    monkeypatch.setenv("WEBINAR_HUB_DAILY_LIMIT", "2000")
    warned = [line for line in run("plan", KEY).output.splitlines() if line.startswith("Warning")]
    assert len(warned) == 4
    assert warned[0] == (
        "Warning: “reminder, 1 hour before” of Tue 8 December, 6:00 pm and 1 more like it: at 1 mail a second it"
        " takes 50 minutes to write to 3000 people. The last ones get it 20 minutes after its moment."
        " With WEBINAR_HUB_MAIL_RATE=2 it is on time, if your provider allows so many."
    )
    assert "would not get it before it has lost its sense" in warned[1]
    assert "we are live" in warned[2]
    assert "leaves 1800 a day" in warned[3]


def test_the_warning_comes_when_it_is_planned(
    run: Run, app: Flask, file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file.write_text(COHORT.replace("capacity = 50", "capacity = 3000"))
    monkeypatch.setenv("WEBINAR_HUB_MAIL_RATE", "1")
    shown = run("import", file, answer="n\n").output
    assert "The last ones get it 20 minutes after its moment." in shown
    assert shown.index("Warning") < shown.index("Apply this?")


@pytest.mark.parametrize("people", [1, 5])
def test_a_plan_is_read_in_as_many_statements_however_long_it_is(app: Flask, tmp_path: Path, people: int) -> None:
    for weeks in (2, 20):
        cohort = given_cohort(app, tmp_path, {"weeks = 2": f"weeks = {weeks}", KEY: f"k{weeks}"})
        for number in range(people):
            sign_up(app, cohort, f"p{number}@x.example")
        with counting(app) as statements, app.app_context():
            plan = cohort_plan(f"k{weeks}")
        assert len(plan.lines) > 4 * weeks
        assert len(statements) == 5
