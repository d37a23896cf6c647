"""What brought somebody to a sign-up: a word that the link to it carries, and nothing about her."""

import re
from collections.abc import Mapping
from urllib.parse import urlencode

from webinar_hub.rules.access import LONGEST_CODE

# In this order: how newsletters and posts are marked, how people write it themselves, and a frame on another site.
_NAMES = ("utm_source", "ref", "embed")
_WORD = re.compile(r"[a-z0-9][a-z0-9 ._-]{0,39}")
EMBEDDED = "embed"


def source_of(asked: Mapping[str, str]) -> str:
    """The word in these parameters of an address, in small letters; "" where there is none or it is no word."""
    for name in _NAMES:
        word = asked.get(name, "").strip().lower()
        if _WORD.fullmatch(word):
            return EMBEDDED if name == EMBEDDED else word
    return ""


def passed_on(asked: Mapping[str, str]) -> str:
    """What to add to a link to the sign-up, so that the word stays with her on the way there without a cookie.

    An access code that she came with stays with her too.
    """
    source, code = source_of(asked), asked.get("code", "").strip()
    kept = ({"ref": source} if source else {}) | ({"code": code[:LONGEST_CODE]} if code else {})
    return f"?{urlencode(kept)}" if kept else ""
