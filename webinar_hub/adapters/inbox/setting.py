"""Reads the setting that says where the inbox is; imap.py goes there."""

import re
from dataclasses import dataclass, field
from hashlib import sha256
from typing import Literal, cast
from urllib.parse import SplitResult, parse_qsl, unquote, urlsplit

Security = Literal["tls", "starttls", "none"]

EXAMPLE = "imaps://user:password@host/INBOX"
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class InboxSetting:
    """A folder on an IMAP server."""

    host: str
    port: int
    security: Security
    user: str
    password: str = field(repr=False)
    folder: str

    @property
    def name(self) -> str:
        """Names the mailbox in the database, whatever its password is today."""
        return sha256("\0".join((self.host, self.user, self.folder)).encode()).hexdigest()[:40]


def inbox_setting(url: str) -> InboxSetting:
    """Understand the setting. Raises ValueError in words that do not repeat it, for it holds a password."""
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        # What Python says of it may hold a part of the password.
        raise ValueError(f"write it like {EXAMPLE}") from None
    security = _security(parts)
    if not _HOST.fullmatch(parts.hostname or "") or not parts.username or parts.password is None:
        raise ValueError(f"user, password and host are needed, like {EXAMPLE}; in them, / ? # @ are written as %XX")
    return InboxSetting(
        host=parts.hostname or "",
        port=port or (993 if security == "tls" else 143),
        security=security,
        user=unquote(parts.username),
        password=unquote(parts.password),
        folder=unquote(parts.path.strip("/")) or "INBOX",
    )


def _security(parts: SplitResult) -> Security:
    options = dict(parse_qsl(parts.query))
    asked = options.pop("security", "tls" if parts.scheme == "imaps" else "starttls")
    if parts.scheme not in ("imap", "imaps") or (parts.scheme == "imaps" and asked != "tls"):
        raise ValueError(f"write it like {EXAMPLE}")
    if options or asked not in ("tls", "starttls", "none"):
        raise ValueError("only security=starttls or security=none may follow the question mark, after imap://")
    return cast(Security, asked)
