"""Counts SQL statements: what something costs, without a stop-watch."""

from collections.abc import Iterator
from contextlib import contextmanager

from flask import Flask
from sqlalchemy import event

from webinar_hub.core.db import db


@contextmanager
def counting(app: Flask) -> Iterator[list[str]]:
    """The SQL statements that are executed inside, as they are."""
    statements: list[str] = []

    def count(*arguments: object) -> None:
        statements.append(str(arguments[2]))

    with app.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", count)
    try:
        yield statements
    finally:
        event.remove(engine, "before_cursor_execute", count)
