"""The boxes nobody has to check: whoever checks one agrees to the words that stood beside it, and to no others."""

from hashlib import sha256
from typing import NamedTuple

from wtforms import BooleanField, Form

from webinar_hub.core.language import lazy_gettext as _later
from webinar_hub.rules.house import BONUS_WORDS, NEWS_WORDS
from webinar_hub.web.current import house

_CHANGED = _later(
    "The words beside this box have changed since you opened the page. Read them, and check it again."
)

_EMPTY = ("", "false", "False")


class Box(NamedTuple):
    """A box of the form, what stands beside it, and what it sends when it is checked."""

    field: BooleanField
    words: str
    version: str


class ConsentBoxes(Form):
    """A form with the boxes for bonus mails and for news, as the owner has set them."""

    bonuses: BooleanField
    news: BooleanField

    @property
    def boxes(self) -> list[Box]:
        """Those that are asked, each with the words beside it."""
        own = house()
        boxes = [Box(self.bonuses, own.bonus_said, _version(own.bonus_words))] if own.asks_for_bonuses else []
        return [*boxes, Box(self.news, own.news_said, _version(own.news_words))]

    def words_of(self, field: BooleanField) -> str | None:
        """The words beside a box that is checked, "" for one that is not, None for one that is not there."""
        box = next((box for box in self.boxes if box.field is field), None)
        return None if box is None else box.words if field.data else ""

    def validate(self, extra_validators: object = None) -> bool:
        """Every field, and that the words beside each box are those she saw."""
        is_right = bool(super().validate())
        for box in self.boxes:
            if box.field.data and box.field.raw_data != [box.version]:
                box.field.data, box.field.errors, is_right = False, [_CHANGED], False
        return is_right


def agreed(sent: str, words: str, said: str) -> str | None:
    """The words that stood beside a box, as they are `said` in her language: "" where it was left empty.

    None where others stood there.
    """
    if sent in _EMPTY:
        return ""
    return said if sent == _version(words) else None


def _version(words: str) -> str:
    """What a checked box sends, so that nobody is recorded with words she has not seen."""
    return "y" if words in (NEWS_WORDS, BONUS_WORDS) else sha256(words.encode()).hexdigest()[:12]
