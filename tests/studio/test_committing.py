"""What Flask-Security changes is committed by `core/db.py`, and others may write meanwhile."""

import threading

from flask import Flask
from sqlalchemy import select
from time_machine import Traveller

from tests.studio.coming_in import given_password, is_in, sign_in
from webinar_hub.core import clock
from webinar_hub.core.db import begin_to_write, commit_late, db, transaction
from webinar_hub.models import AuditEntry, Organizer
from webinar_hub.services import audit


def somebody_else_writes(app: Flask) -> None:
    def write() -> None:
        with app.app_context(), transaction():
            audit.note("somebody", "else", "wrote", now=clock.now())

    thread = threading.Thread(target=write)
    thread.start()
    thread.join()


def test_what_began_by_reading_can_be_written(app: Flask, travel: Traveller) -> None:
    given_password(app)
    with app.app_context():
        mara = db.session.scalars(select(Organizer)).one()
        # SQLite would say "database is locked" to whoever goes on from a state that has passed.
        somebody_else_writes(app)
        mara.name = "Mara Lindqvist"
        commit_late()
    with app.app_context():
        assert db.session.scalars(select(Organizer.name)).one() == "Mara Lindqvist"
        assert db.session.scalars(select(AuditEntry.action)).one() == "else"


def test_a_statement_of_its_own_can_be_written_too(app: Flask, travel: Traveller) -> None:
    given_password(app)
    with app.app_context():
        db.session.scalars(select(Organizer)).one()
        somebody_else_writes(app)
        begin_to_write()
        db.session.execute(Organizer.__table__.update().values(name="Mara Lindqvist"))
        commit_late()
    with app.app_context():
        assert db.session.scalars(select(Organizer.name)).one() == "Mara Lindqvist"


def test_beginning_to_write_inside_a_transaction_keeps_it_whole(app: Flask, travel: Traveller) -> None:
    given_password(app)
    with app.app_context():
        try:
            with transaction():
                db.session.execute(Organizer.__table__.update().values(name="Mara Lindqvist"))
                begin_to_write()
                raise InterruptedError
        except InterruptedError:
            pass
        assert db.session.scalars(select(Organizer.name)).one() == "Mara Lind"


def test_many_sign_in_while_others_write(app: Flask) -> None:
    given_password(app)
    problems: list[int] = []

    def come_in() -> None:
        client = app.test_client()
        if sign_in(client).status_code != 302 or not is_in(client):
            problems.append(1)

    threads = [threading.Thread(target=come_in) for _ in range(6)]
    for thread in threads:
        thread.start()
    for _ in range(20):
        somebody_else_writes(app)
    for thread in threads:
        thread.join()
    assert problems == []
