"""What becomes of a wish to be deleted: how long it waits, what stays, and under which name."""

import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from webinar_hub.rules.retention import ERASED

WAIT = timedelta(days=3)
"""So long she can take it back."""
PROOF = timedelta(days=2)
"""So long the link in the mail that asks whether it was she can be used."""
FAREWELL = timedelta(days=1)
"""So long what takes sessions out of her calendar may take to be sent; then she is deleted all the same."""
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"


@dataclass(frozen=True, slots=True)
class Stays:
    """What has to be kept of her: so many sessions she came to, the last of them until `until` (None: for ever)."""

    sessions: int
    until: datetime | None


def new_reference() -> str:
    """What evidence stands under when her name is gone, such as "E-7K3F-9Q2M": 40 bits that say nothing of her."""
    drawn = "".join(secrets.choice(_LETTERS) for _ in range(8))
    return f"E-{drawn[:4]}-{drawn[4:]}"


def address_of(reference: str) -> str:
    """The address of a person who is only a reference."""
    return f"{reference.lower()}@{ERASED}"


def stays(ends: list[datetime], days: int, now: datetime) -> Stays | None:
    """What boards may still ask for, by the ends of the sessions she came to; None where nothing stays.

    `days` is how long attendance is kept, 0 for ever.
    """
    if not days:
        return Stays(len(ends), None) if ends else None
    kept = [end for end in ends if end + timedelta(days=days) > now]
    return Stays(len(kept), max(kept) + timedelta(days=days)) if kept else None
