"""Which files may be uploaded, told by their ending and their first bytes; local.py asks while it stores."""

import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass

from webinar_hub.adapters.storage import UnacceptableFile

HEAD_SIZE = 8192
"""Bytes from the start that a check needs."""

TAIL_SIZE = 1 << 20
"""Bytes from the end that a check needs: the list of names in a ZIP file lies there."""

_WEB_PAGE = re.compile(rb"\s*<(!doctype|html|head|body|script|svg|\?xml)", re.IGNORECASE)
_UTF_16_MARKS = (b"\xff\xfe", b"\xfe\xff")
_OFFICE = "application/vnd.openxmlformats-officedocument."

Check = Callable[[bytes, bytes], bool]
"""First and last bytes of a file in, whether they fit the type out."""


@dataclass(frozen=True, slots=True)
class FileType:
    """A type on the list; `fits` is asked once the whole file has come in."""

    extension: str
    media_type: str
    fits: Check


def _starts_with(*beginnings: bytes) -> Check:
    return lambda head, tail: head.startswith(beginnings)


def _is_mpeg_audio(head: bytes, tail: bytes) -> bool:
    # A frame begins with eleven set bits and a layer that is not the reserved 00 (ISO 11172-3 section 2.4.2.3).
    is_frame = len(head) > 1 and head[0] == 0xFF and head[1] & 0xE0 == 0xE0 and head[1] & 0x06 != 0
    return head.startswith(b"ID3") or is_frame


def _is_iso_media(head: bytes, tail: bytes) -> bool:
    return head[4:8] == b"ftyp"


def _is_office(folder: bytes) -> Check:
    return lambda head, tail: head.startswith(b"PK\x03\x04") and folder in tail


def _is_epub(head: bytes, tail: bytes) -> bool:
    # The first entry must be this one, stored and without extra fields (EPUB OCF 3.3 section 4.3).
    return head.startswith(b"PK\x03\x04") and head[30:58] == b"mimetypeapplication/epub+zip"


def _is_text(head: bytes, tail: bytes) -> bool:
    return (head.startswith(_UTF_16_MARKS) or b"\0" not in head + tail) and not _WEB_PAGE.match(head)


FILE_TYPES = {
    kind.extension: kind
    for kind in (
        FileType("pdf", "application/pdf", _starts_with(b"%PDF-")),
        FileType("png", "image/png", _starts_with(b"\x89PNG\r\n\x1a\n")),
        FileType("jpg", "image/jpeg", _starts_with(b"\xff\xd8\xff")),
        FileType("jpeg", "image/jpeg", _starts_with(b"\xff\xd8\xff")),
        FileType("mp3", "audio/mpeg", _is_mpeg_audio),
        FileType("m4a", "audio/mp4", _is_iso_media),
        FileType("mp4", "video/mp4", _is_iso_media),
        FileType("zip", "application/zip", _starts_with(b"PK\x03\x04")),
        FileType("docx", f"{_OFFICE}wordprocessingml.document", _is_office(b"word/")),
        FileType("xlsx", f"{_OFFICE}spreadsheetml.sheet", _is_office(b"xl/")),
        FileType("pptx", f"{_OFFICE}presentationml.presentation", _is_office(b"ppt/")),
        FileType("epub", "application/epub+zip", _is_epub),
        FileType("txt", "text/plain", _is_text),
        FileType("csv", "text/csv", _is_text),
    )
}


def file_type_of(filename: str) -> FileType:
    """Find the type by the ending of a name that a person gave; UnacceptableFile when it is not on the list."""
    seen = "".join(letter for letter in filename if unicodedata.category(letter)[0] not in "CZ")
    extension = seen.rpartition(".")[2].lower()
    if "." not in seen or extension not in FILE_TYPES:
        raise UnacceptableFile(f"This kind of file is not accepted. Accepted are: {', '.join(FILE_TYPES)}")
    return FILE_TYPES[extension]


def check_content(kind: FileType, head: bytes, tail: bytes) -> None:
    """Raise UnacceptableFile when the bytes are not what the ending says."""
    if not kind.fits(head, tail):
        raise UnacceptableFile(f"The file ends in .{kind.extension} but its content is something else")
