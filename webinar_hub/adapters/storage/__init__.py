"""Where the bytes of materials lie: the protocol; local.py keeps them on disk, file_types.py says which."""

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


class Storage(Protocol):
    """A place for files, outside every folder a web server shows."""

    def put(self, source: BinaryIO, *, filename: str) -> StoredFile:
        """Keep a file whole or not at all; only the ending of `filename` counts.

        Raises UnacceptableFile for a type not on the list, wrong content, nothing or too much in it; OSError
        when the place is full.
        """
        ...

    def open(self, name: str) -> BinaryIO:
        """Open for reading; FileNotFoundError when there is no such file."""
        ...

    def delete(self, name: str) -> None:
        """Remove; a file that is gone already is no error."""
        ...

    def response(self, file: StoredFile, *, download_name: str) -> flask.Response:
        """Answer the current request with the file, a part of it, 304 or 416; FileNotFoundError when missing."""
        ...
