"""Everything that is kept about one person, for her: table by table, in words, with times in UTC (FEATURES G3)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

from sqlalchemy import Column, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Drop, Material, MaterialVersion, Registration, Session, Webinar
from webinar_hub.rules.personal_data import (
    HELD,
    Held,
    Whose,
    exported,
    former_of,
    hers,
    people_of,
    places_of,
    table_of,
    target_of,
    whose,
)

AT_ONCE = 500
Row = dict[str, Any]
Labels = dict[str, Callable[[Any], Any]]


@dataclass(frozen=True, slots=True)
class Part:
    """One table: its rows are read while they are written. Read one part to its end before the next."""

    name: str
    rows: Iterator[Row]


@dataclass(frozen=True, slots=True)
class StoredFile:
    """A file of hers in storage, and what it is called in the archive."""

    stored_name: str
    name: str


def everything(person: int) -> Iterator[Part]:
    """Every table that holds something about her, whether it does at the moment or not. Raises NotFound.

    A fixed number of statements; memory holds a few hundred rows at a time.
    """
    who = _whose(person)
    labels = _labels(who)
    for held in HELD:
        yield Part(held.table, _rows(held, who, labels))


def files(person: int) -> list[StoredFile]:
    """What she uploaded. Raises NotFound."""
    who, found = _whose(person), []
    for held in HELD:
        if held.file:
            table = table_of(held)
            rows = db.session.execute(select(table).where(hers(held, who)).order_by(*table.primary_key)).mappings()
            for number, row in enumerate(rows, start=1):
                title = row.get("title") or f"file {number}"
                name = f"{number}-{title}.{row.get('extension') or 'bin'}"
                found.append(StoredFile(row[held.file], name))
    return found


def _whose(person: int) -> Whose:
    rows = db.session.execute(people_of(person)).all()
    if not rows:
        raise NotFound()
    people = [row[0] for row in rows]
    places = db.session.scalars(places_of(people)).all()
    return whose(rows, places, db.session.scalars(former_of(people)).all())


def _rows(held: Held, who: Whose, labels: Labels) -> Iterator[Row]:
    table, columns = table_of(held), exported(held)
    statement = select(*columns).where(hers(held, who)).order_by(*table.primary_key)
    for row in db.session.execute(statement, execution_options={"yield_per": AT_ONCE}):
        said = (_said(column, value, labels) for column, value in zip(columns, row, strict=True))
        yield dict(pair for pair in said if pair is not None)


def _said(column: Column[Any], value: Any, labels: Labels) -> tuple[str, Any] | None:
    """A column as it is told: our own numbers say nothing to her, so what they stand for is told instead."""
    if column.foreign_keys:
        target = target_of(column).table.name
        if target not in labels:
            return None
        return column.name.removesuffix("_id"), None if value is None else labels[target](value)
    return None if column.primary_key and column.name == "id" else (column.name, _plain(value))


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
    return value.isoformat() if isinstance(value, date) else value


def _labels(who: Whose) -> Labels:
    """What her rows point to, in words; five statements."""
    cohorts = {
        id_: {"webinar": webinar, "cohort": cohort}
        for id_, webinar, cohort in db.session.execute(
            select(Cohort.id, Webinar.title, Cohort.title)
            .join(Webinar, Webinar.id == Cohort.webinar_id)
            .join(Registration, Registration.cohort_id == Cohort.id)
            .where(Registration.id.in_(who.places))
        )
    }
    sessions = {
        row.id: {"title": row.title, "starts_at": _plain(row.starts_at), "ends_at": _plain(row.ends_at)}
        for row in db.session.execute(
            select(Session.id, Session.title, Session.starts_at, Session.ends_at).where(
                Session.cohort_id.in_(cohorts)
            )
        )
    }
    drops = _pairs(db.session.execute(select(Drop.id, Drop.title).where(Drop.cohort_id.in_(cohorts))))
    places = _pairs(
        db.session.execute(select(Registration.id, Registration.public_id).where(Registration.id.in_(who.places)))
    )
    return {
        "cohorts": cohorts.get,
        "sessions": sessions.get,
        "drops": drops.get,
        "registrations": places.get,
        "material_versions": _material_titles(who).get,
    }


def _material_titles(who: Whose) -> dict[int, str]:
    webinars = (
        select(Cohort.webinar_id)
        .join(Registration, Registration.cohort_id == Cohort.id)
        .where(Registration.id.in_(who.places))
    )
    rows = select(MaterialVersion.id, Material.title).join(Material, Material.id == MaterialVersion.material_id)
    return _pairs(db.session.execute(rows.where(Material.webinar_id.in_(webinars))))


def _pairs(rows: Any) -> dict[int, str]:
    return {number: words for number, words in rows}
