"""What anybody may see: the home page, a webinar's page, a session's page."""

from datetime import UTC, datetime
from typing import cast

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Cohort, Session, Webinar
from webinar_hub.queries.cohorts import cohort_views
from webinar_hub.queries.views import (
    AgendaLine,
    CohortView,
    HomeView,
    PresenterView,
    SessionView,
    WebinarCard,
    WebinarView,
)
from webinar_hub.rules.access import Visibility


def home(now: datetime) -> HomeView:
    """Every webinar that is listed with the cohort that comes next.

    The nearest live session one can still sign up for stands first.
    """
    cohorts = list(db.session.scalars(select(Cohort).where(Cohort.state != "draft", Cohort.archived_at.is_(None))))
    shown = {cohort.webinar_id for cohort in cohorts}
    listed = select(Webinar).where(Webinar.id.in_(shown), Webinar.visibility == "listed")
    webinars = list(db.session.scalars(listed.order_by(Webinar.title)))
    views = cohort_views(cohorts, now)
    cards = []
    for webinar in webinars:
        own = [views[cohort.id] for cohort in cohorts if cohort.webinar_id == webinar.id]
        ahead = [view for view in own if view.next_session is not None]
        cohort = min(ahead, key=lambda view: (bool(view.closed_because), _next_start(view))) if ahead else None
        cards.append(WebinarCard(webinar.slug, webinar.title, webinar.summary, cohort))
    coming = sorted((card for card in cards if card.cohort), key=_closed_then_start)
    rest = [card for card in cards if not card.cohort]
    return HomeView(next_up=coming[0] if coming else None, webinars=(*coming, *rest))


def _closed_then_start(card: WebinarCard) -> tuple[bool, datetime]:
    return bool(card.cohort and card.cohort.closed_because), _next_start(card.cohort)


def _next_start(cohort: CohortView | None) -> datetime:
    ahead = cohort.next_session if cohort else None
    return ahead.starts_at if ahead else datetime.max.replace(tzinfo=UTC)


def webinar(slug: str, now: datetime) -> WebinarView:
    """A webinar's page with all its cohorts but those put away. Raises NotFound, also while all are drafts."""
    return _webinar(slug, now, with_archived=False)


def _webinar(slug: str, now: datetime, *, with_archived: bool) -> WebinarView:
    row = db.session.scalars(
        select(Webinar).where(Webinar.slug == slug).options(selectinload(Webinar.presenters))
    ).first()
    if row is None:
        raise NotFound()
    cohorts = list(db.session.scalars(select(Cohort).where(Cohort.webinar_id == row.id, Cohort.state != "draft")))
    if not cohorts:
        raise NotFound()
    listed = [cohort for cohort in cohorts if with_archived or cohort.archived_at is None]
    views = list(cohort_views(listed, now).values())
    coming = sorted((view for view in views if view.next_session), key=_next_start)
    past = [view for view in views if not view.next_session]
    return WebinarView(
        slug=row.slug,
        title=row.title,
        summary=row.summary,
        description=row.description,
        audience=row.audience,
        level=row.level,
        credit=row.credit,
        outcomes=tuple(row.outcomes),
        agenda=tuple(AgendaLine(line["minutes"], line["title"], line["is_break"]) for line in row.agenda),
        faq=tuple((entry["question"], entry["answer"]) for entry in row.faq),
        next_step_text=row.next_step_text,
        next_step_url=row.next_step_url,
        presenters=tuple(
            PresenterView(p.name, p.credentials, p.bio, p.disclosure, p.disclosure_other) for p in row.presenters
        ),
        organizer_name=cohorts[0].organizer_name if cohorts else "",
        cohorts=tuple(coming),
        past_cohorts=tuple(past),
        visibility=cast("Visibility", row.visibility),
    )


def sign_up_page(slug: str, cohort: str, now: datetime) -> tuple[WebinarView, CohortView]:
    """A webinar and the one of its cohorts with this public id, archived ones too. Raises NotFound."""
    view = _webinar(slug, now, with_archived=True)
    for candidate in (*view.cohorts, *view.past_cohorts):
        if candidate.public_id == cohort:
            return view, candidate
    raise NotFound()


def session_page(session: str, now: datetime) -> tuple[WebinarView, CohortView, SessionView]:
    """The page that calendars link to. Raises NotFound."""
    row = db.session.execute(
        select(Webinar.slug, Cohort.public_id)
        .join(Cohort, Cohort.webinar_id == Webinar.id)
        .join(Session, Session.cohort_id == Cohort.id)
        .where(Session.public_id == session)
    ).first()
    if row is None:
        raise NotFound()
    view, cohort = sign_up_page(row.slug, row.public_id, now)
    found = next(candidate for candidate in cohort.sessions if candidate.public_id == session)
    return view, cohort, found
