"""The chain that makes tampering with the audit log show: each entry's digest covers the one before (FEATURES G2).

Changing, removing or slipping in an entry breaks every digest from there on; cutting off the end leaves fewer
entries than the head of the chain counts. Whoever could rewrite the whole database is only found out by a digest
that was noted elsewhere: `webinar-hub audit verify` prints it.
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any, Protocol

BEGIN = ""
"""What stands before the first entry."""
_EVIDENCE = ("attendance.", "certificate.", "evidence.")
# Registrants, those who are invited and mail servers act by the thousand at once; their entries are kept, but
# nobody queues for them.
_CROWD = ("person:", "mail", "group:", "invited:")


class Recorded(Protocol):
    """An entry of the log (`models/audit.py`)."""

    id: Any
    at: Any
    actor: Any
    action: Any
    subject: Any
    detail: Any


@dataclass(frozen=True, slots=True)
class Link:
    """An entry with what the chain says of it."""

    position: int
    digest: str
    entry: Recorded


@dataclass(frozen=True, slots=True)
class Verdict:
    """How far the chain is whole; `fault` is in plain words, "" for none."""

    position: int
    digest: str
    fault: str = ""


def is_chained(actor: str, action: str) -> bool:
    """Whether an entry belongs to the chain: whatever staff and the command line do, and all evidence."""
    return action.startswith(_EVIDENCE) or not actor.startswith(_CROWD)


def digest(before: str, entry: Recorded) -> str:
    """SHA-256 over the digest before and everything the entry says, in hexadecimal."""
    at: datetime = entry.at.astimezone(UTC)
    said = [entry.id, at.isoformat(timespec="microseconds"), entry.actor, entry.action, entry.subject, entry.detail]
    # Keys in order, and all that JSON would change on its way through the database changed beforehand.
    written = json.dumps(json.loads(json.dumps(said)), sort_keys=True, separators=(",", ":"))
    return sha256(f"{before}\n{written}".encode()).hexdigest()


def verify(links: Iterable[Link], *, head: Verdict, begin: Verdict = Verdict(0, BEGIN)) -> Verdict:
    """Go through the chain in its order; `head` is what its end is said to be.

    `begin` is the last entry that was purged because its time was over; the first one left goes on from it.
    """
    reached = begin
    for link in links:
        if link.position != reached.position + 1:
            words = f"after entry {reached.position} of the chain the next one is missing"
            return Verdict(reached.position, reached.digest, words)
        if digest(reached.digest, link.entry) != link.digest:
            words = f"entry {link.position} of the chain (number {link.entry.id}) is not what was written"
            return Verdict(reached.position, reached.digest, words)
        reached = Verdict(link.position, link.digest)
    if (reached.position, reached.digest) != (head.position, head.digest):
        words = f"the chain ends at entry {reached.position}, but {head.position} have been written"
        return Verdict(reached.position, reached.digest, words)
    return reached
