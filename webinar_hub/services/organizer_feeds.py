"""An organizer's calendar to subscribe to: asked for, given a new address, ended."""

from datetime import datetime

from sqlalchemy import delete

from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.core.tokens import nonce
from webinar_hub.models import OrganizerFeed
from webinar_hub.services import audit


def give(organizer: int, *, actor: str, now: datetime) -> None:
    """Make an address, or a new one: the old one ends at once."""
    fresh = {"nonce": nonce(), "created_at": now}
    row = {"organizer_id": organizer, **fresh}
    db.session.execute(insert_or_update(OrganizerFeed, row, ["organizer_id"], fresh))
    audit.note(actor, "feed.given", f"organizer:{organizer}", now=now)


def end(organizer: int, *, actor: str, now: datetime) -> None:
    """End the calendar; whoever has its address sees nothing any more."""
    db.session.execute(delete(OrganizerFeed).where(OrganizerFeed.organizer_id == organizer))
    audit.note(actor, "feed.ended", f"organizer:{organizer}", now=now)
