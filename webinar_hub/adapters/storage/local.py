"""Keeps files in a folder on this machine and serves them; the protocol is next door in __init__."""

import os
import re
from pathlib import Path
from typing import BinaryIO

import flask

from webinar_hub.adapters.storage import StoredFile, new_name
from webinar_hub.adapters.storage.file_types import FileType, file_type_of
from webinar_hub.adapters.storage.receiving import LARGEST_FILE, receive
from webinar_hub.adapters.storage.serving import answer_with

_NAME = re.compile(r"[a-z0-9]{32}")


class LocalStorage:
    """Files under generated names in `folder`, spread over sub-folders by the first two letters."""

    leads_to = ""

    def __init__(self, folder: Path, *, largest: int = LARGEST_FILE) -> None:
        """Use `folder`, which no web server may show; `largest` is bytes."""
        self._folder = folder
        self._largest = largest

    def put(self, source: BinaryIO, *, filename: str, name: str = "") -> StoredFile:
        """Store while reading; the file has its name only when it is whole and on the disk."""
        kind = file_type_of(filename)
        name = name or new_name()
        finished = self._path(name)
        finished.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        part = finished.with_suffix(".part")
        try:
            size, digest = self._copy(source, part, kind)
            os.replace(part, finished)
            _make_durable(finished.parent)
            _make_durable(self._folder)
        except BaseException:
            part.unlink(missing_ok=True)
            raise
        return StoredFile(name=name, size=size, sha256=digest, media_type=kind.media_type)

    def open(self, name: str) -> BinaryIO:
        """Open for reading; FileNotFoundError also for a name that was never generated here."""
        return self._path(name).open("rb")

    def delete(self, name: str) -> None:
        """Remove, also what of it came in so far; a file that is gone already is no error."""
        path = self._path(name)
        path.with_suffix(".part").unlink(missing_ok=True)
        path.unlink(missing_ok=True)

    def problem(self) -> str:
        """Why files cannot be kept, in words; "" when they can."""
        try:
            self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        except OSError as error:
            return f"{self._folder} cannot be made ({error.strerror})."
        return "" if os.access(self._folder, os.W_OK) else f"{self._folder} cannot be written to."

    def response(self, file: StoredFile, *, download_name: str) -> flask.Response:
        """Answer GET and HEAD with 200, 206, 304 or 416 (RFC 9110 sections 13 and 14)."""
        return answer_with(self.open(file.name), file, download_name=download_name)

    def _copy(self, source: BinaryIO, part: Path, kind: FileType) -> tuple[int, str]:
        with open(part, "xb", opener=_private) as target:
            size, digest = receive(source, target, kind, largest=self._largest)
            target.flush()
            os.fsync(target.fileno())
        return size, digest

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self._folder / name[:2] / name


def _private(path: str, flags: int) -> int:
    return os.open(path, flags, 0o600)


def _make_durable(folder: Path) -> None:
    """Put the new name itself on the disk, which fsync of the file does not promise."""
    if os.name == "posix":
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)
