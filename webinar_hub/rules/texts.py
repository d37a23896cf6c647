"""Whether a written text can be kept: its length, and no sign in it that nobody sees."""

import unicodedata

_OVERRIDES = frozenset("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""Signs that turn the direction of text round and so let it read as something else (Unicode TR 36)."""


def readable(text: str, *, longest: int, paragraphs: bool) -> str:
    """Return the text without blanks around it: at most `longest` characters, line ends only in paragraphs."""
    kept = text.strip()
    if len(kept) > longest:
        raise ValueError(f"This is {len(kept):,} characters long; at most {longest:,} fit here.")
    if not paragraphs and "\n" in kept:
        raise ValueError("This has to stay on one line.")
    harmless = "\n\t" if paragraphs else ""
    if any(_is_hidden(sign) for sign in kept if sign not in harmless):
        raise ValueError("There is an invisible control character in this text. Type it again by hand.")
    return kept


def _is_hidden(sign: str) -> bool:
    return sign in _OVERRIDES or unicodedata.category(sign) in ("Cc", "Cs", "Zl", "Zp")
