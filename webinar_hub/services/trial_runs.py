"""Sends a whole rehearsal to whoever plays it: marked, in order, within five minutes, and not too often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from sqlalchemy import insert

from webinar_hub.core.db import db, leave_work
from webinar_hub.core.tokens import nonce
from webinar_hub.documents.mail_reading import ReadMail, for_trying_out
from webinar_hub.models import Delivery, Notice
from webinar_hub.rules.delivery import priority_of
from webinar_hub.services import allowances, audit

MARK = "[TEST]"
WITHIN = timedelta(minutes=5)
MOST = 200
"""Mails in one go: 12 weeks have about 60."""
RUNS_AN_HOUR = 3
_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who gets the mails; they come from whom the real ones come from."""

    email: str
    name: str


def marked(mails: Sequence[ReadMail]) -> list[ReadMail]:
    """The mails as they are sent, the first ones: worked out before the transaction, which others wait for."""
    run = nonce()
    return [
        replace(
            mail,
            subject=f"{MARK} {mail.subject}"[:300],
            calendar=for_trying_out(mail.calendar, MARK, run) if mail.calendar else None,
        )
        for mail in mails[:MOST]
    ]


def send(mails: Sequence[ReadMail], reader: Reader, *, actor: str, subject: str, now: datetime) -> int:
    """Put these mails, `marked`, into the outbox, one after the other; how many. Raises TooMany.

    Two statements, however many mails there are, so that nobody who signs up meanwhile waits for the lock. A
    calendar entry comes as METHOD:PUBLISH under a UID of its own and touches none that is real.
    """
    allowances.spend("rehearsal", actor, limit=RUNS_AN_HOUR, window=_HOUR, now=now)
    if not mails:
        return 0
    run = nonce()
    notices = [_notice(mail, reader, now) for mail in mails]
    ids = db.session.scalars(insert(Notice).returning(Notice.id, sort_by_parameter_order=True), notices).all()
    pause = WITHIN / len(mails)
    db.session.execute(
        insert(Delivery),
        [
            {
                "key": f"notice:rehearsal:{run}:{number}", "kind": "notice", "notice_id": id_, "state": "queued",
                "priority": priority_of("notice"), "attempts": 0, "created_at": now, "due_at": now + number * pause,
            }
            for number, id_ in enumerate(ids)
        ],
    )  # fmt: skip
    leave_work()
    audit.note(actor, "rehearsal.sent", subject, now=now, mails=len(mails))
    return len(mails)


def _notice(mail: ReadMail, reader: Reader, now: datetime) -> dict[str, object]:
    from_name, from_email = mail.sender
    return {
        "kind": "test",
        "to_email": reader.email,
        "to_name": reader.name,
        "from_email": from_email,
        "from_name": from_name,
        "reply_to": mail.answers_to[1],
        "subject": mail.subject,
        "text": mail.text,
        "html": mail.html,
        "calendar": mail.calendar,
        "calendar_method": "PUBLISH" if mail.calendar else None,
        "created_at": now,
    }
