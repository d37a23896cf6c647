"""A mail that came into the hub's inbox, understood: a bounce, a complaint, a calendar's answer, or one for people.

Whom it is about, and whether that is proved, is found out by `services/returned_mail.py`.
"""

from dataclasses import dataclass

from webinar_hub.documents.returned.calendar_reply import CalendarReply, calendar_replies
from webinar_hub.documents.returned.opened import OpenedMail, opened
from webinar_hub.documents.returned.reports import Bounce, Complaint, is_automatic, report_in

__all__ = ["Bounce", "CalendarReply", "Complaint", "Returned", "read_returned"]


@dataclass(frozen=True, slots=True)
class Returned:
    """One mail. `name` names it for ever, `recipients` is what its header says of them, `text` all it holds.

    `message_ids` are those of other mails that it speaks of, `reference` is an X-Entity-Ref-ID in it or "".
    `news` is None for a mail that people should read; `automatic` says that a machine wrote it.
    """

    name: str
    recipients: str
    text: str
    message_ids: tuple[str, ...]
    reference: str
    news: Bounce | Complaint | tuple[CalendarReply, ...] | None
    automatic: bool


def read_returned(content: bytes) -> Returned:
    """Understand a mail, or the first part of one, however broken it is; nothing is raised."""
    mail = opened(content)
    return Returned(
        name=mail.name,
        recipients=mail.recipients,
        text=mail.text,
        message_ids=mail.message_ids,
        reference=mail.reference,
        news=_news(mail),
        automatic=is_automatic(mail),
    )


def _news(mail: OpenedMail) -> Bounce | Complaint | tuple[CalendarReply, ...] | None:
    replies = tuple(reply for calendar in mail.calendars for reply in calendar_replies(calendar))
    return replies or report_in(mail)
