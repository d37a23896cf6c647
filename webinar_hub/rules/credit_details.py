"""What a board wants to read on a certificate, asked only of those who want CE credit (FEATURES A3).

Formats are checked gently: a number that is typed wrongly is told at once, one that is not there yet can follow.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields

from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import lazy_gettext
from webinar_hub.rules.questions import Condition

LONGEST = {"legal_name": 120, "licence_number": 40, "licence_place": 60, "asha_number": 20, "nbcot_number": 20}
_WITH_ASHA = frozenset({"SLP"})
_WITH_NBCOT = frozenset({"OT", "OTA"})

LABELS = {
    "legal_name": lazy_gettext("Name as on your license"),
    "licence_number": lazy_gettext("License number"),
    "licence_place": lazy_gettext("State or country of the license"),
    "asha_number": lazy_gettext("ASHA account number"),
    "nbcot_number": lazy_gettext("NBCOT certification number"),
}
HINTS = {
    "legal_name": lazy_gettext("Leave it empty if it is the name we greet you by."),
    "licence_number": lazy_gettext("Leave it empty if you have none yet. You can add it later on your own page."),
    "licence_place": lazy_gettext("For example: New York"),
    "asha_number": lazy_gettext("Eight digits."),
    "nbcot_number": lazy_gettext("Only the digits."),
}
CONDITIONS = {
    "asha_number": Condition("profession", tuple(sorted(_WITH_ASHA))),
    "nbcot_number": Condition("profession", tuple(sorted(_WITH_NBCOT))),
}
"""What is asked of some professions only."""


@dataclass(frozen=True, slots=True)
class Details:
    """What she told; empty where she has not. A `legal_name` of "" is the name she is greeted by."""

    legal_name: str = ""
    licence_number: str = ""
    licence_place: str = ""
    asha_number: str = ""
    nbcot_number: str = ""


FIELDS = tuple(each.name for each in fields(Details))


def read(typed: Mapping[str, str], profession: str) -> tuple[Details, dict[str, str]]:
    """What was typed into the fields, and what to mend by field; what her profession has not is dropped."""
    kept: dict[str, str] = {}
    problems: dict[str, str] = {}
    for name in FIELDS:
        if name in CONDITIONS and profession not in CONDITIONS[name].values:
            continue
        try:
            kept[name] = _checked(name, " ".join(typed.get(name, "").split()))
        except ValueError as problem:
            problems[name] = str(problem)
    return Details(**kept), problems


def _checked(name: str, text: str) -> str:
    if len(text) > LONGEST[name]:
        raise ValueError(_("%(field)s: this is too long. Look at it again.", field=LABELS[name]))
    if not text.isprintable():
        message = _("%(field)s: there is an invisible character in it. Type it again by hand.", field=LABELS[name])
        raise ValueError(message)
    digits = re.sub(r"[\s-]", "", text)
    if name == "asha_number" and text:
        if not re.fullmatch(r"[0-9]{8}", digits):
            raise ValueError(_("ASHA account number: write its eight digits."))
        return digits
    if name == "nbcot_number" and text:
        if not re.fullmatch(r"[0-9]{4,10}", digits):
            raise ValueError(_("NBCOT certification number: write its digits, without letters."))
        return digits
    return text
