"""Whether the database has the tables this version of the program means."""

import re
from functools import cache
from pathlib import Path

from flask import current_app
from sqlalchemy import Connection, inspect, text

from webinar_hub.core.db import db

REVISION = re.compile(r'^(down_revision|revision)(?:: .+?)? = (?:"(\w+)"|None)$', re.MULTILINE)


def is_up_to_date() -> bool:
    """Whether every migration this version knows has been run, and none it does not know."""
    with db.engine.connect() as connection:
        return revision(connection) == newest(_folder())


def revision(connection: Connection) -> str:
    """The name of the last migration that was run on a database; "" where none was."""
    if not inspect(connection).has_table("alembic_version"):
        return ""
    return connection.scalar(text("SELECT version_num FROM alembic_version")) or ""


def knows(name: str) -> bool:
    """Whether this version of the program has the migration with this name."""
    return name in {found for kind, found in _read(_folder()) if kind == "revision"}


@cache
def newest(folder: Path) -> str:
    """The revision that no other follows."""
    followed = {name for kind, name in _read(folder) if kind == "down_revision"}
    (last,) = (name for kind, name in _read(folder) if kind == "revision" and name not in followed)
    return last


@cache
def _read(folder: Path) -> list[tuple[str, str]]:
    """From the files themselves: Alembic would take longer than all else at start."""
    return [pair for file in (folder / "versions").glob("*.py") for pair in REVISION.findall(file.read_text())]


def _folder() -> Path:
    folder: Path = current_app.extensions["migrations_folder"]
    return folder
