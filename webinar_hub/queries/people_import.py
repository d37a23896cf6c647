"""What would become of a file of people: the dry run, row by row."""

from collections import Counter
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from flask import current_app
from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import PeopleImport
from webinar_hub.rules.erased import asked_about, erased
from webinar_hub.rules.people_import import FIELDS, Known, Row, checked, keys_of, known_people, missing

AT_ONCE = 5000
SHOWN = 500


@dataclass(frozen=True, slots=True)
class ImportPage:
    """A file with what its rows are: `counts` by outcome, `wrong` and `noted` are the first of them.

    `lacks` says which column has not been chosen; then nothing was checked. `result` is what became of it.
    """

    id: int
    file_name: str
    state: str
    uploaded_at: datetime
    heading: tuple[str, ...]
    examples: tuple[str, ...]
    columns: dict[str, int]
    fields: dict[str, str]
    lacks: str
    counts: Counter[str]
    wrong: tuple[Row, ...]
    noted: tuple[Row, ...]
    fine: tuple[Row, ...]
    result: dict[str, Any]


def page(cohort: int, import_: int) -> ImportPage:
    """A file of this cohort. Raises NotFound. One statement, and two more for each five thousand addresses."""
    row = db.session.scalars(
        select(PeopleImport).where(PeopleImport.id == import_, PeopleImport.cohort_id == cohort)
    ).first()
    if row is None:
        raise NotFound()
    lacks = missing(row.columns)
    report = [] if lacks or row.state == "applied" else checked(row.rows, row.columns, _known(row, cohort))
    return ImportPage(
        id=row.id,
        file_name=row.file_name,
        state=row.state,
        uploaded_at=row.uploaded_at,
        heading=tuple(row.heading),
        examples=tuple(_example(row, place) for place in range(len(row.heading))),
        columns=dict(row.columns),
        fields=dict(FIELDS),
        lacks=lacks,
        counts=Counter(one.outcome for one in report),
        wrong=_first(report, "wrong"),
        noted=tuple(one for one in report if one.note)[:SHOWN],
        fine=_first(report, "new")[:5],
        result=row.result,
    )


def _first(report: list[Row], outcome: str) -> tuple[Row, ...]:
    return tuple(one for one in report if one.outcome == outcome)[:SHOWN]


def _example(row: PeopleImport, place: int) -> str:
    return next((cells[place] for cells in row.rows[:20] if cells[place]), "")


def _known(row: PeopleImport, cohort: int) -> dict[str, Known]:
    keys = keys_of(row.rows, row.columns)
    known: dict[str, Known] = {}
    for begin in range(0, len(keys), AT_ONCE):
        some = keys[begin : begin + AT_ONCE]
        for key, state, stopped in db.session.execute(known_people(some, cohort)):
            known[key] = Known(state or "", stopped is not None)
        asked, owners = asked_about(current_app.extensions["tokens"], [key for key in some if key not in known])
        for key, moment in erased(db.session.execute(asked), owners).items():
            known[key] = Known("", mail_stopped=False, erased_at=moment)
    return known
