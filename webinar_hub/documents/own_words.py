"""Puts values into organizers' words (`rules/wording.py`), as HTML, as plain text and as a subject.

Before Markdown is read a placeholder is one sign of Unicode's private use, or, for a link, an address that leads
nowhere; its value takes that place afterwards, escaped. So a value is never read as Markdown, and as letters are
cleaned of such signs, nobody can type one (A26, A34).
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from webinar_hub.documents import markdown, slots
from webinar_hub.rules.wording import LINKS, PLACEHOLDER, PLACEHOLDERS

_FIRST = 0xF400
_MARKS = {name: chr(_FIRST + number) for number, name in enumerate(PLACEHOLDERS)}
_NOWHERE = {name: f"https://{name.replace('_', '-')}.placeholder.invalid/" for name in LINKS}
_SPOKEN_TO = chr(_FIRST - 1)
"""A name with the blank before it: who has none is greeted "Hello," and not "Hello ,"."""


@dataclass(frozen=True, slots=True)
class OwnWords:
    """What an organizer wrote, with values: `html` is safe, `text` reads as it stands."""

    html: Markup
    text: str


def written(body: str, values: Mapping[str, str]) -> OwnWords:
    """The body with its values, her name and links as slots. Raises KeyError for a placeholder without a value."""
    marked = _marked(body)
    html = _filled(str(markdown.to_html(marked)), values, lambda value: str(escape(value)))
    return OwnWords(Markup(html), _filled(markdown.to_text(marked), values, str))  # noqa: S704  just cleaned


def subject(text: str, values: Mapping[str, str]) -> str:
    """The subject with its values, on one line. Raises KeyError for one without a value."""

    def value(found: re.Match[str]) -> str:
        return values[found[1]] if found[1] else found[0][-1]

    return " ".join(PLACEHOLDER.sub(value, text).split())


def _marked(body: str) -> str:
    def mark(found: re.Match[str]) -> str:
        name = found[1]
        if not name:
            return found[0]
        if name in LINKS:
            is_target = body[: found.start()].endswith("](")
            return _NOWHERE[name] if is_target else f"<{_NOWHERE[name]}>"
        return _MARKS[name]

    return PLACEHOLDER.sub(mark, body).replace(f" {_MARKS['name']}", _SPOKEN_TO)


def _filled(text: str, values: Mapping[str, str], encode: Callable[[str], str]) -> str:
    for name, address in _NOWHERE.items():
        if address in text:
            text = text.replace(address, encode(values[name]))
    for name, mark in _MARKS.items():
        if mark in text:
            text = text.replace(mark, slots.BARE_NAME if name == "name" else encode(values[name]))
    return text.replace(_SPOKEN_TO, slots.NAME)
