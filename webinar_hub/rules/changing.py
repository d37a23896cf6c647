"""Until when she may change, leave and hand on a place by herself, and how long what waits for an answer waits."""

from datetime import datetime, timedelta

PROOF_LIVES = timedelta(hours=24)
"""So long a new address may be proven."""
UNDO_LIVES = timedelta(days=7)
"""So long whoever reads the old address may have it put back."""
OFFER_LIVES = timedelta(hours=48)
"""So long a colleague may take a place, unless its next session begins before."""


def is_open(closes_at: datetime | None, now: datetime) -> bool:
    """Whether she may still change by herself; None: as long as there is something to change."""
    return closes_at is None or now < closes_at


def offer_ends(next_start: datetime | None, closes_at: datetime | None, now: datetime) -> datetime | None:
    """Until when a colleague may take a place that is offered now; None where nothing begins any more, or too soon.

    Never beyond the next start, nor the moment until which the organizer lets people change by themselves.
    """
    if next_start is None or next_start <= now or not is_open(closes_at, now):
        return None
    return min(filter(None, (now + OFFER_LIVES, next_start, closes_at)))


def entry_revisions(session: int, place: int) -> tuple[int, int]:
    """SEQUENCE of the CANCEL to the old address and of the REQUEST to the new one, both under the one UID.

    `place` is the registration's revision before the change, which then rises by two. Where both mailboxes fill one
    calendar, the higher REQUEST wins in whatever order the two arrive (RFC 5546 section 2.1.4).
    """
    return session + place + 1, session + place + 2
