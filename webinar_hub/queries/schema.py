"""Whether the database has the tables this version of the program means."""

import re
from functools import cache
from pathlib import Path

from flask import current_app
from sqlalchemy import inspect, text

from webinar_hub.core.db import db

REVISION = re.compile(r'^(down_revision|revision)(?:: .+?)? = (?:"(\w+)"|None)$', re.MULTILINE)


def is_up_to_date() -> bool:
    """Whether every migration this version knows has been run, and none it does not know."""
    with db.engine.connect() as connection:
        known = inspect(connection).has_table("alembic_version")
        current = connection.scalar(text("SELECT version_num FROM alembic_version")) if known else None
    return current == newest(current_app.extensions["migrations_folder"])


@cache
def newest(folder: Path) -> str:
    """The revision that no other follows, read from the files: Alembic would take longer than all else at start."""
    found = [pair for file in (folder / "versions").glob("*.py") for pair in REVISION.findall(file.read_text())]
    followed = {name for kind, name in found if kind == "down_revision"}
    (last,) = (name for kind, name in found if kind == "revision" and name not in followed)
    return last
