"""What somebody may need to take part fully, and until when it has to be arranged (FEATURES A13)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from webinar_hub.core.errors import Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import lazy_gettext

NEEDS = {
    "captions": lazy_gettext("Live captions"),
    "asl": lazy_gettext("American Sign Language (ASL)"),
    "other": lazy_gettext("Something else"),
}
"""What can be ticked, as she reads it."""
STAFF_WORDS = {"captions": "live captions", "asl": "ASL interpreter", "other": "something else"}
LONGEST_WORDS = 1000
BEFORE = timedelta(days=14)
"""How long before her next session it has to be arranged: interpreters are booked about two weeks ahead."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What she ticked, in the order of NEEDS, and what she wrote."""

    needs: tuple[str, ...] = ()
    words: str = ""

    def __bool__(self) -> bool:
        return bool(self.needs or self.words)


def read(typed: Mapping[str, Sequence[str]]) -> Wish:
    """What the form says. Raises Invalid for words that cannot be kept."""
    words = "".join(typed.get("needs_words", ())[:1]).replace("\r\n", "\n").strip()
    if len(words) > LONGEST_WORDS:
        raise Invalid("needs_words", _("What you need: at most %(most)s characters fit here.", most=LONGEST_WORDS))
    if any(not sign.isprintable() and sign not in "\n\t\u00a0\u200c\u200d" for sign in words):
        raise Invalid("needs_words", _("What you need: there is an invisible character in it. Type it by hand."))
    return Wish(tuple(need for need in NEEDS if need in typed.get("needs", ())), words)


def due_at(next_start: datetime | None, now: datetime) -> datetime:
    """Two weeks before her next session; at once where that is nearer, or where none is ahead."""
    return now if next_start is None else max(now, next_start - BEFORE)


def in_words(needs: Sequence[str], words: str) -> str:
    """The wish on one line, for the staff."""
    said = ", ".join(STAFF_WORDS.get(need, need) for need in needs)
    return f"{said}: {words}" if said and words else said or words
