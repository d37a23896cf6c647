"""Makes the file name a browser saves under out of words a person typed; what is stored has a generated name."""

import re
import unicodedata
from urllib.parse import quote

LONGEST_NAME = 120
"""Characters before the ending; with four octets each that is near what file systems take (255 octets)."""

_FORBIDDEN = re.compile(r'[\\/:*?"<>|;%]+')
_RESERVED = re.compile(r"(con|prn|aux|nul|com[0-9¹²³]|lpt[0-9¹²³])(\.|$)", re.IGNORECASE)
_LONGEST_OCTETS = 200


def safe_download_name(title: str, extension: str) -> str:
    """Clean a title of paths, controls, overrides of direction and names Windows keeps to itself."""
    ending = "." + (re.sub(r"[^a-z0-9]", "", extension.lower())[:8] or "bin")
    name = unicodedata.normalize("NFC", title)
    # C is controls, formats (U+202E among them), surrogates and unassigned; Zl and Zp are line ends.
    name = "".join(" " if unicodedata.category(letter) in ("Zl", "Zp", "Zs", "Cc") else letter for letter in name)
    name = "".join(letter for letter in name if not unicodedata.category(letter).startswith("C"))
    name = " ".join(_FORBIDDEN.sub(" ", name).split())
    if name.lower().endswith(ending):
        name = name[: -len(ending)]
    name = _shortened(name.strip(". "))
    if _RESERVED.match(name):
        name = f"_{name}"
    return (name or "download") + ending


def attachment_header(download_name: str) -> str:
    """Write a Content-Disposition with an ASCII name for old readers and the true one beside it (RFC 6266)."""
    plain = unicodedata.normalize("NFKD", download_name).encode("ascii", "ignore").decode()
    plain = re.sub(r"[^A-Za-z0-9 ._()+,=@~\-]", "_", " ".join(plain.split()))
    stem, dot, ending = plain.rpartition(".")
    plain = f"{stem.strip() or 'download'}{dot}{ending}"
    header = f'attachment; filename="{plain}"'
    if plain == download_name:
        return header
    return f"{header}; filename*=UTF-8''{quote(download_name, safe='!#$&+-.^_`|~', errors='replace')}"


def _shortened(name: str) -> str:
    octets = name[:LONGEST_NAME].encode()[:_LONGEST_OCTETS]
    return octets.decode("utf-8", "ignore").strip(". ")
