"""Signs mails with DKIM (RFC 6376) on their way to a mail server of one's own; providers sign by themselves.

dkimpy would do it in pure Python, which takes 47 ms a mail where this takes little more than the one of the RSA
operation itself; the tests hold this to dkimpy's verifier.
"""

import re
from base64 import b64encode
from collections.abc import Iterable
from dataclasses import replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256

from webinar_hub.adapters.mail import Envelope, MailTransport, Outcome, Refused
from webinar_hub.core.signing_key import read_signing_key

SIGNED = (
    "From", "To", "Subject", "Date", "Message-ID", "Reply-To", "MIME-Version", "Content-Type",
    "List-Unsubscribe", "List-Unsubscribe-Post",
)  # fmt: skip
"""What a signature covers where it is there; RFC 8058 section 4 demands the last two."""

_FOLDED = re.compile(rb"\r\n(?=[ \t])")
_NEXT_FIELD = re.compile(rb"\r\n(?![ \t])")
_LINE_END = re.compile(rb"\r\n|\r|\n")
_BLANKS = re.compile(rb"[ \t]+")
# A single blank stays as it is, so most of them need not be touched.
_MANY_BLANKS = re.compile(rb"[ \t]{2,}|\t")


class Signer:
    """Signs for one domain with one key; may be used by several threads at once."""

    def __init__(self, key: str, selector: str, domain: str) -> None:
        """`key` is PEM; ValueError in plain words for one that cannot be used."""
        self._key = read_signing_key(key)
        self._start = f"v=1; a=rsa-sha256; c=relaxed/relaxed; d={domain}; s={selector};".encode()

    def sign(self, content: bytes) -> bytes:
        """The message with a signature at its top: the same message always gives the same bytes.

        Nothing in it says when it was made, so that a mail sent twice after a crash is one mail twice (F3).
        Raises ValueError for a message without exactly one From.
        """
        content = _with_crlf(content)
        head, _, body = content.partition(b"\r\n\r\n")
        fields = _fields(head)
        names = [name for name in SIGNED if name.lower().encode() in fields]
        unsigned = b"DKIM-Signature: " + b"\r\n ".join((self._start, _list_of(names), _hash_of(body), b"b="))
        covered = [fields[name.lower().encode()] for name in names]
        to_sign = b"\r\n".join([*covered, _relaxed_field(unsigned)])
        signature = b64encode(self._key.sign(to_sign, PKCS1v15(), SHA256()))
        return unsigned + b"\r\n ".join(_pieces(signature)) + b"\r\n" + content


class SigningTransport:
    """A way out on which every message is signed first."""

    def __init__(self, signer: Signer, transport: MailTransport) -> None:
        self._signer = signer
        self._transport = transport

    def send(self, envelope: Envelope) -> Outcome:
        """Sign and hand over; a message that cannot be signed is Refused."""
        try:
            content = self._signer.sign(envelope.content)
        except ValueError as cannot:
            return Refused(f"Cannot be signed: {cannot}")
        return self._transport.send(replace(envelope, content=content))

    def close(self) -> None:
        """Close the way out behind it."""
        self._transport.close()


def _with_crlf(content: bytes) -> bytes:
    """The bytes as they go over the wire: smtp_session.py, too, ends every line with CRLF."""
    if not content.count(b"\n") == content.count(b"\r\n") == content.count(b"\r"):
        content = _LINE_END.sub(b"\r\n", content)
    return content if content.endswith(b"\r\n") else content + b"\r\n"


def _fields(head: bytes) -> dict[bytes, bytes]:
    """The header fields by name, as they are signed; of a name that comes twice the last one (section 5.4.2)."""
    relaxed = [_relaxed_field(field) for field in _NEXT_FIELD.split(head)]
    if sum(field.startswith(b"from:") for field in relaxed) != 1:
        raise ValueError("the message does not have exactly one From")
    return {field.partition(b":")[0]: field for field in relaxed}


def _relaxed_field(field: bytes) -> bytes:
    """Section 3.4.2, without the line end."""
    name, _, value = field.partition(b":")
    unfolded = _BLANKS.sub(b" ", _FOLDED.sub(b"", value)).strip(b" ")
    return name.strip(b" \t").lower() + b":" + unfolded


def _relaxed_body(body: bytes) -> bytes:
    """Section 3.4.4: one blank for many, none at the end of a line, no empty lines at the end."""
    lines = _MANY_BLANKS.sub(b" ", body).replace(b" \r\n", b"\r\n")
    content = lines.rstrip(b"\r\n")
    return content + b"\r\n" if content else b""


def _list_of(names: Iterable[str]) -> bytes:
    """From once more than there are: nobody can put a second one above it (section 8.15)."""
    listed = [*names, "From"]
    return b"h=" + ":\r\n ".join((":".join(listed[:6]), ":".join(listed[6:]))).rstrip(": \r\n").encode() + b";"


def _hash_of(body: bytes) -> bytes:
    return b"bh=" + b64encode(sha256(_relaxed_body(body)).digest()) + b";"


def _pieces(signature: bytes) -> list[bytes]:
    return [signature[start : start + 72] for start in range(0, len(signature), 72)]
