"""Names under which browsers save: readable, whole, and harmless on every system."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from werkzeug.http import parse_options_header

from webinar_hub.adapters.storage.download_name import attachment_header, safe_download_name


@pytest.mark.parametrize(
    ("title", "extension", "name"),
    [
        ("Week 1: Touch & trust", "pdf", "Week 1 Touch & trust.pdf"),
        ("Übung – Woche 1", ".PDF", "Übung – Woche 1.pdf"),
        ("handout.pdf", "pdf", "handout.pdf"),
        ("../../etc/passwd", "pdf", "etc passwd.pdf"),
        ("a\0b\r\nc\td", "pdf", "a b c d.pdf"),
        ("invoice\u202efdp.exe", "pdf", "invoicefdp.exe.pdf"),
        ("CON", "pdf", "_CON.pdf"),
        ("com1.backup", "zip", "_com1.backup.zip"),
        ("Concert", "mp3", "Concert.mp3"),
        ("  . hidden . ", "txt", "hidden.txt"),
        ("", "pdf", "download.pdf"),
        ("\u200b\ufeff", "pdf", "download.pdf"),
        ("x" * 300, "pdf", "x" * 120 + ".pdf"),
        ("音" * 300, "pdf", "音" * 66 + ".pdf"),
        ("x", 'p/d"f', "x.pdf"),
    ],
)
def test_titles_become_names(title: str, extension: str, name: str) -> None:
    assert safe_download_name(title, extension) == name


@given(st.text(max_size=300), st.sampled_from(["pdf", "docx", ""]))
def test_any_title_becomes_a_name_every_system_takes(title: str, extension: str) -> None:
    name = safe_download_name(title, extension)
    assert 1 <= len(name.encode()) <= 255
    assert not set(name) & set('\\/:*?"<>|\r\n\0')
    assert not any(unicodedata.category(letter)[0] == "C" for letter in name)
    assert name == name.strip(". ")


@given(st.text(max_size=80))
def test_the_header_carries_any_name_in_ascii_and_whole(title: str) -> None:
    name = safe_download_name(title, "pdf")
    header = attachment_header(name)
    assert header.isascii()
    assert header.isprintable()
    kind, options = parse_options_header(header)
    assert (kind, options["filename"]) == ("attachment", name)
    plain = header.split('"')[1]
    assert plain.endswith(".pdf")
    assert len(plain) > 4


def test_old_readers_get_a_name_too() -> None:
    assert attachment_header("plain.pdf") == 'attachment; filename="plain.pdf"'
    assert attachment_header("音.pdf").startswith(
        "attachment; filename=\"download.pdf\"; filename*=UTF-8''%E9%9F%B3"
    )
