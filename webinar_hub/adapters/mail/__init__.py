"""What every way of sending mail takes and answers; smtp, console, mailbox and providers/ are next door."""

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Envelope:
    """One finished message on its way to one person."""

    sender: str
    """Envelope sender, a bare address; bounces go there."""
    recipient: str
    """One bare address."""
    content: bytes
    """The whole RFC 5322 message with CRLF line ends."""
    reference: str
    """The delivery's logical key, the same on every retry."""


@dataclass(frozen=True, slots=True)
class Accepted:
    """The server took the message over (250)."""

    reply: str


@dataclass(frozen=True, slots=True)
class Deferred:
    """Not now: a 4xx for this message, or the connection broke after MAIL was accepted, so nobody knows."""

    reply: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Never: a 5xx for this message, or an address that no server could accept."""

    reply: str


@dataclass(frozen=True, slots=True)
class Unreachable:
    """The way out is closed: no fault of this message, so it must not use up one of its attempts."""

    reason: str


Outcome = Accepted | Deferred | Refused | Unreachable


class MailTransport(Protocol):
    """One open way out; each sender thread has its own, and it stays open between messages."""

    def send(self, envelope: Envelope) -> Outcome:
        """Hand one message over; trouble of the network or the server is an outcome, never an exception."""
        ...

    def close(self) -> None:
        """Say goodbye; sending again opens a new connection."""
        ...
