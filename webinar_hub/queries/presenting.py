"""A presenter's own page: the sessions she teaches, how many are registered, and where each is started."""

from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Cohort, Presenter, Session, Webinar
from webinar_hub.queries.calendars import session_rows


@dataclass(frozen=True, slots=True)
class PresentedSession:
    """A session ahead of hers. `leads_to` is "" while nobody has set a link."""

    public_id: str
    title: str
    cohort: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    registered: int
    leads_to: str


@dataclass(frozen=True, slots=True)
class Presenting:
    """Everything that a start link shows."""

    name: str
    webinar: str
    organizer: str
    organizer_email: str
    sessions: tuple[PresentedSession, ...]


def presenting(tokens: Tokens, token: str, now: datetime) -> Presenting:
    """What this start link opens; three statements. Raises NotFound for an ended or invented one."""
    parts = tokens.read("start", token, (int, str))
    presenter = db.session.get(Presenter, parts[0]) if parts else None
    if presenter is None or parts is None or not presenter.link_nonce or presenter.link_nonce != parts[1]:
        raise NotFound()
    rows = db.session.execute(
        session_rows().where(
            Cohort.webinar_id == presenter.webinar_id,
            Cohort.state == "open",
            Session.state == "scheduled",
            Session.ends_at > now,
        )
    ).all()
    title = rows[0][2] if rows else db.session.get_one(Webinar, presenter.webinar_id).title
    first = rows[0][1] if rows else None
    return Presenting(
        presenter.name,
        title,
        first.organizer_name if first else "",
        first.organizer_email if first else "",
        tuple(_session(session, cohort) for session, cohort, _ in rows),
    )


def _session(session: Session, cohort: Cohort) -> PresentedSession:
    return PresentedSession(
        session.public_id, session.title, cohort.title, session.zone, session.starts_at, session.ends_at,
        cohort.seats_taken, cohort.host_url or session.livestream_url or cohort.livestream_url,
    )  # fmt: skip
