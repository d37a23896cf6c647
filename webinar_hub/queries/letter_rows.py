"""The rows that a batch of mails speaks of (`letters.py`): each kind in one statement, none for nothing."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.documents.letters import LetterMaterial
from webinar_hub.models import Cohort, MailWording, Person, Webinar
from webinar_hub.queries import lines
from webinar_hub.queries.cohorts import materials_of
from webinar_hub.rules.segment import wants_news


def cohorts_of(ids: set[int]) -> dict[int, tuple[Cohort, Webinar, bool]]:
    """By cohort, and whether there are any words but those of the templates."""
    changed = select(MailWording.id).exists()
    rows = db.session.execute(
        select(Cohort, Webinar, changed).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.id.in_(ids))
    )
    return {cohort.id: (cohort, webinar, is_changed) for cohort, webinar, is_changed in rows}


def wordings() -> dict[tuple[int | None, str], tuple[str, str]]:
    """The words in force, by webinar (None for all) and kind; where it says "the default" they are left out."""
    newest = select(func.max(MailWording.id)).group_by(MailWording.webinar_id, MailWording.kind)
    rows = db.session.execute(
        select(MailWording.webinar_id, MailWording.kind, MailWording.subject, MailWording.body).where(
            MailWording.id.in_(newest), MailWording.body != ""
        )
    )
    return {(webinar, kind): (subject, body) for webinar, kind, subject, body in rows}


def positions(registrations: set[int]) -> Mapping[int, int]:
    """The numbers of these people on their waitlists."""
    return lines.positions(registrations) if registrations else {}


def news_to(people: set[int]) -> frozenset[int]:
    """Who of these still wants news."""
    if not people:
        return frozenset()
    return frozenset(db.session.scalars(select(Person.id).where(Person.id.in_(people), wants_news())))


def by_id(model: Any, ids: Iterable[int | None]) -> dict[int, Any]:
    """The rows with these numbers; None names none."""
    wanted = {id_ for id_ in ids if id_ is not None}
    if not wanted:
        return {}
    return {row.id: row for row in db.session.scalars(select(model).where(model.id.in_(wanted)))}


def materials(drops: Collection[int]) -> dict[int, tuple[LetterMaterial, ...]]:
    """What each of these bonuses has in it."""
    if not drops:
        return {}
    return {
        drop: tuple(
            LetterMaterial(m.id, m.title, m.description, m.link, m.extension or "", m.size or 0) for m in files
        )
        for drop, files in materials_of(drops).items()
    }
