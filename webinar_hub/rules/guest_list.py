"""Names and addresses as people paste them: what each line is, what is wrong with it, and what to do about that.

Nothing is lost: every line that is not blank comes back, understood or with a remedy.
"""

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from webinar_hub.core.language import gettext as _
from webinar_hub.core.search_words import folded
from webinar_hub.rules.people_import import LONGEST_EMAIL, LONGEST_NAME, guessed
from webinar_hub.rules.registration import email_key

# "Ann Lee <ann@x.example>", as mail programs write it.
_ANGLED = re.compile(r"(?P<name>[^<>]*)<\s*(?P<email>[^<>\s]+@[^<>\s]+)\s*>")
# Several of them in one line, as mail programs copy a whole field "To".
_BETWEEN = re.compile(r"(?<=>)\s*[,;]\s*(?=\S)")
_CELLS = re.compile(r"[\t;]")
_QUOTES = "\"'“”„‘’ \u00a0"
_HEADINGS = frozenset({"name", "email", "first", "last"})


@dataclass(frozen=True, slots=True)
class Guest:
    """One line: `number` counts from 1, `typed` is what stood there. `key` is "" for a line nobody is invited by.

    `problem` and `remedy` are for a line that is wrong, `note` for one that is left out for a harmless reason.
    """

    number: int
    typed: str
    name: str = ""
    email: str = ""
    key: str = ""
    problem: str = ""
    remedy: str = ""
    note: str = ""


def read_guests(text: str) -> tuple[Guest, ...]:
    """Every line that is not blank, in its order; of two with one address the first counts."""
    seen: dict[str, int] = {}
    found = []
    for number, typed in _lines(text):
        guest = _understood(number, typed)
        if guest.key in seen:
            said = _("The same address as in line %(number)s; once is enough.", number=seen[guest.key])
            guest = Guest(number, typed, guest.name, guest.email, note=said)
        elif guest.key:
            seen[guest.key] = number
        found.append(guest)
    return tuple(found)


def welcome(guests: Sequence[Guest]) -> list[Guest]:
    """Those who can be invited."""
    return [guest for guest in guests if guest.key]


def as_text(heading: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    """A table as lines of the same kind: a name, a tab, an address."""
    columns = guessed(heading)
    lines = [] if any("@" not in cell for cell in heading if cell) and "email" in columns else ["\t".join(heading)]
    for row in rows:
        if "email" in columns:
            name = _cell(row, columns.get("name")) or " ".join(
                filter(None, (_cell(row, columns.get("first")), _cell(row, columns.get("last"))))
            )
            lines.append(f"{name}\t{_cell(row, columns['email'])}".strip())
        else:
            lines.append("\t".join(cell for cell in row if cell))
    return "\n".join(line for line in lines if line.strip())


def _cell(row: Sequence[str], place: int | None) -> str:
    return row[place].strip() if place is not None and place < len(row) else ""


def _lines(text: str) -> Iterator[tuple[int, str]]:
    number = 0
    for line in text.splitlines():
        for part in _BETWEEN.split(line):
            number += 1
            if part.strip(" \t,;\u00a0"):
                yield number, part.strip()


def _understood(number: int, typed: str) -> Guest:
    if "@" not in typed:
        return _without_address(number, typed)
    angled = _ANGLED.fullmatch(typed.strip(" ,;"))
    name, email = (angled["name"], angled["email"]) if angled else _from_cells(typed)
    if not email:
        said = _("There is more than one address in this line.")
        return Guest(number, typed, problem=said, remedy=_("Give each person a line of her own."))
    return _checked(number, typed, _clean(name), email)


def _without_address(number: int, typed: str) -> Guest:
    cells = [folded(cell).strip() for cell in re.split(r"[\t;,]", typed)]
    if number == 1 and _HEADINGS & guessed(cells).keys():
        return Guest(number, typed, note=_("The heading of a table; left out."))
    remedy = _("Write it behind the name, as in: Ann Lee, ann@example.com")
    return Guest(number, typed, name=_clean(typed), problem=_("There is no e-mail address."), remedy=remedy)


def _from_cells(typed: str) -> tuple[str, str]:
    """The name and the one address of a line in cells; ("", "") where there are two addresses."""
    cells = _CELLS.split(typed) if _CELLS.search(typed) else typed.split(",")
    if len(cells) == 1:
        cells = typed.split()
    with_address = [cell for cell in cells if "@" in cell]
    if len(with_address) != 1:
        return "", ""
    (inside,) = with_address
    if angled := _ANGLED.fullmatch(inside.strip()):
        return " ".join([angled["name"], *(c for c in cells if c is not inside)]), angled["email"]
    return " ".join(cell for cell in cells if "@" not in cell), inside


def _checked(number: int, typed: str, name: str, email: str) -> Guest:
    email = email.strip(_QUOTES + "<>,;.").removeprefix("mailto:")
    try:
        key = email_key(email) if len(email) <= LONGEST_EMAIL else ""
    except ValueError:
        key = ""
    if not key:
        said = _("“%(email)s” is not an e-mail address.", email=email[:60])
        remedy = _("Write one address like name@example.com.")
        if re.search(r"\s", email) or email.count("@") > 1:
            remedy = _("Give each person a line of her own.")
        return Guest(number, typed, name, email, problem=said, remedy=remedy)
    if len(name) > LONGEST_NAME:
        remedy = _("Shorten it to %(number)s characters.", number=LONGEST_NAME)
        return Guest(number, typed, name, email, problem=_("The name is too long."), remedy=remedy)
    return Guest(number, typed, name, email, key)


def _clean(name: str) -> str:
    """A name on one line, without the quotes and commas around it."""
    printable = "".join(sign if sign.isprintable() else " " for sign in name)
    parts = (part.strip(_QUOTES) for part in printable.split())
    return " ".join(part for part in parts if part).strip(" ,;")
