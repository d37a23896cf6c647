"""Her rhythm as her pages show it: the hours she has chosen, and a pause that is under way."""

from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.db import db
from webinar_hub.models import Rhythm


@dataclass(frozen=True, slots=True)
class RhythmView:
    """Minutes after midnight on her own clock; None is as the cohort has it, and -1 "when it opens".

    `paused_until` is None unless a pause is under way, which names its `topics`.
    """

    bonus_at: int | None = None
    window: tuple[int, int] | None = None
    weekdays_only: bool | None = None
    paused_until: datetime | None = None
    topics: tuple[str, ...] = ()


def rhythm(person: int, now: datetime) -> RhythmView:
    """What she has chosen; one statement."""
    row = db.session.get(Rhythm, person)
    if row is None:
        return RhythmView()
    window = None if row.write_from is None or row.write_until is None else (row.write_from, row.write_until)
    until = row.paused_until if row.paused_until and row.paused_until > now else None
    rests = {"reminders": row.pauses_reminders, "bonuses": row.pauses_bonuses, "news": row.pauses_news}
    topics = tuple(topic for topic, pauses in rests.items() if pauses) if until else ()
    return RhythmView(row.bonus_at, window, row.weekdays_only, until, topics)
