"""RFC 5322 and MIME bytes, written directly: headers, bodies, multiparts; email.py says what a mail consists of.

The standard library's EmailMessage takes 4 ms for what takes a tenth of one here, and 10,000 reminders leave at
once. Everything is ASCII with CRLF line ends, with one exception that RFC 6532 makes: see `mailbox_header`.
"""

import re
from binascii import b2a_base64, b2a_qp
from collections.abc import Callable, Iterable, Iterator, Sequence

from webinar_hub.core.addresses import ascii_domain

CRLF = b"\r\n"
LONGEST_HEADER_LINE = 76
"""Characters: RFC 2047 section 2 allows no more on a line with an encoded word; RFC 5322 would take 78."""

# An encoded word (at most 75 characters) that still fits on the first line behind "Reply-To: ".
_LONGEST_WORD = 64
_ROOM = _LONGEST_WORD - len("=?utf-8?q??=")

_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_ADDRESS = re.compile(r"[^\s<>()\[\],;:\\\"@\x00-\x20\x7f-\x9f]{1,64}@[^\s<>()\[\],;:\\\"@\x00-\x20\x7f-\x9f]+\Z")
# What may stand for itself in a "Q" encoded word wherever the word is used (RFC 2047 section 5, rule 3).
_PLAIN_IN_Q = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789!*+-/")
_Q = [chr(octet) if octet in _PLAIN_IN_Q else f"={octet:02X}" for octet in range(256)]
_Q[ord(" ")] = "_"


def text_header(name: str, text: str) -> bytes:
    """A header of free text such as Subject, in encoded words (RFC 2047) where it is not plain ASCII.

    Raises ValueError for a control character: a header is one line, and a line end in it would begin another.
    """
    _refuse_controls(text)
    words = text.split(" ")
    if _is_plain(text) and max(map(len, words)) < LONGEST_HEADER_LINE - len(name):
        return _folded(name, words)
    return _folded(name, _encoded_words(text))


def mailbox_header(name: str, display_name: str, address: str) -> bytes:
    """From, To or Reply-To with one person: her name, if she has one, and address.

    A domain is written as the DNS does. A local part outside ASCII has no ASCII form: it stands there in UTF-8, as
    RFC 6532 says, and the message can only go to a server that knows SMTPUTF8.
    Raises ValueError for an address that is none, or a control character in either.
    """
    _refuse_controls(display_name)
    return _folded(name, [*_phrase(display_name), f"<{_with_ascii_domain(address)}>"])


def token_header(name: str, *tokens: str) -> bytes:
    """A header of tokens, folded between them. Raises ValueError for a token that is not printable ASCII."""
    for token in tokens:
        if not (token.isascii() and token.isprintable()) or " " in token:
            raise ValueError(f"{name}: {token!r} is not a token")
    return _folded(name, tokens)


def quoted_printable(text: str) -> bytes:
    """The text as quoted-printable that ends at the beginning of a line.

    So what is encoded in pieces can be put together: it decodes to the pieces one after another. The text's line
    ends are CRLF, with no blank before one: `b2a_qp` would encode it and make a line of 77 characters.
    """
    if not text:
        return b""
    if text.endswith("\r\n"):
        return b2a_qp(text.encode())
    # A letter more, so that there is room for the soft break that then takes its place.
    return b2a_qp(f"{text}x\r\n".encode()).removesuffix(b"x\r\n") + b"=\r\n"


def base64_lines(content: bytes) -> bytes:
    """The content in base64, 76 columns, with CRLF at every line's end."""
    encoded = b2a_base64(content, newline=False)
    return b"".join([encoded[start : start + 76] + CRLF for start in range(0, len(encoded), 76)])


def part(headers: Iterable[bytes], body: bytes) -> bytes:
    """A message or a part of one: its headers, an empty line, its body."""
    return b"".join((*headers, CRLF, body))


def multipart(subtype: str, boundary: str, parts: Sequence[bytes]) -> bytes:
    """The Content-Type header of a multipart, an empty line and its parts; goes behind the other headers.

    A boundary that begins with "=_" occurs in no quoted-printable or base64 body (RFC 2045 section 6.7, note).
    """
    delimiter = b"--" + boundary.encode()
    lines = [f'Content-Type: multipart/{subtype};\r\n boundary="{boundary}"\r\n\r\n'.encode()]
    for content in parts:
        lines += (delimiter, CRLF, content, CRLF)
    lines += (delimiter, b"--", CRLF)
    return b"".join(lines)


def _refuse_controls(text: str) -> None:
    if _CONTROL.search(text):
        raise ValueError("a header holds no control characters")


def _is_plain(text: str) -> bool:
    """Whether the text may stand as it is: ASCII, no spaces that folding changes, no look of an encoded word."""
    return text.isascii() and "=?" not in text and "  " not in text and text == text.strip()


def _phrase(display_name: str) -> list[str]:
    if not display_name:
        return []
    if _is_plain(display_name):
        escaped = display_name.replace("\\", r"\\").replace('"', r"\"")
        if len(escaped) < _LONGEST_WORD:
            return [f'"{escaped}"']
    return _encoded_words(display_name)


def _encoded_words(text: str) -> list[str]:
    encoding, encode = min((("q", _as_q), ("b", _as_base64)), key=lambda way: len(way[1](text)))
    return [f"=?utf-8?{encoding}?{encode(piece)}?=" for piece in _pieces(text, encode)]


def _pieces(text: str, encode: Callable[[str], str]) -> list[str]:
    """The text cut, never inside a character, into pieces that each fit into one encoded word."""
    if len(encode(text)) <= _ROOM:
        return [text]
    pieces, start = [], 0
    for end in range(1, len(text) + 1):
        if len(encode(text[start:end])) > _ROOM:
            pieces.append(text[start : end - 1])
            start = end - 1
    return [*pieces, text[start:]]


def _as_q(text: str) -> str:
    return "".join([_Q[octet] for octet in text.encode()])


def _as_base64(text: str) -> str:
    return b2a_base64(text.encode(), newline=False).decode()


def _folded(name: str, tokens: Sequence[str]) -> bytes:
    line = f"{name}: {' '.join(tokens)}"
    if len(line) > LONGEST_HEADER_LINE:
        line = "\r\n".join(_lines(f"{name}:", tokens))
    return line.encode() + CRLF


def _lines(name: str, tokens: Sequence[str]) -> Iterator[str]:
    # Never before the first token: not every reader takes away the blank that would then begin the value.
    line = f"{name} {tokens[0]}"
    for token in tokens[1:]:
        if len(line) + 1 + len(token) > LONGEST_HEADER_LINE:
            yield line
            line = ""
        line += f" {token}"
    yield line


def _with_ascii_domain(address: str) -> str:
    if not _ADDRESS.match(address):
        raise ValueError("not an address that a mail can be sent to")
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}@{ascii_domain(domain)}"
