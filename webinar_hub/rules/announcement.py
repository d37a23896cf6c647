"""Decisions about announcements: how long they are held, and what keeps one from being written or sent."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.rules.segment import Segment
from webinar_hub.rules.wording import problems

HELD = timedelta(minutes=5)
"""From pressing "send" until the first mail may leave (FEATURES D11)."""
LATEST = timedelta(days=366)
KINDS = ("announcement", "news")


@dataclass(frozen=True, slots=True)
class Wish:
    """When it is to go out (None for now), and whether she confirmed that it goes to many."""

    at: datetime | None = None
    is_sure: bool = False


def demand_sound(kind: str, subject: str, body: str, segment: Segment) -> None:
    """Raises Invalid, naming the field, for what cannot be kept."""
    if kind not in KINDS:
        raise Invalid("kind", "Choose what kind of announcement it is.")
    for problem in problems("announcement", subject, body):
        line = f"Line {problem.line}: " if problem.field == "body" else ""
        raise Invalid(problem.field, f"{line}{problem.words}")
    if segment.state == "cancelled" and kind != "news":
        raise Invalid("state", "Whoever gave her place back can only be sent news, and only if she asked for them.")


def demand_sendable(wish: Wish, people: int, now: datetime) -> None:
    """Raises Conflict for nobody to write to, Invalid for a moment that cannot be."""
    if not people:
        raise Conflict("Nobody belongs to this group at the moment, so nothing was sent. Choose another group.")
    if wish.at is not None and wish.at <= now:
        raise Invalid("at", "This moment has passed. Choose a later one, or send it now.")
    if wish.at is not None and wish.at > now + LATEST:
        raise Invalid("at", "This is more than a year away. Choose an earlier day.")
