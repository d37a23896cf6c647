"""What a page says of a one-time link before it is used."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.tokens import hashed
from webinar_hub.models import OneTimeLink, Organizer
from webinar_hub.rules.coming_in import LinkUsedUp, Purpose


@dataclass(frozen=True, slots=True)
class LinkView:
    """Whose it is (all "" where it makes the first owner); `new_email` is the address it proves."""

    purpose: Purpose
    name: str
    email: str
    zone: str
    new_email: str


def link_view(token: str, *, real_now: datetime) -> LinkView:
    """Raises LinkUsedUp."""
    link = db.session.scalar(select(OneTimeLink).where(OneTimeLink.token_hash == hashed(token)))
    if link is None or link.expires_at <= real_now:
        raise LinkUsedUp()
    organizer = db.session.get(Organizer, link.organizer_id) if link.organizer_id is not None else None
    return LinkView(
        Purpose(link.purpose),
        organizer.name if organizer else "",
        organizer.email if organizer else "",
        organizer.zone if organizer else "",
        str(link.detail.get("email", "")),
    )
