"""That somebody was given her data: how often that may be, and who did it."""

from datetime import datetime, timedelta

from webinar_hub.services import allowances, audit

HOUR = timedelta(hours=1)
PER_HOUR = 10


def note_export(person: int, *, actor: str, now: datetime) -> None:
    """Put an export on record, before it is made. Raises TooMany."""
    allowances.spend("my-data", str(person), limit=PER_HOUR, window=HOUR, now=now)
    audit.note(actor, "person.exported", f"person:{person}", now=now)
