"""What people typed, made safe for any calendar; ics.py writes objects of it, calendar_links.py links."""

import re

from webinar_hub.core.language import gettext as _

# Every character that some reader takes for the end of a line, not only the two of RFC 5545.
_LINE_END = re.compile("\r\n|[\r\n\x0b\x0c\x1c-\x1e\x85\u2028\u2029]")
# Controls are illegal (RFC 5545 section 3.1), a lone surrogate is no UTF-8, a byte order mark is lost in reading.
_ILLEGAL = re.compile("[\x00-\x08\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufeff]")
# Some readers look for the end of an event in the raw text, and find it inside a description.
_COMPONENT_MARK = re.compile(r"\b(BEGIN|END):(?=V)", re.IGNORECASE)
# Google and Outlook show a description as HTML: "< b" is text in every HTML parser, "<b" may be a tag.
_TAG_OPENING = re.compile(r"<(?=[a-zA-Z/!?])")


def plain_paragraphs(text: str) -> str:
    """Text of several lines: line ends become a line feed, what is illegal goes, and no tag is left to open."""
    lines = (line.rstrip() for line in _harmless(text).split("\n"))
    return _TAG_OPENING.sub("< ", "\n".join(lines).strip("\n"))


def plain_line(text: str) -> str:
    """Text of one line: each run of white space and line ends is one space."""
    return " ".join(_harmless(text).split())


def title_line(title: str) -> str:
    """A title of one line, which is never empty: RFC 5546 section 3.2 wants a SUMMARY in every invite."""
    return plain_line(title) or _("Webinar")


def person_name(name: str) -> str:
    """A name for the parameter CN: one line without `"`, `^`, `;` and a backslash.

    RFC 6868 writes the first two as `^'` and `^^`, which most readers show as they stand; some end the parameter
    at a semicolon although it is quoted, and take a backslash for the escape it is not here.
    """
    return plain_line(name.translate(_NAME_SUBSTITUTES))


_NAME_SUBSTITUTES = str.maketrans({'"': "'", "^": " ", ";": ",", "\\": "/"})


def with_link(description: str, url: str) -> str:
    """The description, closed by the page's address unless it names it: several readers do not show URL."""
    text = plain_paragraphs(description)
    if url in text:
        return text
    return f"{text}\n\n{url}" if text else url


def _harmless(text: str) -> str:
    # A tab is legal, yet readers disagree about one at a fold.
    legal = _ILLEGAL.sub("", _LINE_END.sub("\n", text).replace("\t", " "))
    return _COMPONENT_MARK.sub(r"\1: ", legal)
