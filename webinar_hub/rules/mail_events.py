"""What came back about a mail, as one value, whoever tells it; what follows from it is in suppression.py."""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

EventKind = Literal[
    "delivered", "deferred", "bounced_hard", "bounced_soft", "blocked", "complained", "unsubscribed"
]  # fmt: skip

LONGEST_DETAIL = 500
LONGEST_ID = 255

# An enhanced status code (RFC 3463): class, subject, detail.
_STATUS = re.compile(r"(?<![\d.])([245])\.(\d{1,3})\.(\d{1,3})(?![\d.])")
_REPLY = re.compile(r"\s*([45])\d\d(?!\d)")
# What a permanent refusal is about, by its subject and detail (RFC 3463 section 3): a policy, or what the mail
# holds. That is said to us, whoever the mail is for.
_BLOCKED = re.compile(r"5\.[67]\.\d+")
# The sender's address, a full mailbox, a mail too long, a mail system, the network, the dialogue.
_PASSES = re.compile(r"5\.(?:1\.[78]|2\.[234]|4\.(?!4\Z)\d+|[35]\.\d+)")
# Words that a server says to whoever hands a mail over, and that are about the address for certain.
_NO_SUCH_ADDRESS = re.compile(r"5\.(?:1\.(?:[1-6]|10)|2\.1)")
_FULL = re.compile(r"5\.2\.2")
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
    """A mail that will not arrive: is the address bad (hard), may it work next time (soft), or is it us (blocked)?

    `status` is an enhanced code such as 5.1.1. A permanent refusal without one counts against the address.
    """
    if _BLOCKED.fullmatch(status):
        return "blocked"
    return "bounced_soft" if status.startswith("4") or _PASSES.fullmatch(status) else "bounced_hard"


def bounce_of_words(said: str) -> EventKind | None:
    """The same from a mail server's words, such as "550 no such user"; None where they are no refusal.

    Without an enhanced code 550, 551 and 553 speak of the mailbox (RFC 5321 section 4.2.3), the others do not.
    """
    status, code = status_in(said), _REPLY.match(said)
    if status:
        return bounce_of(status)
    if code is None or code[1] != "5":
        return None
    return "bounced_hard" if said.lstrip()[:3] in ("550", "551", "553") else "bounced_soft"


def refusal_of(reply: str) -> EventKind | None:
    """What the final answer of the server that we hand a mail to says about the address; None where nothing.

    That server may as well refuse our address, our password or our network, and then it refuses everybody: only
    what is about the recipient for certain counts against her.
    """
    code = _REPLY.match(reply)
    status = status_in(reply) if code and code[1] == "5" else ""
    if _NO_SUCH_ADDRESS.fullmatch(status):
        return "bounced_hard"
    return "bounced_soft" if _FULL.fullmatch(status) else None
