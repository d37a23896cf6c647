"""Whether colors can be read on each other (WCAG 2.2, 1.4.3 and 1.4.11), and a whole palette from one accent."""

import colorsys
import re
from collections.abc import Callable
from dataclasses import dataclass

ACCENT = "#1f5f5b"
"""The house's own accent, whose palette in tokens.css was chosen by hand."""
LIGHT_GROUNDS = ("#faf6f0", "#fffdf9", "#f3ebe0")
DARK_GROUNDS = ("#161b1a", "#1e2523", "#262e2c")
"""Paper, surface and sunken of tokens.css; mails use shades between them."""
READABLE = 4.5
COMFORTABLE = 6.0
"""Text of the usual size needs 4.5:1 (1.4.3); where we choose ourselves there is some room above that."""
_HEX = re.compile(r"#[0-9a-f]{6}")
_STEP = 0.004
_STEPS = 250


class Unreadable(ValueError):
    """The accent cannot be read where it stands; `nearest` is the same hue, dark enough."""

    def __init__(self, accent: str, ratio: float, nearest: str) -> None:
        super().__init__(
            f"{accent} is too light: on our paper its contrast is {ratio:.1f}:1, and {READABLE}:1 is needed for "
            f"everybody to read it. The nearest color that works is {nearest}."
        )
        self.nearest = nearest


@dataclass(frozen=True, slots=True)
class Palette:
    """What tokens.css calls accent, accent-hover, on-accent, accent-soft and accent-ink, in one of the modes."""

    accent: str
    hover: str
    on_accent: str
    soft: str
    ink: str


def accent(typed: str) -> str:
    """A color as people write it (#1f5f5b, 1F5F5B), as we keep it. Raises ValueError, Unreadable."""
    color = f"#{typed.strip().lstrip('#').lower()}"
    if not _HEX.fullmatch(color):
        raise ValueError("Write the color as # and six digits or letters from a to f, like #1f5f5b.")
    worst = least(color, LIGHT_GROUNDS)
    if worst < READABLE:
        raise Unreadable(color, worst, nearest(color))
    return color


def nearest(color: str) -> str:
    """The lightest shade of this hue that can be read on every light ground."""
    return _changed_until(color, -_STEP, lambda shade: least(shade, LIGHT_GROUNDS) >= READABLE)


def light(accent: str) -> Palette:
    """The palette on light grounds, for an accent that passed `accent`."""
    soft = mixed(LIGHT_GROUNDS[1], accent, 0.14)
    ink = _changed_until(accent, -_STEP, lambda shade: least(shade, (soft, *LIGHT_GROUNDS)) >= COMFORTABLE)
    return Palette(accent, mixed(accent, "#000000", 0.22), "#ffffff", soft, ink)


def dark(accent: str) -> Palette:
    """The palette on dark grounds: the same hue, made light until it can be read there."""
    bright = _changed_until(accent, _STEP, lambda shade: least(shade, DARK_GROUNDS) >= COMFORTABLE)
    soft = mixed(DARK_GROUNDS[1], bright, 0.2)
    ink = _changed_until(bright, _STEP, lambda shade: least(shade, (soft, *DARK_GROUNDS)) >= COMFORTABLE)
    return Palette(bright, mixed(bright, "#ffffff", 0.25), mixed("#000000", accent, 0.18), soft, ink)


def least(color: str, grounds: tuple[str, ...]) -> float:
    """The contrast on the ground where it is worst."""
    return min(contrast(color, ground) for ground in grounds)


def contrast(one: str, other: str) -> float:
    """The contrast ratio of two colors, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    bright, dim = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def mixed(ground: str, color: str, share: float) -> str:
    """The ground with a share of the color in it, as opaque as paint."""
    return _written(
        *(g * (1 - share) + c * share for g, c in zip(_channels(ground), _channels(color), strict=True))
    )


def _luminance(color: str) -> float:
    """Relative luminance of an sRGB color (WCAG 2.2)."""
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in _channels(color))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _changed_until(color: str, step: float, passes: Callable[[str], bool]) -> str:
    hue, lightness, saturation = colorsys.rgb_to_hls(*_channels(color))
    for count in range(_STEPS + 1):
        shade = color if not count else _of_lightness(hue, lightness + step * count, saturation)
        if passes(shade):
            return shade
    return "#000000" if step < 0 else "#ffffff"


def _of_lightness(hue: float, lightness: float, saturation: float) -> str:
    return _written(*colorsys.hls_to_rgb(hue, min(1.0, max(0.0, lightness)), saturation))


def _channels(color: str) -> tuple[float, float, float]:
    red, green, blue = (int(color[place : place + 2], 16) / 255 for place in (1, 3, 5))
    return red, green, blue


def _written(*channels: float) -> str:
    return "#" + "".join(f"{round(channel * 255):02x}" for channel in channels)
