"""The style sheet that puts the owner's accent into the pages: it only gives tokens.css's names other values."""

from functools import lru_cache

from webinar_hub.rules import colors
from webinar_hub.rules.colors import Palette


@lru_cache(maxsize=8)
def brand_css(accent: str) -> str:
    """The tokens of this accent in both modes; "" for the house's own, whose tokens were chosen by hand."""
    if accent == colors.ACCENT:
        return ""
    light, dark = _tokens(colors.light(accent)), _tokens(colors.dark(accent))
    # Where colors are forced or a page is printed, components.css has the last word.
    return f"@media screen{{:root{{{light}}}}}\n@media screen and (prefers-color-scheme:dark){{:root{{{dark}}}}}\n"


def _tokens(palette: Palette) -> str:
    return (
        f"--accent:{palette.accent};--accent-hover:{palette.hover};--on-accent:{palette.on_accent};"
        f"--accent-soft:{palette.soft};--accent-ink:{palette.ink}"
    )
