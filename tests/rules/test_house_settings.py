"""The owner's settings: what is taken, how, and what is refused in which words."""

import pytest

from webinar_hub.rules.house import House, Refused, checked, house_of, typed


def test_what_is_shown_is_taken_back_as_it_is() -> None:
    house = House(zone_is_chosen=True)
    texts = {name: text for name, text in typed(house).items() if name != "logo"}
    assert house_of(checked(texts), 0) == house


@pytest.mark.parametrize(
    ("field", "text", "words"),
    [
        ("name", "  ", "Give the service a name"),
        ("name", "x" * 61, "at most 60"),
        ("name", "Hub\nBcc: x@y.example", "line end"),
        ("accent", "#ffe000", "The nearest color that works is #"),
        ("sender_address", "Mara <mara@x.example>", "bare address"),
        ("sender_address", "a@x.example\r\nBcc: b@x.example", "bare address"),
        ("reply_to", "nowhere", "bare address"),
        ("privacy_url", "javascript:alert(1)", "https://"),
        ("privacy_url", "http://x.example", "https://"),
        ("zone", "Mars/Base", "from the list"),
        ("reminders", "soon", "Write them like"),
        ("reminders", "1 day, 24 hours", "same time"),
        ("reminders", "9 weeks", "8 weeks"),
        ("keep_audit", "-1", "number of days"),
        ("keep_audit", "²", "number of days"),
        ("postal_address", "\n".join("abcdefg"), "six lines"),
        ("news_words", "", "what people agree to"),
    ],
)
def test_what_cannot_be_used_is_refused_with_words(field: str, text: str, words: str) -> None:
    with pytest.raises(Refused) as refused:
        checked({field: text, "footer": "fine"})
    assert words in refused.value.problems[field]
    assert list(refused.value.problems) == [field]


def test_a_color_too_light_comes_with_the_nearest_that_is_not() -> None:
    with pytest.raises(Refused) as refused:
        checked({"accent": "#ffe000"})
    assert checked({"accent": refused.value.offers["accent"]})


def test_what_another_release_stored_is_left_aside() -> None:
    assert house_of({"unheard_of": "x", "name": 7, "retention": "x"}, 3).name == House().name
