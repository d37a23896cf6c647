"""Saved views of a list of people: those of the reader, and those that others share."""

from dataclasses import dataclass

from sqlalchemy import or_, select

from webinar_hub.core.db import db
from webinar_hub.models import Organizer, PeopleView


@dataclass(frozen=True, slots=True)
class SavedView:
    """`by` is whose it is, "" for one's own."""

    id: int
    name: str
    query: str
    shared: bool
    by: str


def views(organizer: int, cohort: int | None) -> list[SavedView]:
    """Those for this list, by name."""
    here = PeopleView.cohort_id.is_(None) if cohort is None else PeopleView.cohort_id == cohort
    rows = db.session.execute(
        select(PeopleView, Organizer.name)
        .join(Organizer, Organizer.id == PeopleView.organizer_id)
        .where(here, or_(PeopleView.organizer_id == organizer, PeopleView.shared))
        .order_by(PeopleView.name, PeopleView.id)
        .limit(100)
    )
    return [
        SavedView(row.id, row.name, row.query, row.shared, "" if row.organizer_id == organizer else name)
        for row, name in rows
    ]
