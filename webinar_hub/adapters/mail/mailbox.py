"""Keeps mail as .eml files in a folder instead of sending it, and reads the folder; eml.py takes messages apart."""

import os
import re
from datetime import UTC, datetime
from pathlib import Path

from webinar_hub.adapters.mail import Accepted, Envelope, Outcome, Unreachable
from webinar_hub.adapters.mail.addresses import refusal
from webinar_hub.adapters.mail.eml import MailboxEntry, MailboxMessage, read_entry, read_message

Entries = list[MailboxEntry]
"""The class below has a method called list, which hides the built-in name there."""

_NUMBER = re.compile(r"[0-9]{8,12}")


class MailboxTransport:
    """Writes each message to `<number>.eml`; any number of threads and processes may share the folder.

    Mails to the domain `crowd` are taken and not kept: the demo's invented people would bury its visitor's.
    """

    def __init__(self, folder: Path, *, crowd: str = "") -> None:
        """Use the folder, which is made with the first message."""
        self._folder = folder
        self._crowd = crowd
        self._last_number = 0

    def send(self, envelope: Envelope) -> Outcome:
        """Write the message whole or not at all; a folder that cannot be written to is Unreachable."""
        refused = refusal(envelope)
        if refused:
            return refused
        if self._crowd and envelope.recipient.endswith(f"@{self._crowd}"):
            return Accepted("250 taken, and not kept: these people are made up")
        try:
            name = self._write(envelope.content)
        except OSError as trouble:
            return Unreachable(f"The mailbox folder cannot be written to: {trouble.strerror}")
        return Accepted(f"250 kept as {name}")

    def close(self) -> None:
        """Keep nothing open between messages."""

    def _write(self, content: bytes) -> str:
        part = self._reserve()
        finished = part.with_suffix(".eml")
        try:
            part.write_bytes(content)
            os.replace(part, finished)
        except OSError:
            part.unlink(missing_ok=True)
            raise
        return finished.name

    def _reserve(self) -> Path:
        """Create `<next number>.part`; whoever creates it holds the number until it is renamed to .eml."""
        if not self._last_number:
            self._folder.mkdir(parents=True, exist_ok=True)
            self._last_number = max((int(number) for number in _numbers(self._folder)), default=0)
        while True:
            self._last_number += 1
            part = self._folder / f"{self._last_number:08}.part"
            try:
                part.touch(mode=0o600, exist_ok=False)
            except FileExistsError:
                continue
            # The number may have been finished between our look at the folder and this line.
            if not part.with_suffix(".eml").exists():
                return part
            part.unlink()


class Mailbox:
    """The reading side: what was kept in the folder, newest first."""

    def __init__(self, folder: Path) -> None:
        """Read `folder`; a folder that does not exist is an empty mailbox."""
        self._folder = folder

    def list(self, *, limit: int = 200, before: str | None = None) -> Entries:
        """At most `limit` messages, newest first; `before` is the id of the last one of the page before."""
        numbers = sorted(_numbers(self._folder, "*.eml"), key=int, reverse=True)
        if before is not None:
            numbers = [number for number in numbers if int(number) < int(_checked(before))]
        return [self._entry(number) for number in numbers[:limit]]

    def read(self, id: str) -> MailboxMessage:
        """One message taken apart; KeyError when there is none with this id."""
        try:
            return read_message(id, self._path(id).read_bytes())
        except FileNotFoundError as missing:
            raise KeyError(id) from missing

    def clear(self) -> None:
        """Forget every message; numbers are not given a second time."""
        numbers = sorted(_numbers(self._folder, "*.eml"), key=int)
        if numbers:
            (self._folder / f"{numbers[-1]}.cleared").touch()
        for number in numbers:
            self._path(number).unlink(missing_ok=True)

    def _entry(self, number: str) -> MailboxEntry:
        path = self._path(number)
        arrived = datetime.fromtimestamp(path.stat().st_mtime, tz=UTC)
        return read_entry(number, path.read_bytes(), arrived)

    def _path(self, number: str) -> Path:
        return self._folder / f"{_checked(number)}.eml"


def _numbers(folder: Path, pattern: str = "*") -> set[str]:
    return {path.stem for path in folder.glob(pattern) if _NUMBER.fullmatch(path.stem)}


def _checked(number: str) -> str:
    """Let nothing but a number become part of a path."""
    if not _NUMBER.fullmatch(number) or not number.isascii():
        raise KeyError(number)
    return number
