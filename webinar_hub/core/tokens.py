"""Unguessable names and signed links: each token has one purpose and can be revoked by changing a stored nonce.

A token is never stored. It is signed (HMAC-SHA256) over an id and the nonce of the row it opens, so the same
row always gives the same link: a mail that is sent again after a crash has the same bytes (RELIABILITY F3).
"""

import re
import secrets
from base64 import b32encode
from hashlib import sha256
from hmac import compare_digest, digest
from typing import Literal

from itsdangerous import BadSignature, Signer, URLSafeSerializer
from itsdangerous.encoding import base64_encode
from itsdangerous.url_safe import URLSafeSerializerMixin

Purpose = Literal[
    "me",
    "unsubscribe",
    "download",
    "feed",
    "file",
    "studio-feed",
    "start",
    "offer",
    "prove",
    "address",
    "stop-address",
    "undo-address",
    "transfer",
    "group",
    "invitation",
    "erase",
]
MailPurpose = Literal["bounce", "unsubscribe-mail"]

# A number in hexadecimal digits and 100 bits of its signature: at most 37 characters, and none of them changes its
# meaning when a relay writes the address in small or capital letters.
_MAIL_TOKEN = re.compile(r"([0-9a-f]{1,16})-([a-z2-7]{20})")


def public_id() -> str:
    """A random name for a row that may be shown to anybody: 64 bits in 16 hexadecimal digits."""
    return secrets.token_hex(8)


def nonce() -> str:
    """The revocable half of a link: 128 bits."""
    return secrets.token_urlsafe(16)


def hashed(token: str) -> str:
    """What is stored of a token that is itself random and long: so a fast hash is enough."""
    return sha256(token.encode()).hexdigest()


class _Serializer(URLSafeSerializer):
    """Does not try to compress: a token holds a few numbers, and ten thousand mails are signed in a minute."""

    def dump_payload(self, obj: object) -> bytes:
        return base64_encode(super(URLSafeSerializerMixin, self).dump_payload(obj))


class Tokens:
    """Makes and reads signed tokens; `keys` oldest first, the last one signs, all of them are accepted."""

    def __init__(self, keys: list[str]) -> None:
        self._keys = keys
        self._serializers: dict[str, _Serializer] = {}

    def _serializer(self, purpose: Purpose) -> _Serializer:
        if purpose not in self._serializers:
            self._serializers[purpose] = _Serializer(
                self._keys,
                salt=f"webinar-hub.{purpose}",
                signer=Signer,
                signer_kwargs={"key_derivation": "hmac", "digest_method": sha256},
            )
        return self._serializers[purpose]

    def sign(self, purpose: Purpose, *parts: int | str) -> str:
        """A URL-safe token over `parts`, good for `purpose` only."""
        return self._serializer(purpose).dumps(parts)

    def read(self, purpose: Purpose, token: str, shape: tuple[type, ...]) -> tuple[int | str, ...] | None:
        """The signed parts, or None for anything that was not signed for `purpose` in exactly this shape."""
        try:
            parts = self._serializer(purpose).loads(token)
        except BadSignature:
            return None
        if not isinstance(parts, list) or tuple(type(part) for part in parts) != shape:
            return None
        return tuple(parts)

    def derived(self, purpose: str) -> list[bytes]:
        """Keys of their own for what a library signs, the one that signs first."""
        return [digest(key.encode(), f"webinar-hub.{purpose}".encode(), "sha256") for key in reversed(self._keys)]

    def fingerprints(self, text: str) -> list[str]:
        """What a text is recognized by without being kept: one for each key, the present one last.

        Only whoever has a key can try whether a fingerprint is that of an address.
        """
        own = [digest(key.encode(), b"webinar-hub.fingerprint", "sha256") for key in self._keys]
        return [digest(key, text.encode(), "sha256").hex() for key in own]

    def sign_for_mail(self, purpose: MailPurpose, number: int) -> str:
        """A token over a number for the local part of an address, where 64 characters are all there is."""
        return f"{number:x}-{_signature(self._keys[-1], purpose, number)}"

    def read_from_mail(self, purpose: MailPurpose, token: str) -> int | None:
        """The signed number, in whatever case the token comes back, or None for any other text."""
        parts = _MAIL_TOKEN.fullmatch(token.lower())
        if parts is None:
            return None
        number = int(parts[1], 16)
        signed = any(compare_digest(parts[2], _signature(key, purpose, number)) for key in self._keys)
        return number if signed else None


def _signature(key: str, purpose: str, number: int) -> str:
    own_key = digest(key.encode(), f"webinar-hub.{purpose}".encode(), "sha256")
    return b32encode(digest(own_key, str(number).encode(), "sha256"))[:20].decode().lower()
