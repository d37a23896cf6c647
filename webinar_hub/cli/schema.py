"""The application and its database as the commands need them: opened, up to date or known to be, closed."""

import logging

import click
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask import Flask
from flask_migrate import upgrade

from webinar_hub.app import create_app
from webinar_hub.core.config import Settings
from webinar_hub.core.db import close_connections, db


def application(settings: Settings | None = None) -> Flask:
    """The application for one command, whose connections are closed when the command ends."""
    app = create_app(settings)

    def close() -> None:
        with app.app_context():
            close_connections()

    click.get_current_context().call_on_close(close)
    return app


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
