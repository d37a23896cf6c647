"""The application as a command has it: opened when it begins, its connections closed when it ends."""

from collections.abc import Iterator
from contextlib import contextmanager

import click
from flask import Flask

from webinar_hub.app import create_app
from webinar_hub.core.config import Settings, read_settings
from webinar_hub.core.db import close_connections


def application(settings: Settings | None = None) -> Flask:
    """The application for one command, whose connections are closed when the command ends."""
    app = create_app(settings)

    def close() -> None:
        with app.app_context():
            close_connections()

    click.get_current_context().call_on_close(close)
    return app


@contextmanager
def elsewhere(database_url: str) -> Iterator[Flask]:
    """The application on another database, such as one that is to be restored; its connections are closed after."""
    # Without a key of its own it would make one, in a folder that may be about to get its old one back.
    app = create_app(read_settings(database_url=database_url, secret_key="not in use"))  # noqa: S106  signs nothing
    try:
        yield app
    finally:
        with app.app_context():
            close_connections()
