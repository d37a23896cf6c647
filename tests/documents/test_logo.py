"""A logo is looked at by its bytes, made small, and loses whatever else was in the file."""

import random
import struct
import zlib

import pytest

from webinar_hub.documents.logo import LARGEST, UnfitLogo, fitted


def png(width: int, height: int, extra: bytes = b"", noise: random.Random | None = None) -> bytes:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    rows = b"".join(
        b"\0" + (noise.randbytes(3 * width) if noise else bytes([200, 40, 90]) * width) for _ in range(height)
    )
    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    note = chunk(b"tEXt", b"Comment\0" + extra) if extra else b""
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", head)
        + note
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def size(content: bytes) -> tuple[int, ...]:
    return struct.unpack(">II", content[16:24])


def test_a_picture_is_made_small_and_keeps_its_shape() -> None:
    made = fitted(png(400, 200, b"<script>alert(1)</script> 40.7128 N"))
    assert size(made) == (144, 72)
    assert len(made) <= LARGEST
    assert b"script" not in made


def test_one_with_much_in_it_is_made_smaller_until_it_is_light_or_refused() -> None:
    dice = random.Random(1)
    with pytest.raises(UnfitLogo, match="too heavy"):
        fitted(png(480, 28, noise=dice))
    smaller = fitted(png(400, 200, noise=dice))
    assert len(smaller) <= LARGEST
    assert size(smaller)[1] < 72


def test_a_wide_one_is_no_wider_than_its_place() -> None:
    assert size(fitted(png(2000, 100)))[0] == 480


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"<?xml version='1.0'?><svg xmlns='http://www.w3.org/2000/svg'><script/></svg>", "SVG"),
        (b"GIF89a" + bytes(40), "not a PNG, JPEG or WebP"),
        (b"MZ" + bytes(400), "not a PNG, JPEG or WebP"),
        (b"\x89PNG\r\n\x1a\n" + bytes(20), "pixels"),
        (png(8, 8)[:40], "damaged"),
        (b"\x89PNG\r\n\x1a\n" + bytes(8) + struct.pack(">II", 100_000, 100_000) + bytes(9), "at most 4000"),
        (b"RIFF" + bytes(4) + b"WEBPVP8X" + bytes(20), "damaged"),
    ],
)
def test_what_cannot_be_a_logo_is_said_so(content: bytes, words: str) -> None:
    with pytest.raises(UnfitLogo, match=words):
        fitted(content)
