"""Takes a link that an organizer typed apart and refuses what is no plain web address; providers build on it."""

import re
from urllib.parse import SplitResult, urlsplit

LONGEST_LINK = 2000
"""Characters; browsers and mail programs start to cut near this."""

_HOST = re.compile(r"[^\W_]([\w-]*[^\W_])?(\.[^\W_]([\w-]*[^\W_])?)*\.?")
_ADDRESS = re.compile(r"[0-9a-f:.]+")


def parsed_link(url: str) -> SplitResult:
    """Split a link into its parts; ValueError in plain words unless it is http(s) with a host and nothing sly."""
    if len(url) > LONGEST_LINK:
        raise ValueError("The link is too long")
    if not url.isprintable() or " " in url or "\\" in url:
        raise ValueError("The link has a space or a sign in it that does not belong in a link")
    try:
        parts = urlsplit(url)
        host, _ = parts.hostname or "", parts.port
    except ValueError:
        raise ValueError("The link is not a web address") from None
    if parts.scheme not in ("http", "https"):
        raise ValueError("The link must begin with https:// or http://")
    if "@" in parts.netloc:
        raise ValueError("The link must not have a user name in it")
    if not (_HOST.fullmatch(host) or (":" in host and _ADDRESS.fullmatch(host))):
        raise ValueError("The link has no host, such as www.example.org")
    return parts
