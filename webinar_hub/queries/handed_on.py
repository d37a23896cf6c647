"""Seats that are offered to a colleague at the moment."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.models import Transfer
from webinar_hub.rules.registration import masked


@dataclass(frozen=True, slots=True)
class OpenOffer:
    """A seat of hers that is offered; `email` is masked."""

    name: str
    email: str
    expires_at: datetime


def open_offers(registrations: Collection[int], now: datetime) -> dict[int, OpenOffer]:
    """Seats that are offered at the moment, by registration; one statement."""
    rows = db.session.execute(
        select(Transfer.registration_id, Transfer.name, Transfer.email, Transfer.expires_at).where(
            Transfer.registration_id.in_(registrations), Transfer.state == "open", Transfer.expires_at > now
        )
    )
    return {place: OpenOffer(name, masked(email), ends) for place, name, email, ends in rows}
