"""What the studio's frame and its list of webinars show."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, case, func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Session, Webinar
from webinar_hub.rules.life_cycle import Stage, stage


@dataclass(frozen=True, slots=True)
class CohortHead:
    """What stands above every page of a cohort; both moments are of sessions that take place, None without."""

    id: int
    key: str
    title: str
    zone: str
    state: str
    webinar_id: int
    webinar_slug: str
    webinar_title: str
    seats_taken: int
    capacity: int | None
    first_start: datetime | None
    last_end: datetime | None

    def stage(self, now: datetime) -> Stage:
        """Where it stands in its life."""
        return stage(
            self.state,
            archived=self.state == "archived",
            first_start=self.first_start,
            last_end=self.last_end,
            now=now,
        )


@dataclass(frozen=True, slots=True)
class CohortLine:
    """A cohort in the list; `next_start` is None when nothing lies ahead, both moments when it has no session."""

    key: str
    title: str
    zone: str
    state: str
    seats_taken: int
    capacity: int | None
    sessions: int
    first_start: datetime | None
    last_end: datetime | None
    next_start: datetime | None


@dataclass(frozen=True, slots=True)
class WebinarLine:
    """A webinar in the list, with its runs, the latest first."""

    id: int
    slug: str
    title: str
    summary: str
    cohorts: tuple[CohortLine, ...]


def cohort_head(key: str) -> CohortHead:
    """Raises NotFound."""
    row = db.session.execute(
        select(Cohort, Webinar, _of_sessions(func.min(Session.starts_at)), _of_sessions(func.max(Session.ends_at)))
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Cohort.key == key)
    ).first()
    if row is None:
        raise NotFound()
    cohort, webinar, first_start, last_end = row
    return CohortHead(
        cohort.id, cohort.key, cohort.title, cohort.zone, "archived" if cohort.archived_at else cohort.state,
        webinar.id, webinar.slug, webinar.title, cohort.seats_taken, cohort.capacity,
        first_start, last_end,
    )  # fmt: skip


def _of_sessions(found: ColumnElement[Any]) -> ScalarSelect[Any]:
    return (
        select(found)
        .where(Session.cohort_id == Cohort.id, Session.state == "scheduled")
        .correlate(Cohort)
        .scalar_subquery()
    )


def webinars(only: Collection[int] | None, now: datetime) -> list[WebinarLine]:
    """The webinars with these ids, or, with None, all of them, by title; two statements."""
    wanted = select(Webinar).order_by(Webinar.title, Webinar.id)
    if only is not None:
        wanted = wanted.where(Webinar.id.in_(only))
    rows = db.session.scalars(wanted).all()
    cohorts: dict[int, list[CohortLine]] = {row.id: [] for row in rows}
    for webinar_id, line in _cohort_lines(now):
        if webinar_id in cohorts:
            cohorts[webinar_id].append(line)
    return [WebinarLine(row.id, row.slug, row.title, row.summary, tuple(cohorts[row.id])) for row in rows]


def _cohort_lines(now: datetime) -> list[tuple[int, CohortLine]]:
    takes_place = Session.state == "scheduled"
    rows = db.session.execute(
        select(
            Cohort.webinar_id, Cohort.key, Cohort.title, Cohort.zone, Cohort.state, Cohort.seats_taken,
            Cohort.capacity, func.count(case((takes_place, Session.id))), func.min(Session.starts_at),
            func.max(Session.ends_at), func.min(case((takes_place & (Session.ends_at > now), Session.starts_at))),
            Cohort.archived_at, func.min(case((takes_place, Session.starts_at))),
            func.max(case((takes_place, Session.ends_at))),
        )
        .outerjoin(Session, Session.cohort_id == Cohort.id)
        .group_by(Cohort.id)
        .order_by(func.max(Session.ends_at).desc(), Cohort.id.desc())
    )  # fmt: skip
    return [(row[0], _line(row, now)) for row in rows]


def _line(row: Any, now: datetime) -> CohortLine:
    """The line of one row, its state said as the stage the cohort is at."""
    archived_at, first, last = row[-3:]
    where = stage(row[4], archived=archived_at is not None, first_start=first, last_end=last, now=now)
    return CohortLine(*(*row[1:4], where, *row[5:-3]))
