"""Keeps what was typed into a form and not saved yet, per organizer and form; a saved form has no draft."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import delete, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.models import Draft

LONGEST_NAME = 120
MOST = 50
KEPT = timedelta(days=30)
NOT_KEPT = frozenset({"csrf_token", "do", "agreed", "seen"})


def keep(organizer: int, form: str, fields: Sequence[tuple[str, str]], *, now: datetime) -> None:
    """Keep the fields of a form as they are typed, in the place of what was kept of it before.

    Raises Invalid for a form without a name. Of many drafts the oldest go.
    """
    if not form or len(form) > LONGEST_NAME:
        raise Invalid("form", "This form has no name, so nothing of it can be kept.")
    typed = [[name, text] for name, text in fields if name not in NOT_KEPT]
    row = {"organizer_id": organizer, "form": form, "fields": typed, "saved_at": now}
    db.session.execute(insert_or_update(Draft, row, ["organizer_id", "form"], {"fields": typed, "saved_at": now}))
    _forget_old(organizer, now)


def forget(organizer: int, form: str) -> None:
    """Throw away what was typed into a form, because it was saved or is not wanted."""
    db.session.execute(delete(Draft).where(Draft.organizer_id == organizer, Draft.form == form))


def _forget_old(organizer: int, now: datetime) -> None:
    db.session.execute(delete(Draft).where(Draft.saved_at < now - KEPT))
    newest = (
        select(Draft.id)
        .where(Draft.organizer_id == organizer)
        .order_by(Draft.saved_at.desc(), Draft.id.desc())
        .offset(MOST)
    )
    surplus = list(db.session.scalars(newest))
    if surplus:
        db.session.execute(delete(Draft).where(Draft.id.in_(surplus)))
