"""What every provider's webhook takes and answers; each provider lives next door, opening picks those that are set.

Nothing a request says is believed before its signature was checked.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Protocol

from webinar_hub.core.errors import HubError
from webinar_hub.rules.mail_events import MailEvent


class Forged(HubError):
    """It does not come from the provider, or the secret in the settings is another one."""

    status = 403


class Malformed(HubError):
    """It is not what the provider sends."""

    status = 400


class Stale(HubError):
    """It is too old to be told from one that was recorded and is played back; providers stop at 406."""

    status = 406


class NotNow(HubError):
    """What is needed to check it cannot be had at the moment; the provider tries again."""

    status = 503


@dataclass(frozen=True, slots=True)
class Incoming:
    """One request: `headers` by name in small letters, the body as it came, and the aware moment."""

    headers: Mapping[str, str]
    body: bytes
    now: datetime

    def header(self, name: str) -> str:
        """A header by its name in any case, or ""."""
        return self.headers.get(name.lower(), "")


@dataclass(frozen=True, slots=True)
class Received:
    """What a request tells. `once` names a request that must not be taken a second time, whatever it says.

    `visit` is a page that the operator has to open once, so that the provider begins to tell us things.
    """

    events: tuple[MailEvent, ...] = ()
    once: str = ""
    visit: str = ""


class Webhook(Protocol):
    """One provider's way of telling."""

    def read(self, incoming: Incoming) -> Received:
        """Check who speaks, then understand it. Raises Forged, Malformed, Stale and NotNow."""
        ...


def parsed(body: bytes | str) -> Any:
    """The JSON of a body. Raises Malformed for anything else, however it is broken."""
    try:
        return json.loads(body)
    except (ValueError, RecursionError) as error:
        raise Malformed("This is not the JSON that was expected.") from error


def part(value: Any, *path: str) -> Any:
    """What lies at the path through nested objects, or None where it leads nowhere."""
    for name in path:
        value = value.get(name) if isinstance(value, dict) else None
    return value


def words(value: Any, *path: str) -> str:
    """The text (or number) at the path as one line, or ""."""
    found = part(value, *path)
    if isinstance(found, bool) or not isinstance(found, str | int | float):
        return ""
    # A lone surrogate is no text, and NUL none that PostgreSQL keeps.
    return " ".join(str(found).encode("utf-8", "replace").decode().replace("\x00", " ").split())


def moment(value: Any, otherwise: datetime) -> datetime:
    """A moment as ISO 8601 or in seconds since 1970, aware; `otherwise` where it cannot be read."""
    try:
        if isinstance(value, str):
            found = datetime.fromisoformat(value)
            return found.astimezone(UTC) if found.tzinfo else found.replace(tzinfo=UTC)
        return datetime.fromtimestamp(float(value), UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return otherwise
