"""Every accent that is taken can be read in light and dark; what is refused comes with one that can."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from webinar_hub.rules import colors

any_color = st.integers(0, 0xFFFFFF).map(lambda number: f"#{number:06x}")


def test_the_ratio_is_that_of_wcag() -> None:
    assert colors.contrast("#000000", "#ffffff") == pytest.approx(21)
    assert colors.contrast("#777777", "#ffffff") == pytest.approx(4.48, abs=0.01)
    assert colors.contrast("#1f5f5b", "#1f5f5b") == 1


@given(any_color)
def test_what_is_refused_comes_with_something_that_is_taken(color: str) -> None:
    try:
        taken = colors.accent(color)
    except colors.Unreadable as refused:
        taken = colors.accent(refused.nearest)
    assert colors.least(taken, colors.LIGHT_GROUNDS) >= 4.5


@given(any_color)
def test_both_palettes_can_be_read(color: str) -> None:
    accent = colors.nearest(color)
    for palette, grounds in (
        (colors.light(accent), colors.LIGHT_GROUNDS),
        (colors.dark(accent), colors.DARK_GROUNDS),
    ):
        assert colors.least(palette.accent, grounds) >= 4.5
        assert colors.least(palette.ink, (*grounds, palette.soft)) >= 4.5
        assert colors.least(palette.on_accent, (palette.accent, palette.hover)) >= 4.5


def test_the_house_s_own_accent_passes() -> None:
    assert colors.accent("1F5F5B") == colors.ACCENT


@pytest.mark.parametrize("typed", ["", "teal", "#12", "#12345g", "url(x)", "#1f5f5b;}"])
def test_what_is_no_color_is_said_so(typed: str) -> None:
    with pytest.raises(ValueError, match="six digits or letters"):
        colors.accent(typed)
