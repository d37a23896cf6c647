"""Writes down in which browsers an organizer is signed in, and ends that; `now` is the time nobody moves."""

import secrets
from datetime import datetime

from sqlalchemy import delete, or_, select, update

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import hashed, nonce
from webinar_hub.models import Organizer, SignIn
from webinar_hub.rules.coming_in import RESTS, STAYS
from webinar_hub.rules.devices import device_in_words, network_in_words


def begin(organizer_id: int, *, user_agent: str, network: str, stays: bool, now: datetime) -> str:
    """Sign a browser in; the token for its cookie, a new one each time."""
    token = secrets.token_urlsafe(24)
    db.session.add(
        SignIn(
            organizer_id=organizer_id,
            token_hash=hashed(token),
            device=device_in_words(user_agent),
            network=network_in_words(network),
            began_at=now,
            seen_at=now,
            stays=stays,
        )
    )
    return token


def seen(sign_in_id: int, *, now: datetime) -> None:
    """Write down that it is in use."""
    db.session.execute(update(SignIn).where(SignIn.id == sign_in_id).values(seen_at=now))


def end(organizer_id: int, sign_in_id: int) -> None:
    """Sign one browser of hers out. Raises NotFound for one that is not hers or is out already."""
    row = db.session.scalar(select(SignIn).where(SignIn.id == sign_in_id, SignIn.organizer_id == organizer_id))
    if row is None:
        raise NotFound("That browser is signed out already.")
    db.session.delete(row)


def end_with(token: str) -> None:
    """Sign out the browser that holds this token, if it is signed in."""
    db.session.execute(delete(SignIn).where(SignIn.token_hash == hashed(token)))


def end_others(organizer_id: int, token: str) -> None:
    """Sign out every browser of hers but the one that holds this token."""
    db.session.execute(
        delete(SignIn).where(SignIn.organizer_id == organizer_id, SignIn.token_hash != hashed(token))
    )


def end_all(organizer: Organizer) -> None:
    """Sign her out everywhere, and make every cookie and link of Flask-Security's that names her worthless."""
    organizer.fs_uniquifier = nonce()
    db.session.execute(delete(SignIn).where(SignIn.organizer_id == organizer.id))


def forget_ended(now: datetime) -> None:
    """Delete what ended because nobody came back."""
    ended = or_(SignIn.seen_at < now - STAYS, SignIn.stays.is_(False) & (SignIn.seen_at < now - RESTS))
    db.session.execute(delete(SignIn).where(ended))
