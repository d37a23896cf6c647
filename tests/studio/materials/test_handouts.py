"""Hand-outs written in the studio: looked at, kept, changed, and never with a page half printed."""

from flask import Flask
from flask.testing import FlaskClient

from tests.studio.materials.library import LIBRARY, rows, versions
from webinar_hub.models import HandoutText, Material, MaterialVersion

NEW = f"{LIBRARY}/handout"


def data(csrf: str, **changes: str) -> dict[str, str]:
    return {
        "csrf_token": csrf,
        "title": "Quiet hour",
        "text": "# Before\r\n\r\n- [ ] warm hands",
        "do": "keep",
    } | changes


def test_it_is_looked_at_before_anything_is_kept(app: Flask, owner: FlaskClient, csrf: str) -> None:
    answer = owner.post(NEW, data=data(csrf, do="look"), buffered=True)
    assert answer.mimetype == "application/pdf"
    assert answer.data.startswith(b"%PDF-")
    assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    assert len(rows(app, Material)) == 2


def test_it_is_kept_as_a_pdf_with_the_words_it_was_made_from(app: Flask, owner: FlaskClient, csrf: str) -> None:
    answer = owner.post(NEW, data=data(csrf))
    assert answer.status_code == 303
    (version,) = versions(app, "Quiet hour")
    assert (version.media_type, version.extension) == ("application/pdf", "pdf")
    assert "Change its text" in owner.get(answer.location).text
    page = owner.get(f"{answer.location}/handout").text
    assert "# Before\n\n- [ ] warm hands" in page


def test_a_changed_text_is_a_new_version_and_going_back_brings_the_text_back(
    app: Flask, owner: FlaskClient, csrf: str
) -> None:
    material = owner.post(NEW, data=data(csrf)).location
    assert owner.post(f"{material}/handout", data=data(csrf, text="Colder hands.")).status_code == 303
    assert owner.post(f"{material}/handout", data=data(csrf, text="Colder hands.")).status_code == 409
    assert len(versions(app, "Quiet hour")) == 2
    owner.post(f"{material}/versions/1", data={"csrf_token": csrf})
    assert "warm hands" in owner.get(f"{material}/handout").text
    assert len(rows(app, HandoutText)) == 3


def test_what_cannot_be_printed_is_said_and_nothing_is_lost(app: Flask, owner: FlaskClient, csrf: str) -> None:
    for changes, words in (
        ({"text": " "}, "Write the text"),
        ({"title": ""}, "Write a title"),
        ({"text": "x" * 20_001}, "20,001 characters"),
        ({"text": "*a " * 150 + "b" + "*" * 150}, "nested too deeply"),
    ):
        answer = owner.post(NEW, data=data(csrf, **changes))
        assert answer.status_code == 422, changes
        assert words in answer.text
    assert len(rows(app, MaterialVersion)) == 1


def test_a_file_that_was_not_written_here_has_no_text(app: Flask, owner: FlaskClient, csrf: str) -> None:
    material = rows(app, Material, key="sheet")[0].id
    assert owner.get(f"{LIBRARY}/{material}/handout").status_code == 404
    assert "Change its text" not in owner.get(f"{LIBRARY}/{material}").text
