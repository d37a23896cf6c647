"""Advice about subjects, texts and senders: said where it helps, silent where all is well."""

import pytest

from webinar_hub.rules.checkup import Finding
from webinar_hub.rules.deliverability import advice

TEXT = "We meet upstairs this time, in the room with the blue door."
SENDER = "mara@littlehands.example"


def test_nothing_is_said_of_a_sound_mail() -> None:
    assert advice("A change of room for OT and PT", TEXT, SENDER) == []
    assert advice("{time_left}: {session}", TEXT, SENDER) == []


@pytest.mark.parametrize(
    ("subject", "words"),
    [
        ("THIS IS IMPORTANT NEWS", "capitals"),
        ("Come!! Now!", "more than one"),
        ("A free!!! gift", "junk mail likes"),
        ("Last chance to act now", "junk mail likes"),
        ("x" * 61, "61 characters"),
        ("Re: our talk", "answer"),
    ],
)
def test_subjects(subject: str, words: str) -> None:
    assert any(words in line for line in advice(subject, TEXT, SENDER))


def test_texts_and_senders() -> None:
    assert "hardly any text" in advice("Hello", "[look](https://x.example)", SENDER)[0]
    assert "many links" in advice("Hello", TEXT + " https://x.example" * 11, SENDER)[0]
    assert "gmail.com" in advice("Hello", TEXT, "mara@gmail.com")[0]


def test_what_the_dns_says_is_told_only_where_it_is_broken() -> None:
    broken = Finding("SPF", "broken", "x.example has no SPF record.", "Add one.")
    assert advice("Hello", TEXT, SENDER, [broken]) == ["x.example has no SPF record. Add one."]
    assert advice("Hello", TEXT, SENDER, [Finding("SPF", "ok", "Fine.")]) == []
