"""What an organizer has typed and not saved yet."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Draft


@dataclass(frozen=True, slots=True)
class DraftView:
    """The fields of one form, in their order, and when they were kept."""

    form: str
    fields: tuple[tuple[str, str], ...]
    saved_at: datetime


def draft(organizer: int, form: str) -> DraftView | None:
    """What is kept of this form, or None."""
    row = db.session.scalars(select(Draft).where(Draft.organizer_id == organizer, Draft.form == form)).first()
    if row is None:
        return None
    return DraftView(row.form, tuple((name, text) for name, text in row.fields), row.saved_at)
