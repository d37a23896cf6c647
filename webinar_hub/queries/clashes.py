"""Sessions ahead that want the same presenter or the same livestream link at the same time."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Cohort, Presenter, Session
from webinar_hub.rules.clash import Clash, Slot, between, clashes, presenter_keys, room_key


def ahead(now: datetime, only: Collection[int] | None = None) -> list[Clash]:
    """Every clash among sessions that are not over; `only` these webinars, None for all. Two statements."""
    slots = _slots(now)
    found = clashes([slot for slot, _ in slots])
    if only is None:
        return found
    hers = {slot.session_id for slot, webinar in slots if webinar in only}
    return [clash for clash in found if {clash.first.session_id, clash.second.session_id} & hers]


def of_cohort(key: str, now: datetime) -> list[Clash]:
    """The clashes one of whose sessions belongs to this cohort."""
    return [clash for clash in ahead(now) if key in (clash.first.cohort_key, clash.second.cohort_key)]


def of_wish(
    starts: Sequence[datetime],
    minutes: int,
    *,
    presenters: dict[str, str],
    livestream_url: str,
    now: datetime,
) -> list[Clash]:
    """What sessions that are not there yet, at these moments, would clash with."""
    length, room = timedelta(minutes=minutes), room_key(livestream_url)
    wished = [Slot(0, "", "", "", "UTC", moment, moment + length, presenters, room) for moment in starts]
    known = [slot for slot, _ in _slots(now)]
    pairs = (between(other, wish) for wish in wished for other in known)
    return [clash for clash in pairs if clash is not None]


def _slots(now: datetime) -> list[tuple[Slot, int]]:
    """What is not over, of cohorts that may take place, with the webinar it belongs to."""
    rows = db.session.execute(
        select(Session, Cohort.key, Cohort.title, Cohort.webinar_id, Cohort.livestream_url)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(
            Session.state == "scheduled",
            Session.ends_at > now,
            Cohort.state != "cancelled",
            Cohort.archived_at.is_(None),
        )
        .order_by(Session.starts_at, Session.id)
    ).all()
    teaching = _presenters({row.webinar_id for row in rows})
    return [
        (
            Slot(
                session.id, key, title, session.title, session.zone, session.starts_at, session.ends_at,
                teaching.get(webinar, {}), room_key(session.livestream_url or link),
            ),
            webinar,
        )
        for session, key, title, webinar, link in rows
    ]  # fmt: skip


def _presenters(webinars: Collection[int]) -> dict[int, dict[str, str]]:
    found: dict[int, dict[str, str]] = {}
    for row in db.session.scalars(select(Presenter).where(Presenter.webinar_id.in_(webinars))):
        found.setdefault(row.webinar_id, {}).update(presenter_keys(row.name, row.email))
    return found
