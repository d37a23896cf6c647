"""Flask-Migrate, loaded when somebody asks for it: a service that is up to date runs without Alembic."""

from typing import Any

import click
from flask import Flask
from werkzeug.local import LocalProxy

from webinar_hub.core.db import db


def offer(app: Flask) -> None:
    """Give the app `flask db …`, and commands what Flask-Migrate keeps in `app.extensions`."""

    def load() -> Any:
        from flask_migrate import Migrate  # noqa: PLC0415  slow import

        folder = str(app.extensions["migrations_folder"])
        Migrate(app, db, directory=folder, render_as_batch=True, compare_type=True)
        return app.extensions["migrate"]

    app.extensions["migrate"] = LocalProxy(load)
    app.cli.add_command(_MigrationCommands("db", help="Work on the migrations."))


class _MigrationCommands(click.Command):
    """Stands where Flask-Migrate's group will stand, and becomes it when it is called."""

    def make_context(
        self, info_name: str | None, args: list[str], parent: click.Context | None = None, **extra: Any
    ) -> click.Context:
        from flask_migrate.cli import db as commands  # noqa: PLC0415  slow import

        context: click.Context = commands.make_context(info_name, args, parent, **extra)
        return context
