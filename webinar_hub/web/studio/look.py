"""How a file is looked at on its page: words as words, pictures and sound by the browser itself."""

import codecs
from dataclasses import dataclass

from webinar_hub.adapters.storage import Storage, StoredFile
from webinar_hub.adapters.storage.serving import SHOWN

WORDS = ("text/plain", "text/csv")
LONGEST = 8_000
"""Bytes of a text that are shown."""


@dataclass(frozen=True, slots=True)
class Look:
    """`kind` is text, picture, sound, film, paper, none, or missing; `text` is only for the first."""

    kind: str
    text: str = ""
    more: bool = False


def look_at(storage: Storage, file: StoredFile) -> Look:
    """What the page shows of a file; a place for files that is away spoils no page."""
    if file.media_type in WORDS:
        try:
            with storage.open(file.name) as handle:
                return Look("text", _decoded(handle.read(LONGEST)), file.size > LONGEST)
        except OSError:
            return Look("missing")
    if file.media_type not in SHOWN:
        return Look("none")
    main = file.media_type.partition("/")[0]
    return Look({"image": "picture", "audio": "sound", "video": "film"}.get(main, "paper"))


def _decoded(octets: bytes) -> str:
    """As people see it in an editor; what cannot be read shows as �."""
    is_wide = octets.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    return octets.decode("utf-16" if is_wide else "utf-8-sig", "replace")
