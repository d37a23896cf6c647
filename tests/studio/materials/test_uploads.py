"""Files that come into the library: kept whole or not at all, and refused before much of them was read."""

import errno
import io
from datetime import timedelta
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller

from tests.studio.materials.library import (
    EVERYWHERE,
    LIBRARY,
    LIMIT,
    PDF,
    Endless,
    drop_of,
    in_order,
    rows,
    send,
    stream,
    versions,
)
from tests.studio.staff import given_staff, signed_in
from tests.web.visiting import token
from webinar_hub.adapters.storage import StorageAway, new_name
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, DropMaterial, LooseFile, Material
from webinar_hub.rules.staff import Role
from webinar_hub.services import materials
from webinar_hub.worker.tidying import remove_loose_files


@EVERYWHERE
def test_a_file_comes_in_and_is_what_it_was(app: Flask, owner: FlaskClient, csrf: str, kept: Any) -> None:
    before = len(kept())
    answer = send(owner, csrf, PDF, "Warm_hands first.PDF")
    assert (answer.status_code, answer.json) == (200, {"message": "“Warm hands first” is in the library."})
    (version,) = versions(app, "Warm hands first")
    assert (version.size, version.extension, version.media_type) == (len(PDF), "pdf", "application/pdf")
    assert version.added_by.startswith("organizer:")
    assert len(kept()) == before + 1
    with app.app_context(), app.extensions["storage"].open(version.stored_name) as handle:
        assert handle.read() == PDF
    assert rows(app, LooseFile) == []
    (entry,) = rows(app, AuditEntry, action="material.added")
    assert entry.detail["after"]["sha256"] == version.sha256


def test_more_than_a_form_may_have_comes_in(app: Flask, owner: FlaskClient, csrf: str) -> None:
    assert send(owner, csrf, PDF + b"x" * 80_000).status_code == 200
    assert owner.post("/studio/webinars/baby-massage/materials/link", data={"t": "x" * 80_000}).status_code == 413


def test_it_can_go_straight_into_a_bonus(app: Flask, owner: FlaskClient, csrf: str) -> None:
    place = {"cohort": "january", "drop": drop_of(app).public_id}
    answer = send(owner, csrf, PDF, "More.pdf", **place)
    assert answer.json == {"message": "“More” is in the library and in this bonus."}
    assert in_order(app) == ["sheet", "more"]


def test_a_bonus_of_another_webinar_is_out_of_reach(app: Flask, owner: FlaskClient, csrf: str, kept: Any) -> None:
    with app.app_context(), transaction():
        from webinar_hub.models import Cohort, Webinar

        cohort = db.session.scalars(select(Cohort)).one()
        other = Webinar(slug="o", title="O", summary="", description="", credit="", created_at=cohort.created_at)
        db.session.add(other)
        db.session.flush()
        cohort.webinar_id = other.id
    before = len(rows(app, Material))
    answer = send(owner, csrf, PDF, cohort="january", drop=drop_of(app).public_id)
    assert answer.status_code == 404
    assert len(rows(app, Material)) == before
    assert len(rows(app, DropMaterial)) == 2


@pytest.mark.parametrize(
    ("name", "content", "words"),
    [
        ("empty.pdf", b"", "The file is empty"),
        ("page.html", b"<!doctype html><script>alert(1)</script>", "This kind of file is not accepted"),
        ("drawing.svg", b"<svg xmlns='http://www.w3.org/2000/svg'/>", "This kind of file is not accepted"),
        ("run.js", b"alert(1)", "This kind of file is not accepted"),
        ("no-ending", PDF, "This kind of file is not accepted"),
        ("", PDF, "This kind of file is not accepted"),
        ("not.pdf", b"GIF89a<script>", "its content is something else"),
        ("page.txt", b"<html><script>alert(1)</script>", "its content is something else"),
        ("photo.png", PDF, "its content is something else"),
    ],
)
def test_what_is_not_accepted_leaves_nothing(
    app: Flask, owner: FlaskClient, csrf: str, kept: Any, name: str, content: bytes, words: str
) -> None:
    before = kept(), len(rows(app, Material))
    answer = send(owner, csrf, content, name)
    assert answer.status_code == 422
    assert words in (answer.json or {})["message"]
    assert (kept(), len(rows(app, Material))) == before
    assert rows(app, LooseFile) == []


@pytest.mark.parametrize(
    ("name", "title"),
    [
        ("../../etc/x.pdf", "x"),
        ("C:\\Users\\mara\\Sheet one.pdf", "Sheet one"),
        ("a\0b.pdf", "a b"),
        ("CON.pdf", "CON"),
        ("‮fdp.exe.pdf", "fdp.exe"),
        ("<script>alert(1)</script>.pdf", "script>"),
        (f"{'x' * 300}.pdf", "x" * 200),
        (".pdf", "pdf"),
        ("a\r\nSet-Cookie: b=c.pdf", "a Set-Cookie: b=c"),
    ],
)
def test_hostile_names_are_only_words(app: Flask, owner: FlaskClient, csrf: str, name: str, title: str) -> None:
    assert send(owner, csrf, PDF, name).status_code == 200
    (material,) = [row for row in rows(app, Material) if row.key not in ("sheet", "gift")]
    assert material.title == title
    page = owner.get(f"{LIBRARY}/{material.id}")
    assert "<script>alert" not in page.text
    answer = owner.get(f"{LIBRARY}/{material.id}/versions/1/file", buffered=True)
    if answer.status_code == 200:
        assert answer.headers["Content-Disposition"].startswith("attachment")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "sandbox" in answer.headers["Content-Security-Policy"]
    else:
        assert answer.status_code == 303


@EVERYWHERE
def test_five_gigabytes_that_say_so_are_refused_unread(
    app: Flask, owner: FlaskClient, csrf: str, kept: Any
) -> None:
    before, file = kept(), Endless()
    answer = stream(owner, csrf, file, 5_000_000_000)
    assert answer.status_code == 413
    assert "100 kB at most" in (answer.json or {})["message"]
    assert answer.headers["Connection"] == "close"
    assert file.given == 0
    assert kept() == before


@EVERYWHERE
def test_five_gigabytes_that_say_nothing_are_stopped_at_the_limit(
    app: Flask, owner: FlaskClient, csrf: str, kept: Any
) -> None:
    before, file = kept(), Endless()
    answer = stream(owner, csrf, file, None, tells_its_end=True)
    assert answer.status_code == 413
    assert 0 < file.given <= 2 * LIMIT + (1 << 20)
    assert kept() == before
    assert rows(app, LooseFile) == []


class Breaking(Endless):
    """Ends in the middle, by an error, as a body in chunks does."""

    def readinto(self, buffer: Any, /) -> int:
        if self.given:
            raise OSError("No more data after: b''")
        return super().readinto(memoryview(buffer)[:100])


@EVERYWHERE
@pytest.mark.parametrize(
    ("source", "length", "tells_its_end"),
    [
        (lambda: io.BytesIO(PDF[:1000]), len(PDF), False),
        # gunicorn's reader has an end of its own, and a broken connection looks just like it.
        (lambda: io.BytesIO(PDF[:1000]), len(PDF), True),
        (Breaking, len(PDF), False),
        (Breaking, None, True),
    ],
)
def test_a_connection_that_breaks_leaves_nothing(
    app: Flask,
    owner: FlaskClient,
    csrf: str,
    kept: Any,
    source: Any,
    length: int | None,
    tells_its_end: bool,
) -> None:
    before = kept(), len(rows(app, Material))
    answer = stream(owner, csrf, source(), length, tells_its_end=tells_its_end)
    assert answer.status_code == 400
    assert "did not arrive whole. Nothing was kept" in (answer.json or {})["message"]
    assert (kept(), len(rows(app, Material))) == before
    assert rows(app, LooseFile) == []


@pytest.mark.parametrize("token_sent", ["", "wrong"])
def test_without_the_token_nothing_is_read(
    app: Flask, owner: FlaskClient, csrf: str, kept: Any, token_sent: str
) -> None:
    before, file = kept(), Endless(10_000)
    answer = stream(owner, token_sent, file, 10_000)
    assert answer.status_code == 400
    assert file.given == 0
    assert kept() == before


def test_who_may_not_change_anything_is_refused_unread(app: Flask, cohort: str) -> None:
    reader = signed_in(app, given_staff(app, Role.READER, email="r@x.example"))
    file, csrf = Endless(10_000), token(reader.get("/studio/webinars"))
    answer = stream(reader, csrf, file, 10_000)
    assert (answer.status_code, file.given) == (403, 0)
    stranger = app.test_client()
    assert stream(stranger, "", file, 10_000).status_code == 303
    assert file.given == 0


@pytest.mark.parametrize(
    ("problem", "words"),
    [
        (OSError(errno.ENOSPC, "No space left on device"), "no room left"),
        (StorageAway("The bucket does not answer."), "does not answer"),
    ],
)
def test_a_place_that_is_full_or_away_is_said_so(
    app: Flask, owner: FlaskClient, csrf: str, monkeypatch: pytest.MonkeyPatch, problem: OSError, words: str
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise problem

    monkeypatch.setattr(type(app.extensions["storage"]), "put", refuse)
    answer = send(owner, csrf, PDF)
    assert answer.status_code == 503
    assert words in (answer.json or {})["message"]
    assert rows(app, LooseFile) == []
    assert len(rows(app, Material)) == 2


@EVERYWHERE
def test_a_file_whose_row_was_never_written_is_swept_up_a_day_later(
    app: Flask, owner: FlaskClient, csrf: str, kept: Any, travel: Traveller
) -> None:
    """The process dies, or the material is deleted, while the last byte comes in."""
    before = kept()
    answer = send(owner, csrf, PDF, material="999")
    assert answer.status_code == 404
    (loose,) = rows(app, LooseFile)
    assert sorted([*before, loose.stored_name]) == kept()
    with app.app_context():
        assert remove_loose_files(app.extensions["storage"]) == 0
        travel.shift(timedelta(days=1, seconds=1))
        assert remove_loose_files(app.extensions["storage"]) == 1
        assert remove_loose_files(app.extensions["storage"]) == 0
    assert (kept(), rows(app, LooseFile)) == (before, [])


def test_what_a_killed_process_had_taken_in_is_swept_up_too(
    app: Flask, cohort: str, kept: Any, settings: Settings, travel: Traveller
) -> None:
    name = new_name()
    with app.app_context(), transaction():
        materials.expect_file(name, now=clock.now())
    part = settings.materials_folder / name[:2] / f"{name}.part"
    part.parent.mkdir(exist_ok=True)
    part.write_bytes(PDF)
    travel.shift(timedelta(days=1, seconds=1))
    with app.app_context():
        assert remove_loose_files(app.extensions["storage"]) == 1
    assert not part.exists()


def test_the_sweep_waits_for_a_place_that_is_away(
    app: Flask, owner: FlaskClient, csrf: str, travel: Traveller, monkeypatch: pytest.MonkeyPatch
) -> None:
    send(owner, csrf, PDF, material="999")
    travel.shift(timedelta(days=2))

    def away(*_: object) -> None:
        raise StorageAway("The bucket does not answer.")

    with monkeypatch.context() as broken, app.app_context():
        broken.setattr(type(app.extensions["storage"]), "delete", away)
        assert remove_loose_files(app.extensions["storage"]) == 0
    assert len(rows(app, LooseFile)) == 1
