"""Every accent that is taken can be read in light and dark; what is refused comes with one that can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules import colours

any_colour = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_the_ratio_is_that_of_wcag() -> None:
    assert colours.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colours.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colours.contrast("#1f5f5b", "#1f5f5b") == 1


@given(any_colour)
def test_what_is_refused_comes_with_something_that_is_taken(colour: str) -> None:
    try:
        taken = colours.accent(colour)
    except colours.Unreadable as refused:
        taken = colours.accent(refused.nearest)
    assert colours.least(taken, colours.LIGHT_GROUNDS) >= 4.5


@given(any_colour)
def test_both_palettes_can_be_read(colour: str) -> None:
    accent = colours.nearest(colour)
    for palette, grounds in (
        (colours.light(accent), colours.LIGHT_GROUNDS),
        (colours.dark(accent), colours.DARK_GROUNDS),
    ):
        assert colours.least(palette.accent, grounds) >= 4.5
        assert colours.least(palette.ink, (*grounds, palette.soft)) >= 4.5
        assert colours.least(palette.on_accent, (palette.accent, palette.hover)) >= 4.5


def test_the_house_s_own_accent_passes() -> None:
    assert colours.accent("1F5F5B") == colours.ACCENT


@pytest.mark.parametrize("typed", ["", "teal", "#12", "#12345g", "url(x)", "#1f5f5b;}"])
def test_what_is_no_colour_is_said_so(typed: str) -> None:
    with pytest.raises(ValueError, match="six digits or letters"):
        colours.accent(typed)
