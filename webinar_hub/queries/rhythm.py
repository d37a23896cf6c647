"""Hours and pauses as pages show them: those a person has chosen, and those of a cohort."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import func, or_, select

from webinar_hub.core.db import db
from webinar_hub.models import Registration, Rhythm
from webinar_hub.queries.plan import cohort_named
from webinar_hub.rules.hours import Hours


@dataclass(frozen=True, slots=True)
class RhythmView:
    """Minutes after midnight on her own clock; None is as the cohort has it, and -1 "when it opens".

    `paused_until` is None unless a pause is under way.
    """

    bonus_at: int | None = None
    window: tuple[int, int] | None = None
    weekdays_only: bool | None = None
    paused_until: datetime | None = None


def rhythm(person: int, now: datetime) -> RhythmView:
    """What she has chosen; one statement."""
    row = db.session.get(Rhythm, person)
    if row is None:
        return RhythmView()
    window = None if row.write_from is None or row.write_until is None else (row.write_from, row.write_until)
    until = row.paused_until if row.paused_until and row.paused_until > now else None
    return RhythmView(row.bonus_at, window, row.weekdays_only, until)


@dataclass(frozen=True, slots=True)
class CohortHours:
    """The hours of a cohort, the version of it that says so, and how many of its people have chosen their own."""

    hours: Hours
    version: int
    own_choices: int


def cohort_hours(key: str) -> CohortHours:
    """Two statements. Raises NotFound."""
    cohort = cohort_named(key)
    chosen = (
        select(func.count())
        .select_from(Rhythm)
        .join(Registration, Registration.person_id == Rhythm.person_id)
        .where(Registration.cohort_id == cohort.id, Registration.state == "confirmed")
        .where(or_(Rhythm.bonus_at.is_not(None), Rhythm.write_from.is_not(None), Rhythm.weekdays_only.is_not(None)))
    )
    hours = Hours(cohort.bonus_at, cohort.write_from, cohort.write_until, cohort.weekdays_only)
    return CohortHours(hours, cohort.version, db.session.scalar(chosen) or 0)
