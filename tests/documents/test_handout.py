"""Hand-outs: real PDFs of the words that were written, whatever those words are."""

import re
import subprocess
import zlib
from importlib.resources import files
from pathlib import Path
from shutil import which

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.documents.handout import HandoutTooTangled, markdown_blocks, printable_handout

MATERIALS = [
    path for path in files("webinar_hub.example").joinpath("materials").iterdir() if path.name.endswith(".md")
]
needs_poppler = pytest.mark.skipif(which("pdftotext") is None, reason="pdftotext reads the PDF back")


def printed(markdown: str, title: str = "A title") -> bytes:
    return printable_handout(title=title, subtitle="Week 1", author="Marisol Tennant, OTR/L", markdown=markdown)


def words_on_paper(pdf: bytes, folder: Path) -> str:
    path = folder / "handout.pdf"
    path.write_bytes(pdf)
    answer = subprocess.run(["pdftotext", "-layout", path, "-"], capture_output=True, check=True, text=True)
    return re.sub(r"\s+", " ", answer.stdout)


def unpacked(pdf: bytes) -> bytes:
    """Return the PDF with what is compressed in it laid open, as far as it is compressed."""
    streams = re.findall(rb"stream\r?\n(.*?)\r?\nendstream", pdf, re.DOTALL)
    return pdf + b"\n".join(zlib.decompressobj().decompress(stream) for stream in streams if stream[:1] == b"x")


def test_the_pdf_is_tagged_and_claims_pdf_ua_and_fits_a4_and_letter() -> None:
    pdf = printed("Hello")
    assert pdf.startswith(b"%PDF-1.7")
    assert b"pdfuaid" in pdf
    assert b"/MarkInfo" in pdf
    box = re.search(rb"/MediaBox\s*\[0 0 ([\d.]+) ([\d.]+)\]", pdf)
    assert box
    assert float(box[1]) < 595.4
    assert float(box[2]) < 792.1


def test_the_same_words_give_the_same_bytes() -> None:
    assert printed("Same *words*") == printed("Same *words*")
    assert printed("Same *words*") != printed("Other *words*")


@needs_poppler
@pytest.mark.parametrize("material", MATERIALS, ids=lambda path: path.name)
def test_every_example_prints_its_words(material: Path, tmp_path: Path) -> None:
    markdown = material.read_text(encoding="utf-8")
    words = words_on_paper(printed(markdown, title="Before we start"), tmp_path)
    assert "Before we start" in words
    assert "Marisol Tennant, OTR/L" in words
    for heading in re.findall(r"^## (.+)$", markdown, re.MULTILINE):
        assert heading in words
    assert not re.search(r"\*\*|\[ \]|___|^## ", words)


@needs_poppler
def test_boxes_lists_links_and_tables_are_printed(tmp_path: Path) -> None:
    words = words_on_paper(
        printed(
            "- [ ] open\n- [x] done\n\n7. seven\n8. eight\n\n[here](https://example.org/a)\n\n|a|b|\n|-|-|\n|c|d|\n"
        ),
        tmp_path,
    )
    assert "☐ open ☑ done 7. seven 8. eight here (example.org/a) a b c d" in words


@needs_poppler
def test_typst_code_and_html_are_only_words(tmp_path: Path) -> None:
    hostile = '#read("/etc/passwd") \\#panic() $x$ @ref <b>bold</b> #set page(width: 1pt)'
    words = words_on_paper(printed(hostile, title='#panic("title") "quoted"'), tmp_path)
    assert '#panic("title") "quoted"' in words
    assert "#panic() $x$ @ref <b>bold</b> #set page(width: 1pt)" in words


def test_only_links_to_the_web_and_to_mailboxes_can_be_clicked() -> None:
    pdf = printed("[a](javascript:alert(1)) [b](file:///etc/passwd) [c](relative) [d](https://example.org/d)")
    assert re.findall(rb"/URI ?\(([^)]*)\)", unpacked(pdf)) == [b"https://example.org/d"]


def test_headings_never_skip_a_level() -> None:
    blocks = markdown_blocks("##### deep\n\n###### deeper\n\n# top\n\n#### again")
    assert [block["level"] for block in blocks] == [2, 3, 2, 3]


def test_a_line_to_write_on_is_no_rule() -> None:
    assert [block["kind"] for block in markdown_blocks("___\n\n---\n\n***")] == ["writing-line", "rule", "rule"]


def test_a_box_is_ticked_open_or_absent() -> None:
    (block,) = markdown_blocks("- [ ] a\n- [x] b\n- c\n- [y] d")
    items = block["items"]
    assert isinstance(items, list)
    assert [item["ticked"] for item in items] == [False, True, None, None]


@pytest.mark.parametrize(
    "markdown", ["日本語", "🙂", "עברית", "\ud800", "\x00", "#", "- ", "> " * 99, "- " * 300, "|a|\n|-"]
)
def test_unusual_signs_still_print(markdown: str) -> None:
    assert printed(markdown).startswith(b"%PDF")


@pytest.mark.parametrize("depth", [150, 3000])
def test_what_is_nested_beyond_sense_is_refused_in_plain_words(depth: int) -> None:
    with pytest.raises(HandoutTooTangled, match="nested too deeply to print"):
        printed("*a " * depth + "b" + "*" * depth)


SIGNS = ["- ", "1. ", "> ", "# ", "*", "**", "`", "|", "\n", "\n\n", "[", "](", ")"]


@settings(max_examples=60, deadline=None)
@given(pieces=st.lists(st.sampled_from(SIGNS) | st.text(max_size=5), max_size=25))
def test_any_markdown_prints(pieces: list[str]) -> None:
    assert printed("".join(pieces)).startswith(b"%PDF")
