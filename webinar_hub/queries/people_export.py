"""The rows of an export, a stretch at a time: memory stays the same however many there are."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.models import (
    AttendanceSegment,
    Cohort,
    CreditDetails,
    Download,
    Person,
    Registration,
    Webinar,
)
from webinar_hub.queries.people import tags_of
from webinar_hub.rules.answers import in_words
from webinar_hub.rules.credit_details import FIELDS
from webinar_hub.rules.people import Chosen, Scope, Wanted, chosen_people, chosen_places, of_place
from webinar_hub.rules.questions import CREDIT

STRETCH = 2000
Cells = list[str | int]


def rows(chosen: Chosen, columns: Sequence[str]) -> Iterator[Cells]:
    """One row a place, in the order in which they were made.

    Each stretch is a transaction of its own, so that a slow download holds nothing in the database.
    """
    after = 0
    while stretch := _stretch(chosen, after):
        tags = tags_of({row.person_id for row in stretch}) if "tags" in columns else {}
        after = stretch[-1].id
        db.session.rollback()
        for row in stretch:
            cells = _cells(row, tags)
            # Nobody's answer to a question that is asked only in another cohort.
            yield [cells.get(column, "") for column in columns]


def _stretch(chosen: Chosen, after: int) -> Sequence[Any]:
    scope: Scope = chosen.scope
    if scope.cohort is not None:
        wanted: list[Any] = [Registration.id.in_(chosen_places(chosen))]
    else:
        of = chosen.wanted if chosen.ids is None else Wanted()
        wanted = [Registration.person_id.in_(chosen_people(chosen)), *of_place(of, scope)]
    return db.session.execute(
        select(
            Registration.id, Registration.person_id, Person.name, Person.email, Person.profession, Person.zone,
            Webinar.title.label("webinar"), Cohort.title.label("cohort"), Registration.state,
            Registration.registered_at, Registration.cancelled_at, Person.suppressed_at,
            Registration.answers, _joined(), _taken(), *(getattr(CreditDetails, name) for name in FIELDS),
        )
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .outerjoin(CreditDetails, CreditDetails.person_id == Person.id)
        .where(Registration.id > after, *wanted)
        .order_by(Registration.id)
        .limit(STRETCH)
    ).all()  # fmt: skip


def _joined() -> Any:
    sessions = func.count(func.distinct(AttendanceSegment.session_id))
    of = select(sessions).where(AttendanceSegment.registration_id == Registration.id)
    return of.scalar_subquery().label("joined")


def _taken() -> Any:
    materials = func.count(func.distinct(Download.material_version_id))
    return select(materials).where(Download.registration_id == Registration.id).scalar_subquery().label("downloads")


def _cells(row: Any, tags: dict[int, list[str]]) -> dict[str, str | int]:
    return {
        "name": row.name,
        "email": row.email,
        "profession": row.profession,
        "zone": row.zone,
        "webinar": row.webinar,
        "cohort": row.cohort,
        "state": row.state,
        "registered": _moment(row.registered_at),
        "cancelled": _moment(row.cancelled_at),
        "joined": row.joined,
        "downloads": row.downloads,
        "mail": "stopped" if row.suppressed_at else "",
        "tags": ", ".join(tags.get(row.person_id, ())),
        "credit": "yes" if CREDIT in row.answers else "",
        **{f"licence:{name}": getattr(row, name) or "" for name in FIELDS},
        **{f"q:{key}": in_words(answer) for key, answer in row.answers.items()},
    }


def _moment(moment: datetime | None) -> str:
    return f"{moment:%Y-%m-%d %H:%M}" if moment else ""
