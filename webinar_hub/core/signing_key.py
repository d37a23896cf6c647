"""The private key that signs mails (DKIM): read from its PEM text, and what the DNS must say of it."""

from base64 import b64encode

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

SHORTEST_KEY = 1024
"""Bits: receivers ignore signatures of shorter keys (RFC 8301 section 3.2), and want 2048."""


def read_signing_key(pem: str) -> RSAPrivateKey:
    """The key; ValueError in plain words, which repeat nothing of it."""
    try:
        key = load_pem_private_key(pem.encode(), password=None)
    except TypeError:
        raise ValueError("the key is locked with a password; give it without one") from None
    except (ValueError, UnsupportedAlgorithm):
        raise ValueError("this is no private key in PEM form (-----BEGIN PRIVATE KEY-----)") from None
    if not isinstance(key, RSAPrivateKey):
        raise ValueError("only RSA keys are understood by all receivers; make one with `openssl genrsa 2048`")
    if key.key_size < SHORTEST_KEY:
        raise ValueError(f"the key has {key.key_size} bits, which receivers ignore; make one of 2048")
    return key


def public_record(key: RSAPrivateKey) -> str:
    """The text of the TXT record at `<selector>._domainkey.<domain>` (RFC 6376 section 3.6.1)."""
    public = key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    return f"v=DKIM1; k=rsa; p={b64encode(public).decode()}"
