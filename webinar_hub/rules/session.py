"""What a session is called, and whether it may be at another time; a move itself is in services/sessions.py."""

import re
from dataclasses import dataclass
from datetime import datetime

from webinar_hub.core.language import gettext as _
from webinar_hub.rules.zones import clock_words, day_words

_PLAIN = re.compile(r"Session ([0-9]+)")


def plain_title(number: int | None) -> str:
    """What a session is called to which nobody gave a title."""
    return f"Session {number}"


def title_alone(title: str, webinar: str) -> str:
    """What to call a session where its webinar is not named beside it: "Session 2" alone says nothing."""
    plain = _PLAIN.fullmatch(title)
    return _("%(webinar)s, session %(number)s", webinar=webinar, number=plain[1]) if plain else title


@dataclass(frozen=True, slots=True)
class Span:
    """From when to when a session runs; aware moments."""

    starts_at: datetime
    ends_at: datetime

    def overlaps(self, other: "Span") -> bool:
        """Whether both run at some moment; one may begin when the other ends."""
        return self.starts_at < other.ends_at and other.starts_at < self.ends_at


def no_move_because(before: Span, after: Span, now: datetime) -> str:
    """Why a session cannot go from one time to another, or "". One that runs already may become longer."""
    if before.ends_at <= now:
        return "It is over; its time cannot be changed any more."
    if after.ends_at <= now or (after.starts_at <= now and after.starts_at != before.starts_at):
        return "A session cannot be moved into the past. Is the year right?"
    return ""


def overlap_words(title: str, wall_start: datetime, minutes: int) -> str:
    """What to say of a session that would run while another one does, which starts at that wall time."""
    return (
        f'At this time "{title}" is still running (from {clock_words(wall_start)} '
        f"on {day_words(wall_start)}, {minutes} minutes). Move one of the two, or cancel one."
    )
