"""An upgrade keeps what is stored: SQLite changes tables by writing them anew, and others point to them."""

import sqlite3
from pathlib import Path
from typing import Any

from flask_migrate import upgrade

from webinar_hub.app import create_app
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db

WHEN = "2026-01-01 00:00:00"
# A release before tables with others below them were written anew.
OLD = "0014"
KEPT = ("people", "registrations", "deliveries", "attendance_segments")
NUMBERED_ONCE = ("people", "registrations", "deliveries")


def insert(database: sqlite3.Connection, table: str, **values: Any) -> None:
    """A row with something in every column that must have something."""
    for _, name, type_, required, default, _ in database.execute(f"PRAGMA table_info({table})").fetchall():
        if name not in values and required and default is None:
            values[name] = 1 if "INT" in type_ or "BOOL" in type_ else "[]" if "JSON" in type_ else WHEN
    places = ", ".join("?" * len(values))
    database.execute(f"INSERT INTO {table} ({', '.join(values)}) VALUES ({places})", list(values.values()))


def test_an_upgrade_loses_no_row_that_points_to_a_changed_table(tmp_path: Path) -> None:
    file = tmp_path / "old.sqlite"
    app = create_app(
        read_settings(
            data_folder=tmp_path, database_url=f"sqlite:///{file}", base_url="http://localhost", secret_key="test",
            mail="mailbox:", log_level="error",
        )
    )  # fmt: skip
    with app.app_context():
        upgrade(revision=OLD)
        with sqlite3.connect(file) as database:
            insert(database, "webinars", id=1)
            insert(database, "cohorts", id=1, webinar_id=1, state="open", capacity=5)
            insert(database, "sessions", id=1, cohort_id=1, state="scheduled", ends_at="2027-01-01 00:00:00")
            insert(database, "people", id=1)
            insert(database, "registrations", id=7, person_id=1, cohort_id=1, state="confirmed")
            insert(database, "deliveries", id=9, registration_id=7, state="queued", kind="reminder")
            insert(database, "attendance_segments", id=1, registration_id=7, session_id=1)
        upgrade()
        db.engine.dispose()
    rows = {table: database.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in KEPT}
    assert rows == dict.fromkeys(KEPT, 1)
    # Whoever writes one of these anew says so: batch_alter_table(..., table_kwargs={"sqlite_autoincrement": True}).
    made = dict(database.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall())
    database.close()
    assert [name for name in NUMBERED_ONCE if "AUTOINCREMENT" not in made[name]] == []
