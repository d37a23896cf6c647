"""Migrations on a database that is in use: what was there before is there afterwards, forwards and backwards."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask import Flask
from flask_migrate import downgrade, upgrade
from sqlalchemy import MetaData, Table, func, insert, select, text

from webinar_hub.core.db import db, finish_now, transaction

# Before the tables everything points to were changed for the first time.
EARLY = "0007"
THEN = datetime(2026, 11, 1, 19, tzinfo=UTC)
# Their numbers are given once, also after a row is deleted: the log and bounces remember them.
NUMBERED_ONCE = ("people", "registrations", "deliveries")
# By table, what each row says beyond the keys; in the order in which they point to each other.
ROWS: dict[str, dict[str, Any]] = {
    "webinars": {"slug": "massage", "title": "Massage"},
    "cohorts": {
        "public_id": "c1", "webinar_id": 1, "key": "tuesdays", "title": "Tuesdays", "zone": "UTC", "state": "open",
        "organizer_name": "Mara", "organizer_email": "mara@x.example", "seats_taken": 1, "late_join": "from now on",
    },
    "sessions": {
        "public_id": "s1", "cohort_id": 1, "key": "one", "title": "One", "wall_start": "2026-11-01T19:00:00",
        "zone": "UTC", "minutes": 60, "starts_at": THEN, "ends_at": THEN + timedelta(hours=1), "state": "scheduled",
    },
    "people": {
        "email": "ann@x.example", "email_key": "ann@x.example", "name": "Ann", "profession": "OT", "zone": "UTC",
        "language": "en", "link_nonce": "n",
    },
    "registrations": {
        "public_id": "r1", "person_id": 1, "cohort_id": 1, "state": "confirmed", "registered_at": THEN,
        "revision": 0, "nonce": "n",
    },
    "broadcasts": {
        "cohort_id": 1, "key": "session:1:live", "round": 1, "kind": "live", "session_id": 1, "due_at": THEN,
        "state": "planned", "expanded_through": 0,
    },
    "deliveries": {
        "key": "registration:1:confirmation:0:1", "kind": "confirmation", "registration_id": 1, "broadcast_id": 1,
        "session_id": 1, "state": "queued", "priority": 0, "due_at": THEN, "attempts": 0,
    },
    "attendance_segments": {"registration_id": 1, "session_id": 1, "source": "join_button", "started_at": THEN},
}  # fmt: skip


def _filled(table: Table, row: dict[str, Any]) -> dict[str, Any]:
    """The row with something in every column that demands it."""
    empty: dict[type, Any] = {str: "", int: 0, bool: False, datetime: THEN}
    demanded = {
        column.name: empty.get(column.type.python_type, [])
        for column in table.columns
        if not column.nullable and column.server_default is None and not column.primary_key
    }
    return demanded | row


def _counts() -> dict[str, int]:
    tables = MetaData()
    tables.reflect(db.engine, only=list(ROWS))
    with db.engine.connect() as connection:
        return {
            name: connection.scalar(select(func.count()).select_from(tables.tables[name])) or 0 for name in ROWS
        }


@pytest.mark.filterwarnings("ignore:.*does not support.*")
def test_nothing_is_lost_on_the_way_to_the_newest_tables_and_back(app: Flask) -> None:
    everything = dict.fromkeys(ROWS, 1)
    with app.app_context():
        downgrade(revision=EARLY)
        early = MetaData()
        early.reflect(db.engine, only=list(ROWS))
        with transaction():
            for name, row in ROWS.items():
                db.session.execute(insert(early.tables[name]).values(_filled(early.tables[name], row)))
            finish_now()
        upgrade()
        assert _counts() == everything
        downgrade(revision=EARLY)
        assert _counts() == everything
        upgrade()
        assert _counts() == everything
        # Whoever builds one of these anew gives `table_kwargs={"sqlite_autoincrement": True}`.
        if db.engine.dialect.name == "sqlite":
            tables = db.session.execute(text("SELECT name, sql FROM sqlite_master WHERE type = 'table'"))
            made: dict[str, str] = {name: sql for name, sql in tables}
            assert [name for name in NUMBERED_ONCE if "AUTOINCREMENT" not in made[name]] == []
