"""What the studio's pages about a webinar and a cohort show: everything that was typed or set by default."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Drop, Presenter, Session, Webinar
from webinar_hub.rules import publishing
from webinar_hub.rules.life_cycle import Stage, stage
from webinar_hub.rules.public_holidays import Holiday, holidays_among
from webinar_hub.rules.publishing import Missing


@dataclass(frozen=True, slots=True)
class PresenterDetails:
    """Somebody who teaches, as her form shows her."""

    id: int
    name: str
    credentials: str
    email: str
    bio: str
    disclosure: str
    disclosure_other: str


@dataclass(frozen=True, slots=True)
class CohortName:
    """A run of a webinar in a list of links."""

    key: str
    title: str


@dataclass(frozen=True, slots=True)
class WebinarDetails:
    """A webinar as its forms show it; `agenda` and `faq` as they are stored."""

    id: int
    slug: str
    version: int
    title: str
    summary: str
    description: str
    audience: str
    level: str
    credit: str
    outcomes: tuple[str, ...]
    agenda: tuple[dict[str, Any], ...]
    faq: tuple[dict[str, str], ...]
    next_step_text: str
    next_step_url: str
    presenters: tuple[PresenterDetails, ...]
    cohorts: tuple[CohortName, ...]

    @property
    def contact_minutes(self) -> int:
        """Minutes of teaching in the agenda."""
        return publishing.contact_minutes(publishing.agenda_of(self.agenda))


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session in a list of dates."""

    key: str
    title: str
    starts_at: datetime
    ends_at: datetime
    state: str


@dataclass(frozen=True, slots=True)
class CohortDetails:
    """A cohort as its forms and the page after creating show it; `values` are its columns by name."""

    key: str
    public_id: str
    version: int
    title: str
    zone: str
    stage: Stage
    seats_taken: int
    webinar: WebinarDetails
    sessions: tuple[SessionLine, ...]
    drops: int
    values: dict[str, Any]
    missing: tuple[Missing, ...]
    holidays: tuple[Holiday, ...]


def webinar_details(slug: str) -> WebinarDetails:
    """Everything the forms of a webinar show; three statements. Raises NotFound."""
    row = db.session.scalars(select(Webinar).where(Webinar.slug == slug)).first()
    if row is None:
        raise NotFound()
    return _webinar(row)


def _webinar(row: Webinar) -> WebinarDetails:
    presenters = db.session.scalars(
        select(Presenter).where(Presenter.webinar_id == row.id).order_by(Presenter.position)
    )
    cohorts = db.session.execute(
        select(Cohort.key, Cohort.title).where(Cohort.webinar_id == row.id).order_by(Cohort.id.desc())
    )
    return WebinarDetails(
        id=row.id, slug=row.slug, version=row.version, title=row.title, summary=row.summary,
        description=row.description, audience=row.audience, level=row.level, credit=row.credit,
        outcomes=tuple(row.outcomes), agenda=tuple(row.agenda), faq=tuple(row.faq),
        next_step_text=row.next_step_text, next_step_url=row.next_step_url,
        presenters=tuple(
            PresenterDetails(p.id, p.name, p.credentials, p.email, p.bio, p.disclosure, p.disclosure_other)
            for p in presenters
        ),
        cohorts=tuple(CohortName(key, title) for key, title in cohorts),
    )  # fmt: skip


def cohort_details(key: str, now: datetime) -> CohortDetails:
    """Everything the pages of a cohort's settings show; five statements. Raises NotFound."""
    found = db.session.execute(
        select(Cohort, Webinar).join(Webinar, Webinar.id == Cohort.webinar_id).where(Cohort.key == key)
    ).first()
    if found is None:
        raise NotFound()
    cohort, webinar = found
    about = _webinar(webinar)
    sessions = db.session.scalars(
        select(Session).where(Session.cohort_id == cohort.id).order_by(Session.starts_at, Session.id)
    ).all()
    kept = [session for session in sessions if session.state == "scheduled"]
    drops = db.session.scalar(select(func.count()).where(Drop.cohort_id == cohort.id)) or 0
    ahead = [session for session in kept if session.starts_at > now]
    facts = publishing.facts_of(about, cohort, about.presenters, len(ahead))
    return CohortDetails(
        key=cohort.key, public_id=cohort.public_id, version=cohort.version, title=cohort.title, zone=cohort.zone,
        stage=stage(
            cohort.state,
            archived=cohort.archived_at is not None,
            first_start=min((session.starts_at for session in kept), default=None),
            last_end=max((session.ends_at for session in kept), default=None),
            now=now,
        ),
        seats_taken=cohort.seats_taken,
        webinar=about,
        sessions=tuple(SessionLine(s.key, s.title, s.starts_at, s.ends_at, s.state) for s in sessions),
        drops=drops,
        values={column.key: getattr(cohort, column.key) for column in Cohort.__table__.columns},
        missing=tuple(publishing.missing(facts)),
        holidays=tuple(holidays_among([datetime.fromisoformat(s.wall_start).date() for s in ahead], cohort.zone)),
    )  # fmt: skip
