"""Where the bytes of materials lie: the protocol; local.py keeps them on disk, s3.py in S3."""

import secrets
from dataclasses import dataclass
from typing import BinaryIO, Protocol

import flask


@dataclass(frozen=True, slots=True)
class StoredFile:
    """What the database remembers of a file; `size` is bytes, `sha256` lower-case hex."""

    name: str
    """Generated and unguessable, [a-z0-9]{32}; nothing a person typed."""
    size: int
    sha256: str
    media_type: str


class UnacceptableFile(Exception):
    """A file that is not taken; its text says in plain words why, and may be shown to the person."""


class StorageAway(OSError):
    """The place for files does not answer; its text may be shown to the operator."""


def new_name() -> str:
    """A name for a file that is to be kept."""
    return secrets.token_hex(16)


class Storage(Protocol):
    """A place for files, outside every folder a web server shows."""

    @property
    def leads_to(self) -> str:
        """The origin that `response` redirects to, or "" when it answers with the file itself."""
        ...

    def put(self, source: BinaryIO, *, filename: str, name: str = "") -> StoredFile:
        """Keep a file whole or not at all; only the ending of `filename` counts.

        `name`, from `new_name`, is for whoever writes down beforehand what it will be called.
        Raises UnacceptableFile for a type not on the list, wrong content, nothing or too much in it; OSError
        when the place is full.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """Open for reading; FileNotFoundError when there is no such file."""
        ...

    def delete(self, name: str) -> None:
        """Remove, also what of it came in so far; a file that is gone already is no error."""
        ...

    def problem(self) -> str:
        """Why files cannot be kept at present, in plain words; "" when they can."""
        ...

    def response(self, file: StoredFile, *, download_name: str) -> flask.Response:
        """Answer the current request with the file, a part of it, 304 or 416, or lead to where it is.

        FileNotFoundError when it is missing, StorageAway when the place does not answer.
        """
        ...
