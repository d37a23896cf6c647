"""What came back about a mail, as one value, whoever tells it; what follows from it is in suppression.py."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EventKind = Literal["delivered", "deferred", "bounced_hard", "bounced_soft", "complained", "unsubscribed"]

LONGEST_DETAIL = 500
LONGEST_ID = 255

# An enhanced status code (RFC 3463): class, subject, detail.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"\s*([45])\d\d(?!\d)")
# Subjects of the class "permanent" that speak of this mail or of a mail system, not of the address (RFC 3463
# section 3): mailbox full and mail too long, the mail system, the network, its content, a policy against it.
_NOT_THE_ADDRESS = re.compile(r"5\.(2\.[234]|3\.\d+|4\.[1-357]|6\.\d+|7\.\d+)")
# Our Message-IDs: the delivery's id, a dot, and the microsecond at which it was written.
_MESSAGE_ID = re.compile(r"<?(\d{1,18})\.(\d{15,17})@[^\s<>@]+>?")


@dataclass(frozen=True, slots=True)
class MailEvent:
    """One fact about one mail; `event_id` names it for ever among those of its `provider`.

    Which mail it is about is told by the delivery's id (`delivery`, where a signature proves it), by its `key`, by
    its `message_id`, or by nothing.
    `happened_at` is aware. `detail` is what a person wants to read, without secrets.
    """

    provider: str
    event_id: str
    kind: EventKind
    happened_at: datetime
    detail: str = ""
    key: str = ""
    message_id: str = ""
    delivery: int = 0


def named_delivery(message_id: str) -> tuple[int, int] | None:
    """The delivery's id and creation in microseconds that a Message-ID of ours holds, or None for any other.

    Both have to be right: the id alone could be guessed by anybody.
    """
    found = _MESSAGE_ID.fullmatch(message_id.strip())
    return (int(found[1]), int(found[2])) if found else None


def status_in(text: str) -> str:
    """The first enhanced status code (RFC 3463) that a text holds, or ""."""
    found = _STATUS.search(text)
    return found[0] if found else ""


def bounce_of(status: str) -> EventKind:
    """A mail that will not arrive: does it say something about the address (hard), or about this mail (soft)?

    `status` is an enhanced code such as 5.1.1. A permanent refusal without one counts against the address.
    """
    if status.startswith("4") or _NOT_THE_ADDRESS.fullmatch(status):
        return "bounced_soft"
    return "bounced_hard"


def refusal_of(reply: str) -> EventKind | None:
    """What a mail server's final answer to us says about the address; None where it says nothing about it.

    That is the case for everything but a code of the class 5, and for an address that cannot be written to.
    """
    if reply == "invalid address":
        return "bounced_hard"
    code = _REPLY.match(reply)
    if code is None or code[1] != "5":
        return None
    status = status_in(reply)
    if status:
        return bounce_of(status)
    # Without an enhanced code: 550, 551 and 553 speak of the mailbox (RFC 5321 section 4.2.3), the others do not.
    return "bounced_hard" if reply.lstrip()[:3] in ("550", "551", "553") else "bounced_soft"
