"""A person's calendar subscription: an address of its own that she can end at any time."""

from datetime import datetime

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import nonce
from webinar_hub.models import Person
from webinar_hub.services import audit


def open_feed(person: int, *, now: datetime) -> None:
    """Give her a new subscription address; one she had before ends."""
    _person(person).feed_nonce = nonce()
    audit.note(f"person:{person}", "feed.opened", f"person:{person}", now=now)


def close_feed(person: int, *, now: datetime) -> None:
    """End her subscription address."""
    _person(person).feed_nonce = None
    audit.note(f"person:{person}", "feed.closed", f"person:{person}", now=now)


def _person(person: int) -> Person:
    row = db.session.get(Person, person)
    if row is None:
        raise NotFound()
    return row
