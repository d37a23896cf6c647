"""Makes and uses links that do one thing once; in the database there is only a hash of each.

`now` is the time nobody moves (`clock.real_now`): a demo that is played forward must not lock anybody out.
"""

import secrets
from datetime import datetime, timedelta
from typing import Any, cast

from sqlalchemy import CursorResult, delete, select

from webinar_hub.core.db import db
from webinar_hub.core.tokens import hashed
from webinar_hub.models import OneTimeLink
from webinar_hub.rules.coming_in import LIVES, LinkUsedUp, Purpose


def make(
    purpose: Purpose,
    organizer_id: int | None,
    *,
    now: datetime,
    lives: timedelta | None = None,
    detail: dict[str, Any] | None = None,
) -> str:
    """A new link's token; older links of the same purpose for the same organizer stop working."""
    mine = OneTimeLink.organizer_id.is_not_distinct_from(organizer_id)
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.purpose == purpose, mine))
    token = secrets.token_urlsafe(24)
    db.session.add(
        OneTimeLink(
            purpose=purpose,
            token_hash=hashed(token),
            organizer_id=organizer_id,
            detail=detail or {},
            made_at=now,
            expires_at=now + (lives or LIVES[purpose]),
        )
    )
    return token


def use(token: str, purpose: Purpose, *, now: datetime) -> OneTimeLink:
    """Use it up; of two who try at once one succeeds. Raises LinkUsedUp."""
    link = db.session.scalar(select(OneTimeLink).where(OneTimeLink.token_hash == hashed(token)))
    if link is None or link.purpose != purpose or link.expires_at <= now:
        raise LinkUsedUp()
    gone = db.session.execute(
        delete(OneTimeLink).where(OneTimeLink.id == link.id),
        execution_options={"synchronize_session": False},
    )
    if cast("CursorResult[Any]", gone).rowcount != 1:
        raise LinkUsedUp()
    db.session.expunge(link)
    return link


def forget_expired(now: datetime) -> None:
    """Delete what nobody can use any more."""
    db.session.execute(delete(OneTimeLink).where(OneTimeLink.expires_at <= now))
