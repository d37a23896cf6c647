"""Keeps files in S3, or a service that speaks like it; the protocol is next door in __init__.

Whoever may have a file is sent to S3 with a link that is good for a minute, so the bytes do not pass through here.
Links are signed with the key of the settings; where S3 lets us in for another reason (a machine's role), the bytes
do pass through here.
"""

import io
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, BinaryIO, cast

import flask

from webinar_hub.adapters.storage import StorageAway, StoredFile, new_name
from webinar_hub.adapters.storage.download_name import attachment_header
from webinar_hub.adapters.storage.file_types import file_type_of
from webinar_hub.adapters.storage.receiving import LARGEST_FILE, receive
from webinar_hub.adapters.storage.s3_link import Signer
from webinar_hub.adapters.storage.serving import answer_with
from webinar_hub.core import clock
from webinar_hub.core.config import ConfigError

LINK_LIFE = timedelta(minutes=1)
# Seconds S3 may take to connect, and for a whole request.
PATIENCE = {"connect_timeout": "5s", "timeout": "60s"}
RETRIES = {"max_retries": 2, "retry_timeout": timedelta(seconds=20)}

_IN_MEMORY = 4_000_000
_BUFFER = 1 << 20
_NAME = re.compile(r"[a-z0-9]{32}")


@dataclass(frozen=True, slots=True)
class Bucket:
    """Where in S3: `prefix` without slashes at its ends; `endpoint` "" is Amazon's own."""

    name: str
    prefix: str
    region: str
    endpoint: str
    key: str
    secret: str = field(repr=False)

    @property
    def origin(self) -> str:
        """Where browsers find it."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"


class S3Storage:
    """Files under generated names below a prefix of a bucket."""

    def __init__(self, bucket: Bucket, *, largest: int = LARGEST_FILE) -> None:
        """Nothing is connected yet. Raises ConfigError where obstore is not installed."""
        try:
            import obstore  # noqa: PLC0415  optional dependency
            from obstore.store import S3Store  # noqa: PLC0415  optional dependency
        except ImportError as error:
            missing = "WEBINAR_HUB_MATERIALS is in S3, but obstore is not installed: pip install 'webinar-hub[s3]'."
            raise ConfigError([missing]) from error
        self._api: Any = obstore
        self._bucket = bucket
        self._largest = largest
        self._signer = Signer(bucket.origin, bucket.region, bucket.key, bucket.secret) if bucket.key else None
        self._store = S3Store(bucket.name, **_options(bucket))

    @property
    def leads_to(self) -> str:
        """The origin a download is redirected to, or "" where it comes from here."""
        return self._bucket.origin if self._signer else ""

    def put(self, source: BinaryIO, *, filename: str, name: str = "") -> StoredFile:
        """Receive and check the whole file, then hand it over: S3 shows an object whole or not at all."""
        kind = file_type_of(filename)
        name = name or new_name()
        with tempfile.SpooledTemporaryFile(_IN_MEMORY) as kept:
            size, digest = receive(source, cast(BinaryIO, kept), kind, largest=self._largest)
            kept.seek(0)
            said = {"Content-Type": kind.media_type, "Content-Disposition": "attachment"}
            with self._errors(name):
                self._api.put(self._store, self._path(name), kept, attributes=said)
        return StoredFile(name=name, size=size, sha256=digest, media_type=kind.media_type)

    def open(self, name: str) -> BinaryIO:
        """Open for reading; FileNotFoundError also for a name that was never generated here."""
        with self._errors(name):
            reader = self._api.open_reader(self._store, self._path(name))
        return cast(BinaryIO, io.BufferedReader(_Remote(reader), _BUFFER))

    def delete(self, name: str) -> None:
        """Remove; a file that is gone already is no error."""
        with self._errors(name):
            self._api.delete(self._store, self._path(name))

    def problem(self) -> str:
        """Why files cannot be kept, in words; "" when they can."""
        try:
            with self._errors(self._bucket.name):
                for _ in self._api.list(self._store, self._bucket.prefix or None, chunk_size=1):
                    break
        except OSError as error:
            return str(error)
        return ""

    def response(self, file: StoredFile, *, download_name: str) -> flask.Response:
        """Lead to the file in S3 for a minute, or answer with it; HEAD is answered from here."""
        if self._signer is None:
            return answer_with(self.open(file.name), file, download_name=download_name)
        with self._errors(file.name):
            self._api.head(self._store, self._path(file.name))
        if flask.request.method == "HEAD":
            # A link is signed for GET only.
            return answer_with(io.BytesIO(), file, download_name=download_name)
        answer = {
            "response-content-type": file.media_type,
            "response-content-disposition": attachment_header(download_name),
            "response-cache-control": "private, no-cache",
        }
        link = self._signer.link(
            self._bucket.name, self._path(file.name), answer=answer, life=LINK_LIFE, now=clock.real_now()
        )
        response = cast(flask.Response, flask.redirect(link, 303))
        response.headers["Cache-Control"] = "private, no-store"
        response.headers["Referrer-Policy"] = "no-referrer"
        return response

    def _path(self, name: str) -> str:
        if not _NAME.fullmatch(name):
            raise FileNotFoundError(name)
        return "/".join(part for part in (self._bucket.prefix, name[:2], name) if part)

    @contextmanager
    def _errors(self, name: str) -> Iterator[None]:
        """Let obstore's errors be the ones that every storage raises."""
        try:
            yield
        except self._api.exceptions.NotFoundError as error:
            raise FileNotFoundError(name) from error
        except self._api.exceptions.BaseError as error:
            raise StorageAway(f"The bucket {self._bucket.name} does not answer as it should.") from error


class _Remote(io.RawIOBase):
    """An object in S3 as something to read and seek in."""

    def __init__(self, reader: Any) -> None:
        self._reader = reader

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def seek(self, offset: int, whence: int = io.SEEK_SET, /) -> int:
        return int(self._reader.seek(offset, whence))

    def tell(self) -> int:
        return int(self._reader.tell())

    def readinto(self, buffer: Any, /) -> int:
        piece = self._reader.read(len(buffer))
        buffer[: len(piece)] = memoryview(piece)
        return len(piece)

    def close(self) -> None:
        if not self.closed:
            self._reader.close()
        super().close()


def _options(bucket: Bucket) -> dict[str, Any]:
    options: dict[str, Any] = {
        "region": bucket.region,
        "client_options": {**PATIENCE, "allow_http": bucket.endpoint.startswith("http://")},
        "retry_config": RETRIES,
    }
    if bucket.endpoint:
        options["endpoint"] = bucket.endpoint
    if bucket.key:
        options |= {"access_key_id": bucket.key, "secret_access_key": bucket.secret}
    return options
