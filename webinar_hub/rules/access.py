"""Who finds a webinar, and access codes: how they are written, whether one opens a cohort, and why it does not."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from hmac import compare_digest
from typing import Literal

from webinar_hub.core.language import gettext as _

Visibility = Literal["listed", "unlisted", "invitation"]
VISIBILITIES: tuple[Visibility, ...] = ("listed", "unlisted", "invitation")
SHORTEST_CODE, LONGEST_CODE = 4, 40
MOST_CODES = 200
"""In one cohort: each one that is tried is compared with all of them."""
TRIES_PER_HOUR = 20
"""Wrong codes from one network."""
# Without letters and digits that are taken for each other, so that a code can be read out on the telephone.
ALPHABET = "ABCDEFGHJKMNPQRSTUVWXYZ23456789"
DRAWN_LENGTH = 8


@dataclass(frozen=True, slots=True)
class Code:
    """A code as it is stored."""

    id: int
    code: str
    max_uses: int | None
    uses: int
    expires_at: datetime | None
    ended_at: datetime | None
    gives_back: bool


def normal(typed: str) -> str:
    """A code as it is compared: capitals, without blanks and hyphens, wherever somebody put them."""
    return re.sub(r"[\s\u00a0\u2010-\u2015_-]+", "", typed).upper()[:LONGEST_CODE]


def problem_with(typed: str) -> str:
    """Why this cannot be a code, in words for the studio; "" when it can."""
    bare = re.sub(r"[\s\u00a0\u2010-\u2015_-]+", "", typed)
    if not bare.isalnum():
        return "Use letters and digits only, such as SPRING26."
    if not SHORTEST_CODE <= len(bare) <= LONGEST_CODE:
        return f"A code has {SHORTEST_CODE} to {LONGEST_CODE} letters and digits."
    return ""


def meant(typed: str, codes: Iterable[Code]) -> Code | None:
    """The code that was typed. Every one is compared, in a time that says nothing about how much of it is right."""
    wanted, found = normal(typed).encode(), None
    for code in codes:
        if compare_digest(code.code.encode(), wanted):
            found = code
    return found


def unusable_because(code: Code, now: datetime) -> str:
    """Why this code lets nobody in at the moment, in words for the form; "" when it does.

    Whether all its uses are gone is looked at last, because one of them may come back.
    """
    if code.ended_at is not None or (code.expires_at is not None and code.expires_at <= now):
        return over()
    return used_up() if is_used_up(code) else ""


def is_used_up(code: Code) -> bool:
    """Whether as many have come in with it as may."""
    return code.max_uses is not None and code.uses >= code.max_uses


def is_about_code(reason: str) -> bool:
    """Whether another code would help somebody who is not let in for this reason."""
    return reason in (over(), used_up(), unknown(), wanted())


def over() -> str:
    """What is said of a code whose time is over."""
    return _("This code is no longer valid. Ask whoever gave it to you for a new one.")


def used_up() -> str:
    """What is said of a code that has no use left."""
    return _("This code has been used as often as it may be. Ask whoever gave it to you for another one.")


def unknown() -> str:
    """What is said of a code that does not exist here."""
    said = _("We do not know this code. Look at it again, letter by letter; capitals and blanks do not matter.")
    return said


def taken_up() -> str:
    """What is said of an invitation by which somebody has a place."""
    return _("This invitation has been taken up. If that was you, your own link came by mail.")


def wanted() -> str:
    """What is said to somebody who comes with nothing where something is needed."""
    said = _("This webinar is by invitation. Write the code you were given, or open the link in your invitation.")
    return said
