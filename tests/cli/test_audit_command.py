"""`webinar-hub audit verify`: how far the chain is whole, and who is found out."""

from flask import Flask
from sqlalchemy import select, update

from tests.cli.conftest import Run
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditCheck, AuditEntry, AuditHead, AuditLink
from webinar_hub.rules.audit_chain import digest
from webinar_hub.services import audit


def note(app: Flask, times: int) -> None:
    with app.app_context(), transaction():
        for _ in range(times):
            audit.note("organizer:1", "session.moved", "session:1", now=clock.now(), was="7 pm")


def test_it_says_how_far_the_chain_is_whole_and_keeps_that(run: Run, app: Flask) -> None:
    assert "verified up to entry 0" in run("audit", "verify").output
    note(app, 3)
    said = run("audit", "verify")
    assert said.exit_code == 0
    assert "verified up to entry 3" in said.output
    with app.app_context():
        assert list(db.session.scalars(select(AuditCheck.position))) == [0, 3]


def test_an_entry_that_was_changed_is_named(run: Run, app: Flask) -> None:
    note(app, 3)
    with app.app_context(), transaction():
        db.session.execute(update(AuditEntry).where(AuditEntry.id == 2).values(subject="session:9"))
    said = run("audit", "verify")
    assert said.exit_code == 1
    assert "entry 2 of the chain" in said.output


def test_a_log_written_anew_is_not_the_one_that_was_noted(run: Run, app: Flask) -> None:
    note(app, 2)
    noted = run("audit", "verify").output.split()[-1]
    assert run("audit", "verify", "--known", noted).exit_code == 0
    with app.app_context(), transaction():
        before = ""
        for entry in db.session.scalars(select(AuditEntry).order_by(AuditEntry.id)):
            entry.actor = "organizer:2"
            before = digest(before, entry)
            db.session.execute(update(AuditLink).where(AuditLink.entry_id == entry.id).values(digest=before))
        db.session.execute(update(AuditHead).values(digest=before))
    assert run("audit", "verify").exit_code == 0, "by itself it looks whole"
    said = run("audit", "verify", "--known", noted)
    assert said.exit_code == 1
    assert "written anew" in said.output


def test_what_is_no_note_is_said_so(run: Run) -> None:
    assert run("audit", "verify", "--known", "3:abc").exit_code == 2
