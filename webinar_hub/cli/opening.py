"""The application as a command has it: opened when it begins, its connections closed when it ends."""

import click
from flask import Flask

from webinar_hub.app import create_app
from webinar_hub.core.config import Settings
from webinar_hub.core.db import close_connections


def application(settings: Settings | None = None) -> Flask:
    """The application for one command, whose connections are closed when the command ends."""
    app = create_app(settings)

    def close() -> None:
        with app.app_context():
            close_connections()

    click.get_current_context().call_on_close(close)
    return app
