"""The chain of the audit log: whoever changes, removes or slips in an entry is found out."""

import threading
from collections.abc import Callable

import pytest
from flask import Flask
from sqlalchemy import delete, func, insert, select, update
from time_machine import Traveller

from tests.counting import counting
from webinar_hub.core import clock
from webinar_hub.core.db import db, rehearsal, transaction
from webinar_hub.models import AuditEntry, AuditHead, AuditLink
from webinar_hub.queries import audit as queries
from webinar_hub.rules.audit_chain import Verdict
from webinar_hub.services import audit


def note(app: Flask, actor: str = "organizer:1", times: int = 1) -> None:
    with app.app_context(), transaction():
        for _ in range(times):
            audit.note(
                actor, "session.moved", "session:1", now=clock.now(), was={"ü": 1.5, "at": None, "n": [1, 2]}
            )


def verified(app: Flask) -> Verdict:
    with app.app_context():
        return queries.verify()


def test_an_empty_chain_is_whole(app: Flask) -> None:
    assert verified(app) == Verdict(0, "")


def test_entries_follow_each_other(app: Flask, travel: Traveller) -> None:
    note(app, times=3)
    note(app, actor="person:4")
    note(app, actor="command line")
    assert (verified(app).position, verified(app).fault) == (4, "")


def test_what_registrants_do_by_the_thousand_waits_for_nobody(app: Flask, travel: Traveller) -> None:
    with counting(app) as statements:
        note(app, actor="person:4")
    assert not any("audit_head" in statement for statement in statements)


@pytest.mark.parametrize(
    ("tamper", "words"),
    [
        (lambda: update(AuditEntry).where(AuditEntry.id == 2).values(actor="organizer:2"), "entry 2"),
        (lambda: update(AuditEntry).where(AuditEntry.id == 2).values(detail={"was": {}}), "entry 2"),
        (lambda: delete(AuditLink).where(AuditLink.position == 2), "next one is missing"),
        (lambda: delete(AuditLink).where(AuditLink.position == 4), "but 4 have been written"),
        (lambda: update(AuditLink).where(AuditLink.position == 4).values(digest="0" * 64), "entry 4"),
        (lambda: update(AuditHead).values(position=3), "but 3 have been written"),
    ],
)
def test_tampering_shows(app: Flask, travel: Traveller, tamper: Callable[[], object], words: str) -> None:
    note(app, times=4)
    with app.app_context(), transaction():
        db.session.execute(tamper())  # type: ignore[call-overload]
    assert words in verified(app).fault


def test_an_entry_slipped_in_is_not_in_the_chain(app: Flask, travel: Traveller) -> None:
    note(app, times=2)
    with app.app_context(), transaction():
        values = {"at": clock.now(), "actor": "organizer:1", "action": "x.y", "subject": "", "detail": {}}
        id_ = db.session.scalar(insert(AuditEntry).values(**values).returning(AuditEntry.id))
        db.session.execute(insert(AuditLink).values(entry_id=id_, position=3, digest="0" * 64))
        db.session.execute(update(AuditHead).values(position=3, digest="0" * 64))
    assert "entry 3" in verified(app).fault


def test_two_at_once_do_not_fork_it(app: Flask) -> None:
    def write() -> None:
        for _ in range(10):
            note(app)

    threads = [threading.Thread(target=write) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (verified(app).position, verified(app).fault) == (40, "")


def test_what_is_undone_leaves_no_gap(app: Flask, travel: Traveller) -> None:
    note(app)
    with app.app_context(), rehearsal():
        audit.note("organizer:1", "session.moved", "session:1", now=clock.now())
    with pytest.raises(RuntimeError), app.app_context(), transaction():
        audit.note("organizer:1", "session.moved", "session:1", now=clock.now())
        raise RuntimeError
    note(app)
    assert verified(app).position == 2
    with app.app_context():
        assert db.session.scalar(select(func.count()).select_from(AuditEntry)) == 2
