"""A mailbox read over IMAP: what is new since a message, in batches, and of no message more than is needed."""

import ssl
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from imaplib import IMAP4
from typing import Any

from imapclient import SEEN, IMAPClient, SocketTimeout

from webinar_hub.adapters.inbox import InboxMessage, InboxUnreachable
from webinar_hub.adapters.inbox.setting import InboxSetting

PATIENCE = SocketTimeout(connect=15, read=60)
"""Seconds."""
LARGEST = 5_000_000
"""Bytes: no report and no answer of a calendar is larger."""
READ = 131_072
"""Bytes of a message that are fetched: its header, and the report that comes first in it."""


class ImapInbox:
    """One open mailbox; whatever goes wrong with it is InboxUnreachable."""

    def __init__(self, client: IMAPClient, uid_validity: int) -> None:
        self._client = client
        self.uid_validity = uid_validity

    def after(self, uid: int) -> list[int]:
        """The UIDs of all messages behind this one, in their order."""
        with _in_words():
            found = self._client.search(["UID", f"{uid + 1}:*"])
        # "*" is the last message even where that lies before the first number (RFC 9051 section 9, seq-range).
        return sorted(int(each) for each in found if each > uid)

    def read(self, uids: Sequence[int]) -> list[InboxMessage]:
        """These messages, as far as they are still there and as far as they are looked at."""
        if not uids:
            return []
        with _in_words():
            sizes = {uid: int(part[b"RFC822.SIZE"]) for uid, part in self._fetch(uids, "RFC822.SIZE")}
            small = [uid for uid, size in sizes.items() if size <= LARGEST]
            parts = dict(self._fetch(small, f"BODY.PEEK[]<0.{READ}>"))
        return [
            InboxMessage(uid, size, _content(parts[uid]) if uid in parts else None)
            for uid, size in sorted(sizes.items())
            if uid in parts or size > LARGEST
        ]

    def mark_handled(self, uids: Sequence[int]) -> None:
        """Mark as read what needs nobody's attention."""
        if uids:
            with _in_words():
                self._client.add_flags(uids, [SEEN], silent=True)

    def _fetch(self, uids: Sequence[int], what: str) -> list[tuple[int, dict[bytes, Any]]]:
        if not uids:
            return []
        # A server may also tell of changed flags, in answers that hold nothing of what was asked for.
        asked = b"RFC822.SIZE" if what == "RFC822.SIZE" else b"BODY[]<0>"
        return [(int(uid), part) for uid, part in self._client.fetch(uids, [what]).items() if asked in part]


@contextmanager
def open_inbox(setting: InboxSetting) -> Iterator[ImapInbox]:
    """The mailbox, signed in and selected, for as long as the block lasts. Raises InboxUnreachable."""
    with _in_words():
        client = IMAPClient(
            setting.host,
            port=setting.port,
            ssl=setting.security == "tls",
            ssl_context=ssl.create_default_context() if setting.security == "tls" else None,
            timeout=PATIENCE,
        )
    try:
        with _in_words():
            if setting.security == "starttls":
                client.starttls(ssl.create_default_context())
            client.login(setting.user, setting.password)
            selected = client.select_folder(setting.folder)
        yield ImapInbox(client, int(selected[b"UIDVALIDITY"]))
    finally:
        _goodbye(client)


def _content(part: dict[bytes, Any]) -> bytes:
    return bytes(part[b"BODY[]<0>"] or b"")


def _goodbye(client: IMAPClient) -> None:
    try:
        client.logout()
    except (IMAP4.error, OSError):
        client.shutdown()


@contextmanager
def _in_words() -> Iterator[None]:
    try:
        yield
    except (IMAP4.error, OSError) as error:
        raise InboxUnreachable(f"{type(error).__name__}: {error}"[:300]) from error
