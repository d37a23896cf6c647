"""Programs as their pages show them."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Program, Webinar
from webinar_hub.rules.program import Pattern, from_json


@dataclass(frozen=True, slots=True)
class ProgramView:
    """A program: its pattern, the zone its hours are meant in, and the settings that a run of it takes over."""

    id: int
    version: int
    title: str
    pattern: Pattern
    zone: str
    settings: dict[str, Any]
    created_at: datetime


def programs(slug: str) -> list[ProgramView]:
    """The programs of a webinar, by title; one statement."""
    rows = db.session.scalars(
        select(Program)
        .join(Webinar, Webinar.id == Program.webinar_id)
        .where(Webinar.slug == slug)
        .order_by(Program.title, Program.id)
    )
    return [_view(row) for row in rows]


def program(slug: str, id_: int) -> ProgramView:
    """One of them. Raises NotFound."""
    row = db.session.scalars(
        select(Program)
        .join(Webinar, Webinar.id == Program.webinar_id)
        .where(Webinar.slug == slug, Program.id == id_)
    ).first()
    if row is None:
        raise NotFound()
    return _view(row)


def _view(row: Program) -> ProgramView:
    return ProgramView(
        row.id, row.version, row.title, from_json(row.sessions, row.drops), row.settings["zone"], row.settings,
        row.created_at,
    )  # fmt: skip
