"""The database's schema as the commands need it: brought up to date, or known to be."""

import logging

import click
from flask import Flask

from webinar_hub.core.config import Settings
from webinar_hub.queries import schema


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
    with app.app_context():
        return not schema.is_up_to_date()


def demand_up_to_date(app: Flask) -> None:
    """Bring a SQLite database, which is this installation's own file, up to date; demand it of another one.

    Raises click.ClickException when migrations are missing there: running on would break in the middle.
    """
    settings: Settings = app.extensions["settings"]
    if settings.database.startswith("sqlite"):
        bring_up_to_date(app)
    if behind(app):
        raise click.ClickException("The database is not up to date. Run `webinar-hub migrate` first.")
