"""Covers: the same picture for the same slug for ever, of numbers and colors only."""

import re
import struct
import xml.etree.ElementTree as ElementTree
from hashlib import sha256

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from webinar_hub.documents.cover import cover_png, cover_svg

NAMESPACE = "{http://www.w3.org/2000/svg}"
SLUGS = ["infant-massage-for-pediatric-therapy-goals", "sleep", "handling", "spring-2027", "demo"]


def test_the_picture_of_a_slug_never_changes() -> None:
    """Mails and previews out in the world show it; change the number only if you mean to change every cover."""
    assert sha256(cover_svg("sleep").encode()).hexdigest()[:16] == "9dcbb2e8397dec2f"


def test_every_slug_has_its_own_picture() -> None:
    assert len({cover_svg(f"webinar-{number}") for number in range(300)}) == 300


@settings(max_examples=150, deadline=None)
@given(slug=st.text())
def test_a_cover_holds_numbers_and_colors_only(slug: str) -> None:
    svg = cover_svg(slug, accent="#123ABC", second="#00ff00", paper="#ffffff")
    root = ElementTree.fromstring(svg)
    assert root.get("viewBox") == "0 0 1200 630"
    assert {element.tag.removeprefix(NAMESPACE) for element in root.iter()} <= {"svg", "rect", "circle", "path"}
    assert "#123abc" in svg
    for element in root:
        for name, value in element.attrib.items():
            assert name in {
                "width", "height", "fill", "cx", "cy", "r", "d", "transform", "fill-opacity",
                "stroke", "stroke-opacity", "stroke-width", "stroke-linecap",
            }  # fmt: skip
            assert re.fullmatch(
                r"#[0-9a-f]{6}|none|round|[-MCQVHZ0-9. ]+|translate\([-\d. ]+\) rotate\([-\d.]+\)", value
            )


@pytest.mark.parametrize("slug", SLUGS)
def test_the_left_third_stays_calm_for_a_title(slug: str) -> None:
    petals = re.findall(
        r"translate\(([-\d.]+) [-\d.]+\) rotate\(([-\d.]+)\)\" d=\"M0 0C.*? 0 (-[\d.]+)C", cover_svg(slug)
    )
    assert len(petals) >= 10
    assert all(float(x) - abs(float(length)) > 400 for x, _angle, length in petals)


@pytest.mark.parametrize("slug", SLUGS[:3])
def test_the_png_has_the_size_previews_want(slug: str) -> None:
    png = cover_png(slug)
    assert png.startswith(b"\x89PNG\r\n\x1a\n")
    assert struct.unpack(">II", png[16:24]) == (1200, 630)
    assert len(png) < 200_000
    assert png == cover_png(slug)


@pytest.mark.parametrize("color", ["red", "#fff", "#12345g", '#123456"/><script>', "", "#1234567", "#123456\n"])
def test_only_plain_colors_are_taken(color: str) -> None:
    for name in ("accent", "second", "paper"):
        with pytest.raises(ValueError, match="such as #1f5f5b"):
            cover_svg("sleep", **{name: color})
