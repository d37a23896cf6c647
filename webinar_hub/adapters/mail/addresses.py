"""Which envelope addresses may reach a mail server at all, and the ASCII form of a domain; sending is next door."""

from webinar_hub.adapters.mail import Envelope, Refused
from webinar_hub.core.addresses import ascii_domain

LONGEST_ADDRESS = 254
"""Octets: a path is 256 with its angle brackets (RFC 5321 section 4.5.3.1.3)."""


def refusal(envelope: Envelope) -> Refused | None:
    """Say no to an address that is malformed or would smuggle a second command into the SMTP dialogue."""
    if _is_safe(envelope.recipient) and _is_safe(envelope.sender):
        return None
    return Refused("invalid address")


def _is_safe(address: str) -> bool:
    # isprintable() is false for CR, LF, NUL and every other control, separator, override and surrogate.
    if not address.isprintable() or any(letter in address for letter in " <>"):
        return False
    local_part, _, domain = address.rpartition("@")
    return bool(local_part and domain) and len(address.encode()) <= LONGEST_ADDRESS


def with_ascii_domain(address: str) -> str:
    """Write the domain as the DNS does (IDNA 2008); ValueError when it has no such form."""
    if address.isascii():
        return address
    local_part, _, domain = address.rpartition("@")
    return f"{local_part}@{ascii_domain(domain)}"
