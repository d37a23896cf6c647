"""Names people give themselves, made harmless on a line, in a header and in a mail; calendar_text.py does the .ics.

A name is anybody's to choose and leaves from the organizer's address, so it may neither end a line (A02) nor turn
into a link (A25). It goes into HTML escaped, and never through Markdown or a template.
"""

import re

# Overrides, embeddings and isolates of direction would turn the words around a name as well; a lone surrogate is
# no UTF-8. Marks (U+200E, U+200F) and joiners stay: names in Arabic or Persian and emoji need them.
_REMOVED = re.compile("[\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")

# Where mail programs see a link: "scheme:", a dot between two characters (also the three other dots that names of
# hosts may have), and the sign of an address.
_LINK_JOINT = re.compile(r"(?<=\w)[:：](?=\S)|(?<=\S)[.。．｡](?=\w)|[@＠](?=\S)|//(?=\S)")
BREAK = "\u200b"
"""Zero width space: invisible, and no part of any link."""


def plain_name(name: str) -> str:
    """The name as one line: every control and line end a space, runs of spaces one, direction overrides gone."""
    if name.isprintable() and "  " not in name:
        return name.strip()
    return " ".join(_CONTROL.sub(" ", _REMOVED.sub("", name)).split())


def inert(name: str) -> str:
    """The plain name with an invisible break at each joint of what looks like a link or an address."""
    return _LINK_JOINT.sub(_broken, plain_name(name))


def _broken(joint: re.Match[str]) -> str:
    return f"{BREAK}{joint[0]}{BREAK}"
