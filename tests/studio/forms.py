"""Fills in the studio's forms as a browser does: what stands in them, with some of it changed."""

import re
from html import unescape
from html.parser import HTMLParser
from typing import Any

from flask.testing import FlaskClient
from werkzeug.datastructures import MultiDict
from werkzeug.test import TestResponse


class _Form(HTMLParser):
    """Reads the fields of the longest form of a page."""

    def __init__(self) -> None:
        super().__init__()
        self.forms: list[list[tuple[str, str]]] = []
        self._area = ""
        self._select = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        values = {name: value or "" for name, value in attrs}
        if tag == "form":
            self.forms.append([])
        if not self.forms:
            return
        ticked = values.get("type") not in ("checkbox", "radio") or "checked" in values
        if tag == "input" and "name" in values and ticked:
            self.forms[-1].append((values["name"], values.get("value", "")))
        elif tag == "textarea":
            self._area = values["name"]
            self.forms[-1].append((self._area, ""))
        elif tag == "select":
            self._select = values["name"]
        elif tag == "option" and self._select and "selected" in values:
            self.forms[-1].append((self._select, values.get("value", "")))

    def handle_data(self, data: str) -> None:
        if self._area:
            name, text = self.forms[-1][-1]
            self.forms[-1][-1] = (name, text + data)

    def handle_endtag(self, tag: str) -> None:
        if tag == "textarea":
            self._area = ""
        elif tag == "select":
            self._select = ""


def filled(page: str, **changes: str | list[str] | None) -> MultiDict[str, str]:
    """What a browser would send of the page's main form; None leaves a field out, "a__b" is written "a-b"."""
    reader = _Form()
    reader.feed(page)
    fields = MultiDict(max(reader.forms, key=len))
    for name, value in changes.items():
        fields.setlist(
            name.replace("__", "-"), [] if value is None else [value] if isinstance(value, str) else value
        )
    return fields


def send(client: FlaskClient, path: str, **changes: str | list[str] | None) -> TestResponse:
    """Open a page, change fields of its form, send it."""
    page = client.get(path)
    assert page.status_code == 200, (path, page.status_code)
    return client.post(path, data=filled(page.text, **changes))


_FIELD = re.compile(r'<input[^>]* name="(\w+)"[^>]* value="([^"]*)"')


def fields(page: TestResponse) -> dict[str, str]:
    """The hidden fields of a page, of several of one name the first."""
    found: dict[str, str] = {}
    for match in re.finditer(r"<input type=\"hidden\"[^>]*>", page.text):
        field = _FIELD.match(match[0])
        assert field, match[0]
        found.setdefault(field[1], unescape(field[2]))
    return found


def press(client: FlaskClient, page: TestResponse, address: str, **typed: Any) -> TestResponse:
    """Send what the page holds and what was typed; None takes a field away."""
    data = {name: value for name, value in (fields(page) | typed).items() if value is not None}
    return client.post(address, data=data)
