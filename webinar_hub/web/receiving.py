"""Lets a file in: who may and how much is asked before the first byte is read, and the row comes after the bytes.

The bytes go to storage piece by piece, outside any transaction: however long an upload takes, no lock is held.
"""

import errno
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import BinaryIO, TypeVar, cast

from flask import current_app, request
from flask_wtf.csrf import CSRFError, validate_csrf
from werkzeug.exceptions import RequestEntityTooLarge
from wtforms.validators import ValidationError

from webinar_hub.adapters.storage import StorageAway, UnacceptableFile, new_name
from webinar_hub.adapters.storage.file_types import file_type_of
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.services import materials
from webinar_hub.services.materials import Bytes
from webinar_hub.web.current import settings, storage
from webinar_hub.web.filters import size_in_words

Kept = TypeVar("Kept")

FORM_AROUND_FILES = 64 * 1024
"""Bytes of a form besides the files in it."""


class TooLarge(HubError):
    """More than one file may have."""

    status = 413


class NoRoom(HubError):
    """The place for files is full or away; nothing of the file was kept."""

    status = 503


class BrokenOff(HubError):
    """The connection ended before the file did."""

    def __init__(self) -> None:
        super().__init__("The file did not arrive whole. Nothing was kept: try again.")


def prepare_for_file(*, extra: int = 0, most: int | None = None) -> None:
    """Look at the token, then let this request be as large as a file may be: `most` bytes, or as is set.

    Raises CSRFError and TooLarge before anything is read. The token stands in a header or in the query: one inside
    the form could only be read with all the rest.
    """
    if current_app.config.get("WTF_CSRF_ENABLED", True):
        try:
            validate_csrf(request.headers.get("X-CSRFToken") or request.args.get("csrf_token"))
        except ValidationError as problem:
            raise CSRFError(str(problem)) from problem
    limit = settings().upload_limit if most is None else min(most, settings().upload_limit)
    request.max_content_length = limit + extra
    if (request.content_length or 0) > limit + extra:
        raise TooLarge(_too_large(limit))


def keep(source: BinaryIO, filename: str, claim: Callable[[Bytes], Kept]) -> Kept:
    """Store a file, then have its row written by `claim` in one transaction; what `claim` gives.

    Raises Invalid for a file that is not accepted, TooLarge, NoRoom, and what `claim` raises.
    """
    with _refused():
        kind = file_type_of(filename)
    name = new_name()
    with transaction():
        materials.expect_file(name, now=clock.now())
    try:
        with _refused():
            stored = storage().put(source, filename=filename, name=name)
    except Exception:
        with transaction():
            materials.forget_file(name)
        raise
    with transaction():
        return claim(Bytes(stored, kind.extension))


@contextmanager
def _refused() -> Iterator[None]:
    """Say in words what went wrong with a file."""
    try:
        yield
    except UnacceptableFile as problem:
        raise Invalid("file", f"{problem}. Nothing was kept.") from problem
    except RequestEntityTooLarge as problem:
        raise TooLarge(_too_large()) from problem
    except StorageAway as problem:
        raise NoRoom(
            "The place where files are kept does not answer. Nothing was kept: try again in a minute."
        ) from problem
    except OSError as problem:
        if problem.errno not in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
            raise
        raise NoRoom(
            "There is no room left for files on this machine. Nothing was kept: tell whoever runs it."
        ) from problem


def _too_large(limit: int | None = None) -> str:
    return f"A file can have {size_in_words(limit or settings().upload_limit)} at most. Nothing was kept."


def body() -> BinaryIO:
    """The body of this request, unread."""
    return cast(BinaryIO, _Arriving(cast(BinaryIO, request.stream), request.content_length))


class _Arriving:
    """A body that tells the end of it from a connection that broke: to gunicorn's reader both are an empty read."""

    def __init__(self, source: BinaryIO, promised: int | None) -> None:
        self._source = source
        self._missing = promised

    def read(self, size: int = -1) -> bytes:
        """The next piece. Raises BrokenOff."""
        try:
            piece = self._source.read(size)
        except OSError as problem:
            raise BrokenOff() from problem
        if self._missing is not None:
            self._missing -= len(piece)
            if not piece and self._missing > 0:
                raise BrokenOff()
        return piece
