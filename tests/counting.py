"""Counts SQL statements: what something costs, without a stop-watch."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from webinar_hub.core.db import db


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that are executed inside, as they are.

    The owner's settings are read by a process every few seconds, whatever it does then; that is counted where they
    are tested.
    """
    statements: list[str] = []

    def count(*arguments: object) -> None:
        if "FROM house_settings" not in str(arguments[2]):
            statements.append(str(arguments[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)
