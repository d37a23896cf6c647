"""A logo made fit for every page: looked at by its bytes and drawn anew, small, without whatever else was in it."""

import re
import struct
import tempfile
from pathlib import Path
from typing import NamedTuple

HEIGHT = 72
"""Pixels: twice the height it has on a page, for fine screens."""
WIDEST = 480
LARGEST = 6_000
"""Bytes: a page with the logo on it must stay below 60 kB."""
_MOST_PIXELS = 4000
_JPEG_SIZES = re.compile(rb"\xff[\xc0-\xc3\xc5-\xc7\xc9-\xcb\xcd-\xcf]..\x08(....)", re.DOTALL)


class UnfitLogo(ValueError):
    """The file cannot be the logo; the text says why and what would do."""


class _Picture(NamedTuple):
    kind: str
    width: int
    height: int


def fitted(content: bytes) -> bytes:
    """The picture as PNG of at most 480 x 72 pixels and 6 kB. Raises UnfitLogo in plain words."""
    picture = _recognized(content)
    if min(picture.width, picture.height) < 1 or max(picture.width, picture.height) > _MOST_PIXELS:
        raise UnfitLogo(f"The picture is {picture.width} x {picture.height} pixels: at most 4000 each way will do.")
    for height in (HEIGHT, 60, 48, 40, 32, 28):
        drawn = _drawn(content, picture, height)
        if len(drawn) <= LARGEST:
            return drawn
    raise UnfitLogo(
        "There is so much detail in this picture that it stays too heavy for every page. Try a plainer one."
    )


def _recognized(content: bytes) -> _Picture:
    if not content:
        raise UnfitLogo("The file is empty. Choose the picture again.")
    if content.startswith(b"\x89PNG\r\n\x1a\n") and len(content) > 24:
        return _Picture("png", *struct.unpack(">II", content[16:24]))
    if content.startswith(b"\xff\xd8") and (found := _JPEG_SIZES.search(content)):
        height, width = struct.unpack(">HH", found[1])
        return _Picture("jpg", width, height)
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP" and len(content) > 30:
        return _Picture("webp", *_webp_size(content))
    if b"<svg" in content[:2000].lower():
        raise UnfitLogo("SVG files can hold scripts, so they are not taken. Save the logo as a PNG.")
    raise UnfitLogo("This is not a PNG, JPEG or WebP picture, whatever its name says. Choose another file.")


def _webp_size(content: bytes) -> tuple[int, int]:
    """Of the three kinds of WebP (its container specification, sections "Simple" and "Extended File Format")."""
    kind = content[12:16]
    if kind == b"VP8X":
        return int.from_bytes(content[24:27], "little") + 1, int.from_bytes(content[27:30], "little") + 1
    if kind == b"VP8L":
        bits = int.from_bytes(content[21:25], "little")
        return (bits & 0x3FFF) + 1, (bits >> 14 & 0x3FFF) + 1
    width, height = struct.unpack("<HH", content[26:30])
    return width & 0x3FFF, height & 0x3FFF


def _drawn(content: bytes, picture: _Picture, height: int) -> bytes:
    import typst  # noqa: PLC0415  slow import

    scale = min(height / picture.height, WIDEST / picture.width)
    wide, high = max(1, round(picture.width * scale)), max(1, round(picture.height * scale))
    page = (
        f"#set page(width: {wide}pt, height: {high}pt, margin: 0pt, fill: none)\n"
        f'#image("logo", format: "{picture.kind}", width: {wide}pt, height: {high}pt, fit: "stretch")'
    )
    # Typst takes pictures from files only; it sees nothing but this folder.
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "logo").write_bytes(content)
        Path(folder, "page.typ").write_text(page)
        try:
            made = typst.compile(
                str(Path(folder, "page.typ")), root=folder, format="png", ppi=72.0, ignore_system_fonts=True
            )
        except RuntimeError as error:
            raise UnfitLogo("The picture is damaged: it cannot be opened. Save it anew and try again.") from error
    return bytes(made)
