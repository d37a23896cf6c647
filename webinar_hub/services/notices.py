"""Writes mails to staff and to people without a place, and tests, into the outbox.

What they say comes from `documents/notices.py`.
"""

import secrets
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import CursorResult, select, update

from webinar_hub.core.db import db
from webinar_hub.documents.notices import Words
from webinar_hub.models import Delivery, Notice
from webinar_hub.services import outbox


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """From whom to whom; a calendar part with its method (REQUEST, CANCEL, PUBLISH) where there is one."""

    to_email: str
    to_name: str = ""
    from_email: str
    from_name: str = ""
    reply_to: str = ""
    calendar: bytes | None = None
    calendar_method: str | None = None
    unsubscribe_url: str = ""


def write(
    kind: str,
    envelope: Envelope,
    words: Words,
    *,
    now: datetime,
    key: str = "",
    due_at: datetime | None = None,
    expires_at: datetime | None = None,
    priority: int | None = None,
) -> None:
    """Put one notice into the outbox, due now or at `due_at`; of two with one `key` the second is not added.

    `priority` is for what many get at once (`rules/delivery.py`); a mail somebody waits for has none.
    """
    key = key or f"notice:{kind}:{secrets.token_hex(12)}"
    if db.session.scalar(select(Delivery.id).where(Delivery.key == key)) is not None:
        return
    notice = Notice(
        kind=kind,
        **{name: getattr(envelope, name) for name in Envelope.__dataclass_fields__},
        subject=words.subject,
        text=words.text,
        html=words.html,
        created_at=now,
    )
    db.session.add(notice)
    db.session.flush()
    outbox.enqueue(
        key, "notice", None, notice_id=notice.id, now=now, due_at=due_at, expires_at=expires_at, priority=priority
    )  # fmt: skip


def forget_sent() -> int:
    """Take away the words of notices that have been sent: they may hold links that open something. How many."""
    sent = select(Delivery.notice_id).where(
        Delivery.kind == "notice", Delivery.state.in_(("sent", "cancelled", "expired", "failed"))
    )
    gone = update(Notice).where(Notice.id.in_(sent), Notice.text != "").values(text="", html="", calendar=None)
    return cast("CursorResult[Any]", db.session.execute(gone)).rowcount
