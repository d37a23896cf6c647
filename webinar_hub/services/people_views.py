"""Saves the filters of a list of people under a name."""

from datetime import datetime

from sqlalchemy import delete

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, NotFound
from webinar_hub.documents.names import plain_name
from webinar_hub.models import PeopleView
from webinar_hub.services import audit

LONGEST_NAME = 60


def save(
    organizer: int, cohort: int | None, name: str, query: str, *, shared: bool, actor: str, now: datetime
) -> None:
    """Keep a view; one of hers of the same name for the same list is replaced. Raises Invalid."""
    words = plain_name(name)
    if not words or len(words) > LONGEST_NAME:
        raise Invalid("name", f"Give the view a name of at most {LONGEST_NAME} characters.")
    here = PeopleView.cohort_id.is_(None) if cohort is None else PeopleView.cohort_id == cohort
    db.session.execute(
        delete(PeopleView).where(PeopleView.organizer_id == organizer, PeopleView.name == words, here)
    )
    row = PeopleView(organizer_id=organizer, cohort_id=cohort, name=words, query=query[:1000], shared=shared)
    db.session.add(row)
    audit.note(actor, "people_view.saved", f"organizer:{organizer}", now=now, name=words, shared=shared)


def forget(view: int, organizer: int, *, actor: str, now: datetime) -> None:
    """Delete a view of hers. Raises NotFound for anybody else's."""
    gone = (
        delete(PeopleView)
        .where(PeopleView.id == view, PeopleView.organizer_id == organizer)
        .returning(PeopleView.name)
    )
    name = db.session.scalar(gone)
    if name is None:
        raise NotFound()
    audit.note(actor, "people_view.forgotten", f"organizer:{organizer}", now=now, name=name)
