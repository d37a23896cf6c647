"""What waits for an organizer: each need says what is the matter, and which page mends it.

Tasks and people to call are lists of their own (`queries/today.py`); here is everything that is mended elsewhere.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime

from webinar_hub.documents.when import when_in
from webinar_hub.queries import health, today
from webinar_hub.queries.today import Only


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks: the webinars she may see, the present moment (aware), and the zone of her clock."""

    only: Only
    now: datetime
    zone: str


@dataclass(frozen=True, slots=True)
class Need:
    """One thing to do. `kind` decides which page mends it (`web/studio/today.py`), of the cohort `cohort_key`."""

    kind: str
    title: str
    words: str
    cohort_key: str = ""


def _mail_is_delayed(asked: Asked) -> Iterator[Need]:
    if since := health.delayed_since(asked.now):
        when = when_in(since, asked.zone)
        yield Need(
            "delayed",
            "Mail is delayed",
            f"The oldest has been waiting since {when}. Nothing is lost; it leaves when the mail server answers.",
        )


def _bonuses_without_content(asked: Asked) -> Iterator[Need]:
    for drop in today.empty_drops(asked.only, asked.now):
        opens = "Opens" if drop.release_at > asked.now else "Open since"
        yield Need(
            "empty_drop",
            f"“{drop.title}” has nothing in it",
            f"{opens} {when_in(drop.release_at, drop.zone)}, {drop.cohort}.",
            drop.cohort_key,
        )


# Whoever finds something else that an organizer must mend adds a function here: page and digest both show it.
SOURCES: tuple[Callable[[Asked], Iterator[Need]], ...] = (_mail_is_delayed, _bonuses_without_content)


def needs(asked: Asked) -> list[Need]:
    """Everything there is, the most urgent first."""
    return [need for source in SOURCES for need in source(asked)]
