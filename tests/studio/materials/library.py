"""What tests of materials ask and send: rows of the database, and files that lie in memory or nowhere at all."""

import io
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from webinar_hub.core.db import db
from webinar_hub.models import Drop, DropMaterial, Material, MaterialVersion

LIBRARY = "/studio/webinars/baby-massage/materials"
PDF = b"%PDF-1.7\n" + b"words " * 500
LIMIT = 100_000
"""Bytes that a file may have."""

EVERYWHERE = pytest.mark.parametrize("place", ["local", "s3"], indirect=True)


def rows(app: Flask, model: type[Any], **wanted: Any) -> list[Any]:
    with app.app_context():
        return list(db.session.scalars(select(model).filter_by(**wanted)))


def drop_of(app: Flask, key: str = "sheet") -> Drop:
    (drop,) = rows(app, Drop, key=key)
    return drop


def in_order(app: Flask, key: str = "sheet") -> list[str]:
    with app.app_context():
        return list(
            db.session.scalars(
                select(Material.key)
                .join(DropMaterial, DropMaterial.material_id == Material.id)
                .join(Drop, Drop.id == DropMaterial.drop_id)
                .where(Drop.key == key)
                .order_by(DropMaterial.position)
            )
        )


def send(client: FlaskClient, csrf: str, content: bytes, name: str = "sheet.pdf", **query: str) -> TestResponse:
    return client.post(
        f"{LIBRARY}/files", query_string={"name": name} | query, headers={"X-CSRFToken": csrf}, data=content
    )


def stream(
    client: FlaskClient, csrf: str, source: Any, length: int | None, *, tells_its_end: bool = False
) -> TestResponse:
    """Send what does not lie in memory; without a `length` as chunks, whose reader `tells_its_end`."""
    body = {"wsgi.input": source, "wsgi.input_terminated": tells_its_end}
    body |= {} if length is None else {"CONTENT_LENGTH": str(length)}
    query, headers = {"name": "sheet.pdf"}, {"X-CSRFToken": csrf}
    return client.post(f"{LIBRARY}/files", query_string=query, headers=headers, environ_overrides=body)


def versions(app: Flask, title: str) -> list[MaterialVersion]:
    (material,) = rows(app, Material, title=title)
    return sorted(rows(app, MaterialVersion, material_id=material.id), key=lambda row: row.number)


@EVERYWHERE
class Endless(io.RawIOBase):
    """5 GB that nobody has to have; `given` is how much of it was read."""

    def __init__(self, size: int = 5_000_000_000) -> None:
        self.given, self._left = 0, size

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        count = min(len(buffer), self._left)
        buffer[:count] = (b"%PDF-" + b"x" * count)[:count] if not self.given else b"x" * count
        self.given += count
        self._left -= count
        return count
