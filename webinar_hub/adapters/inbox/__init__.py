"""The mailbox into which comes what comes back; imap.py reads it, setting.py says where it is."""

from dataclasses import dataclass


class InboxUnreachable(Exception):
    """The mailbox cannot be read at the moment; the words are for the operator and hold no secret."""


@dataclass(frozen=True, slots=True)
class InboxMessage:
    """One message as far as it was read; `content` is None for one that is too large to be looked at."""

    uid: int
    size: int
    content: bytes | None
