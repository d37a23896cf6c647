"""Records that somebody took a material; whether she may is asked before, in `queries/downloads.py`."""

from datetime import datetime

from webinar_hub.core.db import db
from webinar_hub.models import Download


def record(*, registration_id: int, drop_id: int, version_id: int, now: datetime) -> None:
    """Add the evidence."""
    db.session.add(
        Download(
            registration_id=registration_id, drop_id=drop_id, material_version_id=version_id, downloaded_at=now
        )
    )
