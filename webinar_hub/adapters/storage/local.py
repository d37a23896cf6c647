"""Keeps files in a folder on this machine and serves them; the protocol is next door in __init__."""

import hashlib
import os
import re
import secrets
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import flask
from werkzeug.exceptions import RequestedRangeNotSatisfiable
from werkzeug.wsgi import wrap_file

from webinar_hub.adapters.storage import StoredFile, UnacceptableFile
from webinar_hub.adapters.storage.download_name import attachment_header
from webinar_hub.adapters.storage.file_types import (
    HEAD_SIZE,
    TAIL_SIZE,
    FileType,
    check_content,
    file_type_of,
)

LARGEST_FILE = 200 * 1000 * 1000
"""Bytes."""

_PIECE = 1 << 20
_NAME = re.compile(r"[a-z0-9]{32}")


class LocalStorage:
    """Files under generated names in `folder`, spread over sub-folders by the first two letters."""

    def __init__(self, folder: Path, *, largest: int = LARGEST_FILE) -> None:
        """Use `folder`, which no web server may show; `largest` is bytes."""
        self._folder = folder
        self._largest = largest

    def put(self, source: BinaryIO, *, filename: str) -> StoredFile:
        """Store while reading; the file has its name only when it is whole and on the disk."""
        kind = file_type_of(filename)
        name = secrets.token_hex(16)
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
        """Remove; a file that is gone already is no error."""
        self._path(name).unlink(missing_ok=True)

    def remove_abandoned(self, before: datetime) -> int:
        """Remove parts of uploads that a dead process left, last written before an aware moment; how many."""
        abandoned = [
            part
            for part in self._folder.glob("*/*.part")
            if datetime.fromtimestamp(part.stat().st_mtime, tz=UTC) < before
        ]
        for part in abandoned:
            part.unlink(missing_ok=True)
        return len(abandoned)

    def response(self, file: StoredFile, *, download_name: str) -> flask.Response:
        """Answer GET and HEAD with 200, 206, 304 or 416 (RFC 9110 sections 13 and 14)."""
        environ = flask.request.environ
        handle = self.open(file.name)
        response = flask.Response(wrap_file(environ, handle), mimetype=file.media_type, direct_passthrough=True)
        response.content_length = file.size
        response.set_etag(file.sha256)
        asked = flask.request.range
        # What is not one range of bytes may be answered with the whole file (RFC 9110 section 14.2).
        takes_ranges = asked is not None and asked.units == "bytes" and len(asked.ranges) == 1
        try:
            response.make_conditional(environ, accept_ranges=takes_ranges, complete_length=file.size)
        except RequestedRangeNotSatisfiable:
            handle.close()
            response = flask.Response(status=416, mimetype="text/plain")
            response.headers["Content-Range"] = f"bytes */{file.size}"
        return _as_download(response, download_name)

    def _copy(self, source: BinaryIO, part: Path, kind: FileType) -> tuple[int, str]:
        size, digest = 0, hashlib.sha256()
        head = tail = b""
        with open(part, "xb", opener=_private) as target:
            while piece := source.read(_PIECE):
                size += len(piece)
                if size > self._largest:
                    raise UnacceptableFile(f"The file is larger than {self._largest / 1e6:.3g} MB")
                digest.update(piece)
                target.write(piece)
                head = (head + piece)[:HEAD_SIZE] if len(head) < HEAD_SIZE else head
                tail = (tail + piece)[-TAIL_SIZE:]
            if not size:
                raise UnacceptableFile("The file is empty")
            check_content(kind, head, tail)
            target.flush()
            os.fsync(target.fileno())
        return size, digest.hexdigest()

    def _path(self, name: str) -> Path:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return self._folder / name[:2] / name


def _as_download(response: flask.Response, download_name: str) -> flask.Response:
    headers = response.headers
    headers["Accept-Ranges"] = "bytes"
    headers["Content-Disposition"] = attachment_header(download_name)
    headers["X-Content-Type-Options"] = "nosniff"
    headers["Content-Security-Policy"] = "sandbox; default-src 'none'"
    # Stored by the person's browser only, and asked about each time: access may have been taken back.
    headers["Cache-Control"] = "private, no-cache"
    return response


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
