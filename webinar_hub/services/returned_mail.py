"""Takes a mail from the hub's inbox: finds out which delivery it is about, with proof, and acts on it.

From can be anything. A bounce, a complaint or a wish to unsubscribe counts only with a return address that we have
signed, or with our Message-ID, both of whose numbers have to be right.
"""

from datetime import datetime
from typing import Literal

from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.core.log import get_logger
from webinar_hub.core.return_address import ReturnAddress
from webinar_hub.documents.returned import Bounce, CalendarReply, Complaint, Returned
from webinar_hub.models import InboxPosition
from webinar_hub.rules.mail_events import EventKind, MailEvent, named_delivery
from webinar_hub.services import invite_replies, mail_events

Taken = Literal["bounce", "complaint", "unsubscribed", "reply", "ignored", "for people"]
PROVIDER = "inbox"

log = get_logger("inbox")


def position(mailbox: str, uid_validity: int) -> int:
    """The last message of a mailbox that was looked at; 0 when it was made anew or never read."""
    row = db.session.get(InboxPosition, mailbox, populate_existing=True)
    return row.last_uid if row is not None and row.uid_validity == uid_validity else 0


def move_on(mailbox: str, uid_validity: int, uid: int) -> None:
    """Remember that everything up to this message is done."""
    change = {"uid_validity": uid_validity, "last_uid": uid}
    db.session.execute(insert_or_update(InboxPosition, {"mailbox": mailbox, **change}, ["mailbox"], change))


def take(mail: Returned, returns: ReturnAddress | None, *, calendar_host: str, now: datetime) -> Taken:
    """Act on one mail; the same mail a second time changes nothing. "for people" is what they should read."""
    leaving = returns.unsubscribed_delivery(mail.recipients) if returns else None
    if leaving is not None and not isinstance(mail.news, Bounce):
        return _told(mail, "unsubscribed", "unsubscribed", "Asked for by mail.", leaving, now)
    match mail.news:
        case Bounce(kind, detail):
            return _told(mail, "bounce", kind, detail, _signed(mail, returns), now)
        case Complaint(detail):
            return _told(mail, "complaint", "complained", detail, _signed(mail, returns), now)
        case None:
            return "ignored" if mail.automatic else "for people"
        case replies:
            return _answered(replies, calendar_host, now)


def _signed(mail: Returned, returns: ReturnAddress | None) -> int | None:
    """The delivery whose return address the mail was sent to or has in it."""
    return returns.bounced_delivery(mail.text) if returns else None


def _told(mail: Returned, taken: Taken, kind: EventKind, detail: str, delivery: int | None, now: datetime) -> Taken:
    ours = "" if delivery else next((one for one in mail.message_ids if named_delivery(one)), "")
    event = MailEvent(
        PROVIDER, f"{delivery or ours}:{mail.name}", kind, now, detail, message_id=ours, delivery=delivery or 0
    )
    if mail_events.is_about_ours(event):
        mail_events.record(event, now=now)
        return taken
    # The organizer's own mails bounce as well, and a forger may say what she likes: people decide.
    log.warning("report about no mail of ours", kind=kind, detail=detail, reference=mail.reference)
    return "for people"


def _answered(replies: tuple[CalendarReply, ...], calendar_host: str, now: datetime) -> Taken:
    taken: Taken = "ignored"
    for reply in replies:
        problem = invite_replies.take(reply, host=calendar_host, now=now)
        if problem:
            log.warning("calendar reply ignored", reason=problem, answer=reply.answer, sequence=reply.sequence)
        else:
            taken = "reply"
    return taken
