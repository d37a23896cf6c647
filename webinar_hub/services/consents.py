"""Consents: given in the words that were shown, ended at any time; what was agreed to stays on record."""

from datetime import datetime

from sqlalchemy import select, update

from webinar_hub.core.db import db
from webinar_hub.models import Consent
from webinar_hub.services import audit


def give(person: int, topic: str, *, words: str, page: str, now: datetime) -> None:
    """Record that she agreed, on `page`, to `words`."""
    consent = Consent(person_id=person, topic=topic, words=words, page=page[:200], given_at=now)
    db.session.add(consent)


def choose(person: int, topic: str, *, wanted: bool, words: str, page: str, now: datetime) -> None:
    """Give or withdraw from her own page; choosing what is so already changes nothing."""
    valid = (Consent.person_id == person, Consent.topic == topic, Consent.withdrawn_at.is_(None))
    if wanted == (db.session.scalar(select(Consent.id).where(*valid).limit(1)) is not None):
        return
    if wanted:
        give(person, topic, words=words, page=page, now=now)
    else:
        db.session.execute(update(Consent).where(*valid).values(withdrawn_at=now))
    audit.note(f"person:{person}", f"consent.{'given' if wanted else 'withdrawn'}", f"person:{person}", now=now)
