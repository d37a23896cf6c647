"""Places in a rendered letter that wait for a recipient's values; letter_rendering.py puts them in, email.py fills.

A slot is one private-use character. Letters are cleaned of these before they are rendered, and a letter is cut at
its slots before any value is put in: so neither an organizer's nor a recipient's words can become a slot (A26).
"""

import re
from collections.abc import Callable, Sequence
from dataclasses import fields, is_dataclass, replace
from typing import Any, TypeVar

_FIRST, _LAST = 0xE000, 0xF8FF  # the private-use area of Unicode's basic plane
_SLOT = re.compile(f"([{chr(_FIRST)}-{chr(_LAST)}])")
# A control character is illegal in HTML and in mail, a lone surrogate is no UTF-8.
_NEVER_TEXT = re.compile(f"[{chr(_FIRST)}-{chr(_LAST)}\x00-\x08\x0b-\x1f\x7f-\x9f\ud800-\udfff]")

Value = TypeVar("Value")

NAME, ME, UNSUBSCRIBE, BARE_NAME, OFFER = (chr(_FIRST + number) for number in range(5))
"""Markers for " Anna" (with the space before it; nothing without a name), her page, her way out, "Anna", and the
page of the seat that is held for her."""

_FIRST_DOWNLOAD = _FIRST + 5


def downloads(count: int) -> tuple[str, ...]:
    """A marker for each material's personal link."""
    return tuple(chr(_FIRST_DOWNLOAD + number) for number in range(count))


def without_slots(value: Value) -> Value:
    """The value with every text in it, however deep, free of slots, control characters and line ends but LF."""
    cleaned: Any = value
    if isinstance(value, str):
        cleaned = _NEVER_TEXT.sub("", value.replace("\r\n", "\n").replace("\r", "\n"))
    elif isinstance(value, tuple):
        cleaned = tuple(without_slots(item) for item in value)
    elif is_dataclass(value) and not isinstance(value, type):
        names = [field.name for field in fields(value)]
        cleaned = replace(value, **{name: without_slots(getattr(value, name)) for name in names})
    result: Value = cleaned
    return result


class Slotted:
    """A text cut at its slots, with what lies between them encoded: once for all recipients."""

    __slots__ = ("_holes", "_pieces")

    def __init__(self, text: str, encode: Callable[[str], bytes]) -> None:
        # At odd places `split` puts what it split at.
        pieces = _SLOT.split(text)
        self._holes = [(place, ord(pieces[place]) - _FIRST) for place in range(1, len(pieces), 2)]
        self._pieces = [encode(piece) for piece in pieces]

    @property
    def is_shared(self) -> bool:
        """Whether the text is the same for everybody."""
        return not self._holes

    def fill(self, values: Sequence[bytes]) -> bytes:
        """The encoded text with each slot's encoded value: name, page, way out, bare name, offer, downloads.

        Raises IndexError when there are fewer values than slots.
        """
        pieces = self._pieces.copy()
        for place, slot in self._holes:
            pieces[place] = values[slot]
        return b"".join(pieces)
