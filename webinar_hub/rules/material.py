"""What a file is called when somebody brings it, and the names under which drops and materials are known again."""

import re
import unicodedata
from collections.abc import Collection
from itertools import count

from webinar_hub.rules.cohort_file.checks import slug_from

LONGEST_TITLE = 200
_LONGEST_KEY = 80


def title_from(filename: str) -> str:
    """A title out of the name of a file: without its path and ending, on one line, with nothing hidden in it."""
    name = re.split(r"[/\\]", unicodedata.normalize("NFC", filename))[-1]
    name = name.rpartition(".")[0] or name
    name = "".join(" " if unicodedata.category(sign)[0] in "CZ" else sign for sign in name)
    words = " ".join(name.replace("_", " ").split()).strip(". ")
    return words[:LONGEST_TITLE].strip() or "Untitled"


def free_key(title: str, otherwise: str, taken: Collection[str]) -> str:
    """A key made of the title that none of those `taken` is."""
    wish = slug_from(title, otherwise)
    if wish not in taken:
        return wish
    return next(key for key in (_numbered(wish, number) for number in count(2)) if key not in taken)


def _numbered(key: str, number: int) -> str:
    ending = f"-{number}"
    return key[: _LONGEST_KEY - len(ending)].rstrip("-") + ending
