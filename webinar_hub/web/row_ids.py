"""Numbers in addresses: ids of rows, so one that no row can have is a page that does not exist."""

from typing import Any

from flask import Flask
from werkzeug.routing import IntegerConverter, Map

_LARGEST = 2**31 - 1


class RowId(IntegerConverter):
    """A whole number as the databases keep ids; PostgreSQL refuses to look for a larger one."""

    def __init__(self, map: Map, fixed_digits: int = 0, **named: Any) -> None:
        super().__init__(map, fixed_digits, **({"max": _LARGEST} | named))


def register(app: Flask) -> None:
    """Take the place of the usual `int` in every address, before there is any."""
    app.url_map.converters["int"] = RowId
