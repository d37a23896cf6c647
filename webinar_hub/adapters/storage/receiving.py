"""Takes a file in, piece by piece, and refuses what may not be kept; every kind of storage receives through it."""

import hashlib
from typing import BinaryIO

from webinar_hub.adapters.storage import UnacceptableFile
from webinar_hub.adapters.storage.file_types import HEAD_SIZE, TAIL_SIZE, FileType, check_content

LARGEST_FILE = 200 * 1000 * 1000
"""Bytes."""

_PIECE = 1 << 20


def receive(source: BinaryIO, target: BinaryIO, kind: FileType, *, largest: int) -> tuple[int, str]:
    """Copy everything; its size in bytes and its SHA-256 in lower-case hex.

    Raises UnacceptableFile for nothing, for more than `largest` bytes, and for what is not of its `kind`.
    """
    size, digest = 0, hashlib.sha256()
    head = tail = b""
    while piece := source.read(_PIECE):
        size += len(piece)
        if size > largest:
            raise UnacceptableFile(f"The file is larger than {largest / 1e6:.3g} MB")
        digest.update(piece)
        target.write(piece)
        head = (head + piece)[:HEAD_SIZE] if len(head) < HEAD_SIZE else head
        tail = (tail + piece)[-TAIL_SIZE:]
    if not size:
        raise UnacceptableFile("The file is empty")
    check_content(kind, head, tail)
    return size, digest.hexdigest()
