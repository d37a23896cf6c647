"""Files that come into the library: kept whole or not at all, and refused before much of them was read."""

import errno
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from time_machine import Traveller
from werkzeug.test import TestResponse

from tests.loopback_s3 import KEY as S3_KEY
from tests.loopback_s3 import S3, SECRET, new_bucket, serving_s3
from tests.studio.staff import given_staff, signed_in
from tests.studio.test_materials import drop_of, in_order, rows
from tests.web.visiting import token
from webinar_hub.adapters.storage import StorageAway
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.models import AuditEntry, DropMaterial, LooseFile, Material, MaterialVersion
from webinar_hub.rules.staff import Role
from webinar_hub.worker.tidying import remove_loose_files

LIBRARY = "/studio/webinars/baby-massage/materials"
PDF = b"%PDF-1.7\n" + b"words " * 500
LIMIT = 100_000


@pytest.fixture(scope="module")
def s3_server() -> Iterator[str]:
    with serving_s3() as address:
        yield address


@pytest.fixture
def s3(s3_server: str) -> Iterator[S3]:
    with new_bucket(s3_server) as bucket:
        yield bucket


@pytest.fixture
def place(request: pytest.FixtureRequest) -> str:
    """Where files lie; a test marked `EVERYWHERE` runs for both."""
    return getattr(request, "param", "local")


EVERYWHERE = pytest.mark.parametrize("place", ["local", "s3"], indirect=True)


@pytest.fixture
def settings(settings: Settings, place: str, request: pytest.FixtureRequest) -> Settings:
    changes: dict[str, Any] = {"upload_limit": LIMIT}
    if place == "s3":
        bucket: S3 = request.getfixturevalue("s3")
        changes |= {"materials": bucket.setting, "s3_key": S3_KEY, "s3_secret": SECRET}
    return settings.model_copy(update=changes)


@pytest.fixture
def kept(settings: Settings, request: pytest.FixtureRequest) -> Any:
    """The names of the files that lie in storage."""
    if settings.materials:
        return lambda: sorted(path.name for path in request.getfixturevalue("s3").paths())
    folder = settings.materials_folder
    return lambda: sorted(path.name for path in folder.rglob("*") if path.is_file())


@pytest.fixture
def csrf(owner: FlaskClient, cohort: str) -> str:
    return token(owner.get(LIBRARY))


def send(client: FlaskClient, csrf: str, content: bytes, name: str = "sheet.pdf", **query: str) -> TestResponse:
    return client.post(
        f"{LIBRARY}/files", query_string={"name": name} | query, headers={"X-CSRFToken": csrf}, data=content
    )


def stream(client: FlaskClient, csrf: str, source: Any, length: int | None) -> TestResponse:
    """Send what does not lie in memory; without a `length` the end is where it ends, as in chunks."""
    body = {"wsgi.input": source}
    body |= {"wsgi.input_terminated": True} if length is None else {"CONTENT_LENGTH": str(length)}
    query, headers = {"name": "sheet.pdf"}, {"X-CSRFToken": csrf}
    return client.post(f"{LIBRARY}/files", query_string=query, headers=headers, environ_overrides=body)


def versions(app: Flask, title: str) -> list[MaterialVersion]:
    (material,) = rows(app, Material, title=title)
    return sorted(rows(app, MaterialVersion, material_id=material.id), key=lambda row: row.number)


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
    answer = stream(owner, csrf, file, None)
    assert answer.status_code == 413
    assert 0 < file.given <= 2 * LIMIT + (1 << 20)
    assert kept() == before
    assert rows(app, LooseFile) == []


@EVERYWHERE
def test_a_connection_that_breaks_leaves_nothing(app: Flask, owner: FlaskClient, csrf: str, kept: Any) -> None:
    before = kept()
    answer = stream(owner, csrf, io.BytesIO(PDF[:1000]), len(PDF))
    assert answer.status_code == 400
    assert "Nothing was kept" in (answer.json or {})["message"]
    assert (kept(), rows(app, LooseFile)) == (before, [])


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


class TestVersions:
    def sheet(self, app: Flask) -> str:
        return f"{LIBRARY}/{rows(app, Material, key='sheet')[0].id}"

    def replace(
        self, app: Flask, owner: FlaskClient, csrf: str, content: bytes, name: str = "sheet.txt"
    ) -> TestResponse:
        material = self.sheet(app).rpartition("/")[2]
        return send(owner, csrf, content, name, material=material)

    @EVERYWHERE
    def test_a_new_version_takes_its_place_and_the_old_one_stays(
        self, app: Flask, owner: FlaskClient, csrf: str
    ) -> None:
        assert self.replace(app, owner, csrf, b"Colder hands.\n").json == {
            "message": "Version 2 is what people get from now on."
        }
        page = owner.get(self.sheet(app)).text
        assert page.index("Version 2") < page.index("what people get</span>") < page.index("Version 1")
        assert "Colder hands." in page
        assert "Mara Lind" in page
        assert "Warm hands first." in self.read(app, owner, 1)
        assert "Colder hands." in self.read(app, owner, 2)

    def read(self, app: Flask, owner: FlaskClient, number: int) -> str:
        (version,) = [row for row in versions(app, "The sheet") if row.number == number]
        with app.app_context(), app.extensions["storage"].open(version.stored_name) as handle:
            text: str = handle.read().decode()
        return text

    def test_the_same_file_again_is_no_new_version(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        answer = self.replace(app, owner, csrf, b"Colder hands.\n")
        assert answer.status_code == 409
        assert len(versions(app, "The sheet")) == 2

    def test_going_back_is_a_version_of_its_own(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        answer = owner.post(f"{self.sheet(app)}/versions/1", data={"csrf_token": csrf})
        assert answer.status_code == 303
        first, _, third = versions(app, "The sheet")
        assert (third.number, third.stored_name, third.sha256) == (3, first.stored_name, first.sha256)
        assert owner.post(f"{self.sheet(app)}/versions/3", data={"csrf_token": csrf}).status_code == 409
        assert owner.post(f"{self.sheet(app)}/versions/9", data={"csrf_token": csrf}).status_code == 404
        (entry,) = rows(app, AuditEntry, action="material.went_back")
        assert entry.detail["after"]["same_as"] == 1

    @EVERYWHERE
    def test_deleting_takes_every_file_with_it_a_day_later(
        self, app: Flask, owner: FlaskClient, csrf: str, kept: Any, travel: Traveller
    ) -> None:
        self.replace(app, owner, csrf, b"Colder hands.\n")
        owner.post(f"{self.sheet(app)}/versions/1", data={"csrf_token": csrf})
        page = self.sheet(app)
        assert "in use" in owner.get(f"{page}/delete").text
        refused = owner.post(f"{page}/delete", data={"csrf_token": csrf})
        assert refused.status_code == 409
        assert "“A sheet for parents” (Tuesday evenings)" in refused.text
        place = f"/studio/cohorts/january/materials/{drop_of(app).public_id}"
        owner.post(f"{place}/{page.rpartition('/')[2]}/take-out", data={"csrf_token": csrf})
        assert "lost for good" in owner.get(f"{page}/delete").text
        assert owner.post(f"{page}/delete", data={"csrf_token": csrf}).status_code == 303
        assert owner.get(page).status_code == 404
        assert len(kept()) == 2
        travel.shift(timedelta(days=1, seconds=1))
        with app.app_context():
            assert remove_loose_files(app.extensions["storage"]) == 2
        assert kept() == []

    def test_what_somebody_took_stays(self, app: Flask, owner: FlaskClient, csrf: str, cohort: str) -> None:
        from tests.building import sign_up
        from webinar_hub.models import Download

        sign_up(app, cohort)
        page = self.sheet(app)
        with app.app_context(), transaction():
            moment = rows(app, MaterialVersion)[0].created_at
            db.session.add(Download(registration_id=1, drop_id=1, material_version_id=1, downloaded_at=moment))
        place = f"/studio/cohorts/january/materials/{drop_of(app).public_id}"
        owner.post(f"{place}/{page.rpartition('/')[2]}/take-out", data={"csrf_token": csrf})
        assert "stays" in owner.get(f"{page}/delete").text
        assert owner.post(f"{page}/delete", data={"csrf_token": csrf}).status_code == 409

    def test_words_are_changed_and_the_second_of_two_is_told(
        self, app: Flask, owner: FlaskClient, csrf: str
    ) -> None:
        data = {"csrf_token": csrf, "version": "1", "title": "Mine", "description": "One page."}
        assert owner.post(self.sheet(app), data=data).status_code == 303
        answer = owner.post(self.sheet(app), data=data | {"title": "Hers"})
        assert answer.status_code == 409
        assert "Stored by now" in answer.text
        assert 'value="Hers"' in answer.text
        (entry,) = rows(app, AuditEntry, action="material.described")
        assert (entry.detail["before"]["title"], entry.detail["after"]["title"]) == ("The sheet", "Mine")


class TestLooking:
    def uploaded(self, app: Flask, owner: FlaskClient, csrf: str, content: bytes, name: str) -> str:
        assert send(owner, csrf, content, name).status_code == 200
        material = max(row.id for row in rows(app, Material))
        return f"{LIBRARY}/{material}/versions/1/view"

    @EVERYWHERE
    def test_a_picture_is_shown_in_a_sandbox(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        view = self.uploaded(app, owner, csrf, b"\x89PNG\r\n\x1a\n" + b"0" * 100, "photo.png")
        answer = owner.get(view, buffered=True)
        assert answer.mimetype == "image/png"
        assert answer.headers["Content-Disposition"].startswith("inline")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Content-Security-Policy"].startswith("sandbox; default-src 'none'")
        assert answer.headers["Cache-Control"].startswith("private")

    def test_a_pdf_may_load_nothing(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = owner.get(self.uploaded(app, owner, csrf, PDF, "a.pdf"), buffered=True)
        assert answer.mimetype == "application/pdf"
        assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
        assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]

    def test_a_text_is_only_ever_words_on_its_page(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        view = self.uploaded(app, owner, csrf, b"Notes\n<script>alert(1)</script>", "notes.txt")
        assert owner.get(view).status_code == 404
        page = owner.get(view.removesuffix("/versions/1/view")).text
        assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page


class TestWithoutScripts:
    def press(self, owner: FlaskClient, csrf: str, *files: tuple[bytes, str], **query: str) -> TestResponse:
        return owner.post(
            f"{LIBRARY}/upload",
            query_string={"csrf_token": csrf} | query,
            data={"files": [(io.BytesIO(content), name) for content, name in files]},
        )

    def test_several_files_come_in_at_once(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = self.press(owner, csrf, (PDF, "one.pdf"), (PDF + b"2", "two.pdf"))
        assert (answer.status_code, answer.location) == (303, LIBRARY)
        assert {"one", "two"} <= {row.title for row in rows(app, Material)}
        assert "“two” is in the library." in owner.get(LIBRARY).text

    def test_each_is_kept_or_refused_by_itself(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        answer = self.press(owner, csrf, (PDF, "one.pdf"), (b"<svg/>", "two.svg"))
        assert answer.status_code == 422
        assert "two: This kind of file is not accepted" in answer.text
        assert "one" in {row.title for row in rows(app, Material)}

    def test_too_much_at_once_and_nothing_at_all(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        huge = (PDF + b"x" * LIMIT, "one.pdf")
        assert self.press(owner, csrf, huge, huge).status_code == 413
        answer = self.press(owner, csrf)
        assert answer.status_code == 422
        assert "Choose a file first" in answer.text
        assert len(rows(app, Material)) == 2

    def test_the_token_stands_in_the_query(self, app: Flask, owner: FlaskClient, csrf: str) -> None:
        assert self.press(owner, "wrong", (PDF, "one.pdf")).status_code == 400
        assert len(rows(app, Material)) == 2


def test_a_link_is_a_material_too(app: Flask, owner: FlaskClient, csrf: str) -> None:
    data = {"csrf_token": csrf, "title": "A film", "description": "", "link": "https://films.example/1"}
    assert owner.post(f"{LIBRARY}/link", data=data).status_code == 303
    (material,) = rows(app, Material, title="A film")
    assert material.link == "https://films.example/1"
    for wrong in ("javascript:alert(1)", "films", "https://me:secret@films.example", ""):
        answer = owner.post(f"{LIBRARY}/link", data=data | {"link": wrong})
        assert answer.status_code == 422
        assert 'value="A film"' in answer.text


@pytest.mark.parametrize("number", [1, 3, 300])
def test_the_library_costs_the_same_however_much_there_is(
    app: Flask, owner: FlaskClient, cohort: str, number: int
) -> None:
    from tests.counting import counting

    with app.app_context(), transaction():
        moment = rows(app, MaterialVersion)[0].created_at
        for index in range(number):
            material = Material(webinar_id=1, key=f"m{index}", title=f"M{index}")
            db.session.add(material)
            db.session.flush()
            for version in (1, 2):
                db.session.add(
                    MaterialVersion(
                        material_id=material.id, number=version, stored_name=f"{index:032}", extension="pdf",
                        media_type="application/pdf", size=1, sha256="", source_sha256="", created_at=moment,
                    )
                )  # fmt: skip
    with counting(app) as counted:
        assert owner.get(LIBRARY).status_code == 200
    assert len(counted) <= 7, counted


def test_the_path_of_a_file_is_never_what_somebody_typed(app: Flask, cohort: str, settings: Settings) -> None:
    assert not (settings.data_folder / "materials" / "x.pdf").exists()
    assert all(Path(row.stored_name).name == row.stored_name for row in rows(app, MaterialVersion))
