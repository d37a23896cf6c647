"""Organizers' Markdown, as safe HTML and as plain text."""

import pytest

from webinar_hub.documents.markdown import to_html, to_text


@pytest.mark.parametrize(
    "hostile",
    [
        "<script>alert(1)</script>",
        "<img src=x onerror=alert(1)>",
        "![pixel](https://evil.example/p.png)",
        "[x](javascript:alert(1))",
        "[x](JaVaScRiPt:alert(1))",
        "[x](data:text/html,<script>alert(1)</script>)",
        "[x](vbscript:x)",
        "<svg onload=alert(1)>",
        "<math><mtext></mtext></math>",
        "<a href='https://x.example' onclick=alert(1)>x</a>",
        '[x](https://x.example "onmouseover=alert(1)")',
    ],
)
def test_nothing_in_it_can_run_or_fetch(hostile: str) -> None:
    html = to_html(hostile)
    for tag in ("<script", "<img", "<svg", "<math"):
        assert tag not in html
    assert 'href="javascript' not in html.lower()
    assert 'href="data' not in html.lower()
    assert " onclick" not in html.replace("&lt;a", "").partition("<a ")[2]


def test_html_in_it_is_shown_and_not_obeyed() -> None:
    assert to_html("<b>x</b>") == "<p>&lt;b&gt;x&lt;/b&gt;</p>\n"


@pytest.mark.parametrize("url", ["/relative", "//x.example", "http://x.example", "ftp://x.example", "#here"])
def test_a_link_is_absolute_and_encrypted_or_only_words(url: str) -> None:
    assert to_html(f"[words]({url})") == '<p><a rel="noopener">words</a></p>\n'


def test_links_keep_the_page_they_leave_to_themselves() -> None:
    html = to_html("[a](https://x.example) [b](mailto:mia@practice.example)")
    assert html == (
        '<p><a href="https://x.example" rel="noopener">a</a>'
        ' <a href="mailto:mia@practice.example" rel="noopener">b</a></p>\n'
    )


@pytest.mark.parametrize(
    ("markdown", "text"),
    [
        ("**Bold** and *soft* `code`", "Bold and soft code"),
        ("one\n\n\ntwo", "one\n\ntwo"),
        ("[words](https://x.example)", "words (https://x.example)"),
        ("<https://x.example>", "https://x.example"),
        ("<mia@practice.example>", "mia@practice.example"),
        ("[words](/relative)", "words"),
        ("- a\n- b\n\nend", "- a\n- b\n\nend"),
        ("3. a\n4. b", "3. a\n4. b"),
        ("- a\n  - b\n- c", "- a\n  - b\n- c"),
        ("# Title\nwords", "Title\n\nwords"),
        ("soft\nbreak", "soft\nbreak"),
        ("```\ncode\n  more\n```", "code\n  more"),
        ("> said", "said"),
        ("<b>literal</b> {{7*7}}", "<b>literal</b> {{7*7}}"),
        ("", ""),
    ],
)
def test_as_text_it_reads_as_it_stands(markdown: str, text: str) -> None:
    assert to_text(markdown) == text
