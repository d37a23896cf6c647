"""The morning's digest: whether somebody wants it."""

from datetime import datetime

from sqlalchemy import delete

from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import DigestOff
from webinar_hub.services import audit


def choose(organizer: int, *, wanted: bool, now: datetime) -> None:
    """Have it sent each morning, or never."""
    before = db.session.get(DigestOff, organizer) is None
    if before == wanted:
        return
    if wanted:
        db.session.execute(delete(DigestOff).where(DigestOff.organizer_id == organizer))
    else:
        insert_new(DigestOff, {"organizer_id": organizer, "since": now}, "organizer_id")
    actor = f"organizer:{organizer}"
    audit.note(actor, "digest.chosen", actor, now=now, before=before, after=wanted)
