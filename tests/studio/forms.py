"""Presses buttons of the studio's pages as a browser does: with the fields that stand in the form."""

import re
from html import unescape
from typing import Any

from flask.testing import FlaskClient
from werkzeug.test import TestResponse

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
