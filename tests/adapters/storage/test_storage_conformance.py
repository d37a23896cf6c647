"""What every place for files must do alike: keep whole files, refuse the rest, and serve them over HTTP."""

import hashlib
import io
import re
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO

import flask
import pytest
from flask.testing import FlaskClient
from sample_files import SAMPLES, zipped
from werkzeug.test import TestResponse

from webinar_hub.adapters.storage import Storage, StoredFile, UnacceptableFile
from webinar_hub.adapters.storage.local import LocalStorage

CONTENT = b"%PDF-1.7\n" + bytes(range(256)) * 40


class BreakingSource(io.BytesIO):
    """Breaks after the first piece, as an upload does when the person closes the page."""

    def read(self, size: int | None = -1, /) -> bytes:
        if self.tell():
            raise ConnectionResetError("upload ended")
        return super().read(100)


@pytest.fixture(params=["local", "s3 by its role"])
def storage(request: pytest.FixtureRequest, tmp_path: Path) -> Storage:
    """A place that answers with the file itself; test_s3_storage.py has what is sent elsewhere."""
    if request.param == "local":
        return LocalStorage(tmp_path / "files", largest=2_000_000)
    return request.getfixturevalue("s3_by_role")


@pytest.fixture
def left_behind(storage: Storage, tmp_path: Path, request: pytest.FixtureRequest):
    """The paths of everything that is kept."""
    if isinstance(storage, LocalStorage):
        return lambda: [path.relative_to(tmp_path / "files") for path in tmp_path.rglob("*") if path.is_file()]
    return request.getfixturevalue("s3_paths")


def put(storage: Storage, content: bytes = CONTENT, filename: str = "handout.pdf") -> StoredFile:
    return storage.put(io.BytesIO(content), filename=filename)


def read(storage: Storage, file: StoredFile) -> bytes:
    with storage.open(file.name) as handle:
        return handle.read()


def test_a_file_comes_back_as_it_went_in(storage) -> None:
    file = put(storage)
    assert read(storage, file) == CONTENT
    assert file.size == len(CONTENT)
    assert file.sha256 == hashlib.sha256(CONTENT).hexdigest()
    assert file.media_type == "application/pdf"


def test_a_file_larger_than_one_piece(storage) -> None:
    content = b"%PDF-" + bytes(1_999_995)
    file = put(storage, content)
    assert read(storage, file) == content
    assert file.sha256 == hashlib.sha256(content).hexdigest()


def test_names_are_generated_and_never_the_same(storage) -> None:
    names = {put(storage).name for _ in range(50)}
    assert len(names) == 50
    assert all(re.fullmatch(r"[a-z0-9]{32}", name) for name in names)


@pytest.mark.parametrize("extension", SAMPLES)
def test_accepted_types(storage, extension: str) -> None:
    file = put(storage, SAMPLES[extension], f"Something.{extension.upper()}")
    assert read(storage, file) == SAMPLES[extension]


@pytest.mark.parametrize("extension", SAMPLES)
def test_content_that_does_not_match_the_ending(storage, left_behind, extension: str) -> None:
    other = b"<!DOCTYPE html><script>alert(1)</script>"
    with pytest.raises(UnacceptableFile, match=f"ends in .{extension}"):
        put(storage, other, f"x.{extension}")
    assert left_behind() == []


@pytest.mark.parametrize(
    ("filename", "content"),
    [
        ("x.pdf", b" %PDF-1.7"),
        ("x.pdf", SAMPLES["png"]),
        ("x.docx", SAMPLES["xlsx"]),
        ("x.docx", zipped("other/document.xml")),
        ("x.epub", SAMPLES["zip"]),
        ("x.zip", b"MZ\x90\0"),
        ("x.mp4", b"GIF89a"),
        ("x.txt", b"a\0b"),
        ("x.txt", b"\n\n <svg onload=alert(1)>"),
        ("x.csv", b"<?xml version='1.0'?><svg/>"),
    ],
)
def test_content_that_only_looks_right(storage, filename: str, content: bytes) -> None:
    with pytest.raises(UnacceptableFile):
        put(storage, content, filename)


@pytest.mark.parametrize(
    "filename",
    [
        "x.html",
        "x.svg",
        "x.js",
        "x.exe",
        "x.pdf.html",
        "x.xhtml",
        "pdf",
        "",
        ".",
        "x.",
        "x.pdf/../y.html",
        "x.pdf\0.html",
    ],
)
def test_types_that_are_not_on_the_list(storage, left_behind, filename: str) -> None:
    with pytest.raises(UnacceptableFile, match="not accepted"):
        put(storage, CONTENT, filename)
    assert left_behind() == []


@pytest.mark.parametrize(
    "filename",
    [
        "../../x.pdf",
        "/etc/x.pdf",
        "a\0.pdf",
        "CON.pdf",
        "x" * 300 + ".pdf",
        "x\u202e.pdf",
        "C:\\x.pdf",
        "x.pdf ",
        "x.pdf\u202c",
    ],
)
def test_names_people_give_reach_no_path(storage, left_behind, filename: str) -> None:
    file = put(storage, CONTENT, filename)
    assert read(storage, file) == CONTENT
    assert left_behind() == [Path(file.name[:2], file.name)]


def test_nothing_and_too_much_are_refused(storage, left_behind) -> None:
    with pytest.raises(UnacceptableFile, match="empty"):
        put(storage, b"")
    with pytest.raises(UnacceptableFile, match="larger than 2 MB"):
        put(storage, b"%PDF-" + bytes(2_000_000))
    assert left_behind() == []


def test_an_upload_that_breaks_off_leaves_nothing(storage, left_behind) -> None:
    with pytest.raises(ConnectionResetError):
        storage.put(BreakingSource(CONTENT), filename="x.pdf")
    assert left_behind() == []


@pytest.mark.parametrize("name", ["0" * 32, "", "../../etc/passwd", "A" * 32, "a" * 31, "/" * 32, "a" * 32 + "\n"])
def test_a_file_that_is_not_there(storage, name: str) -> None:
    with pytest.raises(FileNotFoundError):
        storage.open(name)


def test_deleting(storage) -> None:
    file = put(storage)
    storage.delete(file.name)
    storage.delete(file.name)
    with pytest.raises(FileNotFoundError):
        storage.open(file.name)


def ask(client: FlaskClient, method: str = "GET", headers: dict[str, str] | None = None) -> TestResponse:
    # buffered: the answer is closed as a server closes it, so that a file left open is a warning, and red.
    return client.open("/file", method=method, headers=headers, buffered=True)


@pytest.fixture
def served(storage: Storage) -> Iterator[tuple[FlaskClient, StoredFile]]:
    app = flask.Flask("files")
    file = put(storage)

    @app.get("/file")
    def download() -> flask.Response:
        return storage.response(file, download_name="Übung – Woche 1.pdf")

    with app.test_client() as client:
        yield client, file


def test_the_whole_file_is_served(served) -> None:
    client, file = served
    answer = ask(client)
    assert (answer.status_code, answer.data) == (200, CONTENT)
    assert answer.headers["Content-Type"] == "application/pdf"
    assert answer.headers["Content-Length"] == str(file.size)
    assert answer.headers["Accept-Ranges"] == "bytes"
    assert answer.headers["ETag"] == f'"{file.sha256}"'
    assert answer.headers["Cache-Control"] == "private, no-cache"


def test_head_says_the_same_without_the_body(served) -> None:
    client, file = served
    answer = ask(client, method="HEAD")
    assert (answer.status_code, answer.data) == (200, b"")
    assert answer.headers["Content-Length"] == str(file.size)


@pytest.mark.parametrize(
    ("asked", "start", "stop"),
    [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-20", -20, None), ("bytes=0-999999", 0, None)],
)
def test_a_part_is_served(served, asked: str, start: int, stop: int | None) -> None:
    client, file = served
    answer = ask(client, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (206, CONTENT[start:stop])
    first = start % file.size
    last = first + len(answer.data) - 1
    assert answer.headers["Content-Range"] == f"bytes {first}-{last}/{file.size}"
    assert answer.headers["Content-Length"] == str(len(answer.data))


@pytest.mark.parametrize("asked", ["bytes=0-1,4-5", "lines=1-2", "bytes=x", "bytes=9-1"])
def test_a_range_that_is_not_understood_is_answered_with_the_whole(served, asked: str) -> None:
    client, _ = served
    answer = ask(client, headers={"Range": asked})
    assert (answer.status_code, answer.data) == (200, CONTENT)


def test_a_part_behind_the_end_is_not_there(served) -> None:
    client, file = served
    answer = ask(client, headers={"Range": f"bytes={file.size}-"})
    assert answer.status_code == 416
    assert answer.headers["Content-Range"] == f"bytes */{file.size}"


def test_a_reader_that_has_the_file_is_told_so(served) -> None:
    client, file = served
    answer = ask(client, headers={"If-None-Match": f'"{file.sha256}"'})
    assert (answer.status_code, answer.data) == (304, b"")
    assert answer.headers["ETag"] == f'"{file.sha256}"'
    assert ask(client, headers={"If-None-Match": '"other"'}).status_code == 200


def test_a_part_of_another_version_is_not_mixed_in(served) -> None:
    client, file = served
    same = ask(client, headers={"Range": "bytes=0-9", "If-Range": f'"{file.sha256}"'})
    other = ask(client, headers={"Range": "bytes=0-9", "If-Range": '"other"'})
    assert (same.status_code, other.status_code) == (206, 200)
    assert other.data == CONTENT


@pytest.mark.parametrize("headers", [{}, {"Range": "bytes=0-9"}, {"Range": "bytes=99999999-"}])
def test_every_answer_is_a_harmless_download(served, headers: dict[str, str]) -> None:
    client, _ = served
    answer = ask(client, headers=headers)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Content-Security-Policy"] == "sandbox; default-src 'none'"
    assert answer.headers["Content-Disposition"] == (
        "attachment; filename=\"Ubung Woche 1.pdf\"; filename*=UTF-8''%C3%9Cbung%20%E2%80%93%20Woche%201.pdf"
    )


def test_a_polyglot_is_served_as_the_type_it_was_taken_for(storage) -> None:
    content = b"%PDF-1.7\n<script>alert(1)</script>"
    file = put(storage, content)
    with flask.Flask("files").test_request_context("/file"):
        answer = storage.response(file, download_name="x.html.pdf")
        assert answer.headers["Content-Type"] == "application/pdf"
        assert answer.headers["Content-Disposition"].startswith("attachment;")
        answer.close()


def test_a_missing_file_is_said_to_be_missing(storage) -> None:
    file = put(storage)
    storage.delete(file.name)
    with flask.Flask("files").test_request_context("/file"), pytest.raises(FileNotFoundError):
        storage.response(file, download_name="x.pdf")


def test_the_source_need_not_give_all_at_once(storage) -> None:
    class Dribbling(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            return super().read(7)

    source: BinaryIO = Dribbling(SAMPLES["epub"])
    file = storage.put(source, filename="book.epub")
    assert read(storage, file) == SAMPLES["epub"]
