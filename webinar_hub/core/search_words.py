"""Words as they are looked for: small letters without accents, each with a blank before it.

"Zoë Ångström" is found by "zoe", "ang" and "zoe ang": what is typed is the beginning of a word. Neither database
needs an extension for that, and both compare bytes, so that they find the same.
"""

import re
import unicodedata

LONGEST = 500
_JOINTS = re.compile(r"[@.+_-]+")


def folded(text: str) -> str:
    """Small letters without accents, words one blank apart."""
    plain = unicodedata.normalize("NFKD", text).casefold()
    return " ".join("".join(sign for sign in plain if not unicodedata.combining(sign)).split())


def search_text(name: str, email: str) -> str:
    """What a person is found by: each word of her name, her address, and the parts of her address."""
    address = folded(email)
    domain, parts = address.rpartition("@")[2], _JOINTS.sub(" ", address).split()[1:]
    return " ".join(["", folded(name), address, domain, *parts])[:LONGEST]


def search_terms(typed: str) -> list[str]:
    """What to look for in a `search_text`; a blank in front makes it the beginning of a word."""
    return [f" {word}" for word in folded(typed)[:200].split()[:6]]
