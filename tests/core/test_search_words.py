"""Words as they are looked for."""

import pytest

from webinar_hub.core.search_words import LONGEST, search_terms, search_text


@pytest.mark.parametrize(
    ("typed", "found"),
    [
        ("zoe", True), ("ZOË", True), ("ång", True), ("ang zo", True), ("zoe@clinic", True), ("clinic.ex", True),
        ("example", True), ("oe", False), ("inic", False), ("zoe bea", False), ("", True), ("  ", True),
    ],
)  # fmt: skip
def test_the_beginning_of_every_word_finds_her(typed: str, found: bool) -> None:
    text = search_text("Zoë Ångström", "Zoe@Clinic.Example")
    assert all(term in text for term in search_terms(typed)) == found


def test_what_is_kept_fits_its_column() -> None:
    assert len(search_text("ﬃ" * 120, "x" * 240 + "@x.example")) <= LONGEST
    assert len(search_terms("a " * 500)) <= 6
