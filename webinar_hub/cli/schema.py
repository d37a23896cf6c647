"""The database's schema as the commands need it: brought up to date, or known to be."""

import logging

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from webinar_hub.core.db import db


def bring_up_to_date(app: Flask) -> None:
    """Run the migrations that are missing."""
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with app.app_context():
        upgrade()


def behind(app: Flask) -> bool:
    """Whether migrations are missing."""
    with app.app_context(), db.engine.connect() as connection:
        config = app.extensions["migrate"].migrate.get_config()
        head = ScriptDirectory.from_config(config).get_current_head()
        return MigrationContext.configure(connection).get_current_revision() != head


def demand_up_to_date(app: Flask) -> None:
    """Raises click.ClickException when migrations are missing: running on would break in the middle."""
    if behind(app):
        raise click.ClickException("The database is not up to date. Run `webinar-hub migrate` first.")
