"""E-mail addresses and their domains as the library for them knows them; it is loaded with the first address."""

from functools import lru_cache
from typing import NamedTuple


class Address(NamedTuple):
    """An address that mail can reach, in the forms that are asked for."""

    local_part: str
    ascii_domain: str
    normalized: str
    ascii_email: str | None


@lru_cache(maxsize=1024)
def checked_address(text: str, *, test_domains: bool) -> Address:
    """The address taken apart; nobody asks the DNS. Raises ValueError for what is none.

    `test_domains` lets the reserved ones pass (RFC 2606), for installations that try things out.
    """
    from email_validator import validate_email  # noqa: PLC0415  slow import

    found = validate_email(text, check_deliverability=False, allow_smtputf8=False, test_environment=test_domains)
    return Address(found.local_part, found.ascii_domain, found.normalized, found.ascii_email)


@lru_cache(maxsize=1024)
def ascii_domain(domain: str) -> str:
    """The domain as the DNS writes it (IDNA 2008); ValueError when it has no such form."""
    if domain.isascii():
        return domain
    from email_validator import validate_email  # noqa: PLC0415  slow import

    found = validate_email(f"x@{domain}", check_deliverability=False, globally_deliverable=False)
    return found.ascii_domain
