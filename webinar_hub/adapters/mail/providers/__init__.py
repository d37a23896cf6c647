"""Sending through a provider's HTTP API: what every provider must tell; each has its file, transport.py sends."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from webinar_hub.adapters.mail import Envelope


@dataclass(frozen=True, slots=True)
class Request:
    """One call of the API; the headers may hold the key."""

    method: Literal["GET", "POST"]
    url: str
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(default=b"", repr=False)


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, whoever said it; `headers` ignores upper and lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    def json(self) -> dict[str, Any]:
        """The JSON object in it; an empty one where it is something else."""
        try:
            found = json.loads(self.body)
        except (ValueError, RecursionError):
            return {}
        return found if isinstance(found, dict) else {}


@dataclass(frozen=True, slots=True)
class Complaint:
    """Why the provider said no, in its words, and what must change before it says yes.

    "message": nothing will help this one. "sender": the provider does not know the address it comes from (yet).
    "account": nothing can be sent at all until somebody has looked at the account.
    """

    words: str
    about: Literal["message", "sender", "account"]


class Provider(Protocol):
    """How one provider wants to be asked, and what its answers mean."""

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def secrets(self) -> Sequence[str]:
        """What must never be repeated, in every form in which it goes out."""
        ...

    def delivery(self, envelope: Envelope) -> Request:
        """The call that hands this message over; ValueError, in words, where the API has no room for it."""
        ...

    def message_id(self, answer: Answer) -> str | None:
        """The provider's own name for a message it took over; None where the answer is not the provider's."""
        ...

    def complaint(self, answer: Answer) -> Complaint | None:
        """What is wrong according to an answer of 400 and more; None where the answer is not the provider's."""
        ...

    def question(self) -> Request:
        """A call that costs and changes nothing and needs the key."""
        ...

    def doubt(self, answer: Answer) -> str | None:
        """What a good answer to `question` says against sending; None when nothing does."""
        ...
