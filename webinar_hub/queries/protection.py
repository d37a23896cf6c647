"""How the sign-up of a cohort is protected, and which webinars are under attack: for pages and doors."""

import threading
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.core import clock
from webinar_hub.core.db import at_once, db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Alarm, Cohort, Session, Webinar

LASTS = 5.0
"""Seconds for which a process goes by what it has read."""
_ATTACKED = select(Webinar.slug, Alarm.until).join(Alarm, Alarm.webinar_id == Webinar.id)


@dataclass(frozen=True, slots=True)
class CohortProtection:
    """What is set for one cohort: double opt-in, and its own switch for work, "" where it goes by the house's.

    `is_certain`: whoever signs up has a seat at once, because nobody decides on her and there is no line.
    """

    proves_address: bool
    proof_of_work: str
    is_certain: bool


@dataclass(frozen=True, slots=True)
class ProtectionForm:
    """What can be set on its page in the studio, with the version that was read."""

    proves_address: bool
    proof_of_work: str
    version: int


@dataclass(frozen=True, slots=True)
class AlarmView:
    """A webinar under attack, for the staff."""

    webinar_id: int
    slug: str
    title: str
    began_at: datetime
    until: datetime
    reason: str


def of_cohort(cohort: str) -> CohortProtection:
    """What is set for the cohort with this public id. Raises NotFound."""
    row = db.session.scalars(select(Cohort).where(Cohort.public_id == cohort)).first()
    if row is None:
        raise NotFound()
    return CohortProtection(row.proves_address, row.proof_of_work, not (row.needs_approval or row.has_waitlist))


def form_of(key: str) -> ProtectionForm:
    """What is set for the cohort with this key, to be changed. Raises NotFound."""
    row = db.session.scalars(select(Cohort).where(Cohort.key == key)).first()
    if row is None:
        raise NotFound()
    return ProtectionForm(row.proves_address, row.proof_of_work, row.version)


def link_of(session: str) -> str:
    """Where the session with this public id takes place, "" where nobody has said yet."""
    row = db.session.execute(
        select(Session.livestream_url, Cohort.livestream_url)
        .join(Cohort, Cohort.id == Session.cohort_id)
        .where(Session.public_id == session)
    ).first()
    return (row[0] or row[1]) if row else ""


def alarms(now: datetime) -> list[AlarmView]:
    """Every webinar under attack just now, the newest alarm first."""
    rows = db.session.execute(
        select(Webinar.id, Webinar.slug, Webinar.title, Alarm.began_at, Alarm.until, Alarm.reason)
        .join(Alarm, Alarm.webinar_id == Webinar.id)
        .where(Alarm.until > now)
        .order_by(Alarm.began_at.desc())
    )
    return [AlarmView(*row) for row in rows]


class KeptAlarms:
    """What one process knows of webinars under attack: read again after a few seconds, and never in between."""

    def __init__(self, *, monotonic: Callable[[], float] = clock.monotonic) -> None:
        self._monotonic = monotonic
        self._known: dict[str, datetime] = {}
        self._read_at: float | None = None
        self._lock = threading.Lock()

    def attacked(self, slug: str, now: datetime) -> bool:
        """Whether the webinar is under attack; where the database does not answer, what was known goes on."""
        with self._lock:
            is_old = self._read_at is None or self._monotonic() - self._read_at >= LASTS
            if is_old:
                # Set first: while one thread reads, the others go on with what is known.
                self._read_at = self._monotonic()
        if is_old:
            with suppress(SQLAlchemyError):
                rows: Any = at_once(_ATTACKED, {})
                self._known = {row.slug: row.until for row in rows}
        return slug in self._known and self._known[slug] > now

    def forget(self) -> None:
        """Have the next look read again: something has just been changed here."""
        self._read_at = None
