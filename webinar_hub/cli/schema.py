"""The database's schema as the commands need it: brought up to date, or known to be."""

import logging
import re
from pathlib import Path

import click
from flask import Flask
from sqlalchemy import inspect, text

from webinar_hub.core.config import Settings
from webinar_hub.core.db import db

REVISION = re.compile(r'^(down_revision|revision)(?:: .+?)? = (?:"(\w+)"|None)$', re.MULTILINE)


def bring_up_to_date(app: Flask) -> None:
    """Run the migrations that are missing."""
    if not behind(app):
        return
    from flask_migrate import upgrade  # noqa: PLC0415  slow import

    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        upgrade()


def behind(app: Flask) -> bool:
    """Whether migrations are missing."""
    with app.app_context(), db.engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        current = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    return current != newest(app.extensions["migrations_folder"])


def newest(folder: Path) -> str:
    """The revision that no other follows, read from the files: Alembic would take longer than all else at start."""
    found = [pair for file in (folder / "versions").glob("*.py") for pair in REVISION.findall(file.read_text())]
    last: str
    (last,) = {name for kind, name in found if kind == "revision"} - {
        name for kind, name in found if kind == "down_revision"
    }
    return last


def demand_up_to_date(app: Flask) -> None:
    """Bring a SQLite database, which is this installation's own file, up to date; demand it of another one.

    Raises click.ClickException when migrations are missing there: running on would break in the middle.
    """
    settings: Settings = app.extensions["settings"]
    if settings.database.startswith("sqlite"):
        bring_up_to_date(app)
    if behind(app):
        raise click.ClickException("The database is not up to date. Run `webinar-hub migrate` first.")
