"""Writes the audit log."""

from datetime import datetime
from typing import Any

from webinar_hub.core.db import db
from webinar_hub.models import AuditEntry


def note(actor: str, action: str, subject: str, *, now: datetime, **detail: Any) -> None:
    """Add an entry, in the transaction of the change it tells of."""
    db.session.add(AuditEntry(at=now, actor=actor, action=action, subject=subject, detail=detail))
