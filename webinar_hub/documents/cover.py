"""The cover of a webinar nobody uploaded a picture for: petals like open hands, always the same for a slug."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from hashlib import shake_256
from math import cos, radians, sin

WIDTH, HEIGHT = 1200, 630
"""Pixels; the size that Open Graph previews are cut to."""

_PAPER, _ACCENT, _SECOND = "#faf6f0", "#1f5f5b", "#d98f76"
_COLOR = re.compile(r"#[0-9a-fA-F]{6}")
_DRAWN_NUMBERS = 256

# The picture is set into a page of its own size; no font and no file is needed.
_PAGE = f"""
#set page(width: {WIDTH}pt, height: {HEIGHT}pt, margin: 0pt)
#image(bytes(sys.inputs.cover), format: "svg", width: {WIDTH}pt, height: {HEIGHT}pt)
"""


@dataclass(frozen=True, slots=True)
class _Brand:
    accent: str
    second: str
    paper: str


def cover_svg(slug: str, *, accent: str = _ACCENT, second: str = _SECOND, paper: str = _PAPER) -> str:
    """Return a picture of 1200 x 630 as SVG; its left third stays calm, so that a title can stand there.

    Only numbers worked out from the slug's hash and the three colors are in it, never the slug itself.
    Raises ValueError for a color that is not written like #1f5f5b.
    """
    for color in (accent, second, paper):
        if not _COLOR.fullmatch(color):
            raise ValueError("Write a color as # and six digits or letters from a to f, such as #1f5f5b.")
    shapes = "\n".join(_shapes(_Drawn(slug), _Brand(accent.lower(), second.lower(), paper.lower())))
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        f'width="{WIDTH}" height="{HEIGHT}" role="presentation" preserveAspectRatio="xMidYMid slice">\n'
        f"{shapes}\n</svg>\n"
    )


def cover_png(slug: str, *, accent: str = _ACCENT, second: str = _SECOND, paper: str = _PAPER) -> bytes:
    """Return the picture of `cover_svg` as PNG of 1200 x 630 pixels, for Open Graph and mail."""
    import typst  # noqa: PLC0415  slow import

    svg = cover_svg(slug, accent=accent, second=second, paper=paper)
    # 72 pixels an inch make one pixel of one point.
    return typst.compile(
        _PAGE.encode(), format="png", ppi=72.0, ignore_system_fonts=True, sys_inputs={"cover": svg}
    )


class _Drawn:
    """Numbers drawn from the hash of a slug, one after the other, the same in every process and version."""

    def __init__(self, slug: str) -> None:
        self._bytes = iter(shake_256(slug.encode("utf-8", "replace")).digest(2 * _DRAWN_NUMBERS))

    def between(self, low: float, high: float) -> float:
        drawn = next(self._bytes) * 256 + next(self._bytes)
        return low + (high - low) * drawn / 65535

    def one_of(self, count: int) -> int:
        return min(int(self.between(0, count)), count - 1)


def _shapes(drawn: _Drawn, brand: _Brand) -> Iterator[str]:
    yield f'<rect width="{WIDTH}" height="{HEIGHT}" fill="{brand.paper}"/>'
    yield from _background(drawn, brand)
    motifs = (_open_hand, _blossom, _branch)
    yield from motifs[drawn.one_of(len(motifs))](drawn, brand)


def _background(drawn: _Drawn, brand: _Brand) -> Iterator[str]:
    """A low sun and two hills, hardly darker than the paper."""
    sun = _mixed(brand.paper, brand.second, 0.2)
    yield _circle(drawn.between(760, 1010), drawn.between(150, 290), drawn.between(150, 215), sun)
    for color, top in (
        (_mixed(brand.paper, brand.second, 0.12), 430),
        (_mixed(brand.paper, brand.accent, 0.14), 500),
    ):
        left, right = top + drawn.between(-30, 60), top + drawn.between(-70, 20)
        crest, dip = top + drawn.between(-90, -20), top + drawn.between(20, 90)
        path = f"M0 {left:.0f}C{WIDTH * 0.3:.0f} {dip:.0f} {WIDTH * 0.62:.0f} {crest:.0f} {WIDTH} {right:.0f}"
        yield f'<path d="{path}V{HEIGHT}H0Z" fill="{color}"/>'


def _open_hand(drawn: _Drawn, brand: _Brand) -> Iterator[str]:
    """Two fans of five, a large one and a small one resting in it."""
    x, y, lean = drawn.between(820, 930), drawn.between(600, 640), drawn.between(-14, 10)
    yield from _fan(drawn, (x, y), lean=lean, length=drawn.between(400, 450), color=brand.accent, brand=brand)
    x, y = x + drawn.between(-60, 60), y - drawn.between(10, 40)
    lean -= drawn.between(-12, 12)
    yield from _fan(drawn, (x, y), lean=lean, length=drawn.between(200, 245), color=brand.second, brand=brand)


def _fan(
    drawn: _Drawn, foot: tuple[float, float], *, lean: float, length: float, color: str, brand: _Brand
) -> Iterator[str]:
    spread = drawn.between(24, 29)
    opacity = _opacity(color, brand)
    for finger, share in ((-2, 0.76), (2, 0.72), (-1, 0.95), (1, 0.93), (0, 1.0)):
        angle = lean + finger * spread + drawn.between(-3, 3)
        size = length * share * drawn.between(0.96, 1.04)
        yield from _petal(foot, angle, size, size * drawn.between(0.30, 0.35), color, opacity, brand.paper)


def _blossom(drawn: _Drawn, brand: _Brand) -> Iterator[str]:
    """Two rings of petals round one middle."""
    middle = drawn.between(830, 930), drawn.between(290, 345)
    turn = drawn.between(0, 45)
    for count, length, color in (
        (8, drawn.between(255, 285), brand.accent),
        (6, drawn.between(150, 175), brand.second),
    ):
        for petal in range(count):
            angle = turn + petal * 360 / count + drawn.between(-4, 4)
            size = length * drawn.between(0.92, 1.06)
            width = size * drawn.between(0.33, 0.38)
            yield from _petal(middle, angle, size, width, color, _opacity(color, brand), brand.paper)
    yield _circle(*middle, drawn.between(24, 32), brand.paper)


def _branch(drawn: _Drawn, brand: _Brand) -> Iterator[str]:
    """Pairs of leaves up a bent stem, one leaf of each pair large and one small."""
    x, y, heading = drawn.between(720, 800), drawn.between(620, 650), drawn.between(2, 12)
    bend = drawn.between(4, 7.5)
    for pair in range(6):
        x, y = _reach((x, y), heading, 88)
        size = (235 - 22 * pair) * drawn.between(0.95, 1.08)
        for side, color in ((-1, brand.accent), (1, brand.second)):
            angle = heading + side * drawn.between(46, 60)
            length = size * (1.0 if (side > 0) == (pair % 2 > 0) else 0.74)
            yield from _petal((x, y), angle, length, length * 0.36, color, 0.78, brand.paper)
        heading += bend
    yield from _petal((x, y), heading, 150, 52, brand.accent, 0.78, brand.paper)


def _petal(
    foot: tuple[float, float], angle: float, length: float, width: float, color: str, opacity: float, vein: str
) -> Iterator[str]:
    """A petal from its foot towards `angle` (degrees, 0 is up, clockwise), with a fine vein in it."""
    x, y = foot
    place = f"translate({x:.1f} {y:.1f}) rotate({angle:.1f})"
    outline = (
        f"M0 0C{width:.1f} {-length * 0.26:.1f} {width * 0.72:.1f} {-length * 0.97:.1f} 0 {-length:.1f}"
        f"C{-width * 0.72:.1f} {-length * 0.97:.1f} {-width:.1f} {-length * 0.26:.1f} 0 0Z"
    )
    yield f'<path transform="{place}" d="{outline}" fill="{color}" fill-opacity="{opacity}"/>'
    line = f"M0 {-length * 0.14:.1f}Q{width * 0.08:.1f} {-length * 0.5:.1f} 0 {-length * 0.82:.1f}"
    yield (
        f'<path transform="{place}" d="{line}" fill="none" stroke="{vein}" stroke-opacity="0.45" '
        'stroke-width="2" stroke-linecap="round"/>'
    )


def _opacity(color: str, brand: _Brand) -> float:
    # The second color lies on the first and turns muddy if much of it shines through.
    return 0.9 if color == brand.second else 0.72


def _circle(x: float, y: float, radius: float, color: str) -> str:
    return f'<circle cx="{x:.1f}" cy="{y:.1f}" r="{radius:.1f}" fill="{color}"/>'


def _mixed(ground: str, color: str, share: float) -> str:
    """Return the ground with a share of the color in it, as opaque as paint."""
    channels = (
        round(int(ground[place : place + 2], 16) * (1 - share) + int(color[place : place + 2], 16) * share)
        for place in (1, 3, 5)
    )
    return "#" + "".join(f"{channel:02x}" for channel in channels)


def _reach(start: tuple[float, float], angle: float, length: float) -> tuple[float, float]:
    return start[0] + length * sin(radians(angle)), start[1] - length * cos(radians(angle))
