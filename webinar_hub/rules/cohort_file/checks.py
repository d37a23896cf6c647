"""Whether one written text can be used (length, signs, address, path); the keys around it are read in table.py.

Each check takes the text and returns it as it is kept, or raises ValueError with the remedy in plain words.
"""

import re
import unicodedata
from datetime import timedelta
from pathlib import PurePosixPath
from urllib.parse import urlsplit

from webinar_hub.core.addresses import checked_address
from webinar_hub.rules import texts

_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")
_HOST = re.compile(r"(?:[\w-]{1,63}\.)+[^\W\d_][\w-]{0,62}")
_SPAN = re.compile(r"(\d{1,4}) (week|day|hour|minute)s?")
_NOBODY = re.compile(r"(?:no|do-?not)[-_.]?reply", re.IGNORECASE)
LONGEST_ADDRESS = 2000

readable = texts.readable


def slug(text: str) -> str:
    """Return a name that can stand in a web address: small letters, digits and single hyphens, at most 80."""
    if len(text) > 80 or not _SLUG.fullmatch(text):
        raise ValueError(
            f'Use small letters, digits and single hyphens only, at most 80, such as "{_nearest_slug(text)}".'
        )
    return text


def slug_from(text: str, otherwise: str) -> str:
    """Return a slug made of the letters of `text`, or `otherwise` when it has none that fit."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().casefold()
    return re.sub(r"[^a-z0-9]+", "-", plain)[:80].strip("-") or otherwise


def mailbox(text: str) -> str:
    """Return an e-mail address that people can answer to, its domain in the form mail servers use."""
    try:
        checked = checked_address(text, test_domains=False)
    except ValueError as error:
        raise ValueError("This is no e-mail address. Write it like rosa@example.org.") from error
    if _NOBODY.match(checked.local_part):
        raise ValueError("People answer invitations: give a mailbox that somebody reads, not a no-reply one.")
    return checked.ascii_email or checked.normalized


def web_address(text: str) -> str:
    """Return an http or https address with a domain, and without a user name or password in it."""
    if len(text) > LONGEST_ADDRESS or any(sign.isspace() or sign in '\\<>"' for sign in text):
        raise ValueError("This is no web address. Copy it again from the address line of your browser.")
    try:
        parts = urlsplit(text)
        host, _port = parts.hostname or "", parts.port
    except ValueError as error:
        raise ValueError("This is no web address. Copy it again from the address line of your browser.") from error
    if parts.scheme not in ("http", "https"):
        raise ValueError("Write the whole web address, starting with https://.")
    if "@" in parts.netloc:
        raise ValueError("Leave out the user name and password: everybody would see them.")
    if not _HOST.fullmatch(host):
        raise ValueError("After https:// there has to be a domain, such as example.org.")
    return text


def relative_path(text: str) -> str:
    """Return a path below the folder of the cohort file, such as "materials/cues.md"."""
    parts = text.split("/")
    if "\\" in text:
        raise ValueError('Write / between folders: "materials/cues.md".')
    if text.startswith(("/", "~")) or ":" in text:
        raise ValueError('Name the file from where this cohort file is: "materials/cues.md".')
    if any(part in ("", ".", "..") or part != part.strip() for part in parts) or len(text) > 200:
        raise ValueError('The file has to lie beside this cohort file or in a folder there: "materials/cues.md".')
    return text


def markdown_path(text: str) -> str:
    """Return a relative path whose file is Markdown (ending in .md)."""
    path = relative_path(text)
    if PurePosixPath(path).suffix.lower() not in (".md", ".markdown"):
        raise ValueError("A handout is a Markdown file (.md) that we print. Use file = for anything else.")
    return path


def span(text: str) -> timedelta:
    """Return the length of time written as "1 week", "2 days", "1 hour" or "10 minutes"."""
    written = _SPAN.fullmatch(text.strip())
    if written is None:
        raise ValueError('Write a number and a unit: "1 week", "2 days", "1 hour" or "10 minutes".')
    return timedelta(**{f"{written[2]}s": int(written[1])})


def _nearest_slug(text: str) -> str:
    return slug_from(text[:200], "january-evenings")
