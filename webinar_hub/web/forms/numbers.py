"""Whole numbers as pages send them: ids, versions, counts."""


def whole(typed: str | None) -> int | None:
    """The number, or None for anything else, and for more digits than a column of ids can hold."""
    written = (typed or "").strip()
    return int(written) if written.isascii() and written.isdecimal() and len(written) < 10 else None
