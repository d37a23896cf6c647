"""Who asked to be deleted, recognized by a fingerprint of her address: no file brings her back unseen."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from sqlalchemy import select

from webinar_hub.core.tokens import Tokens
from webinar_hub.models import ErasedAddress


def asked_about(tokens: Tokens, keys: Collection[str]) -> tuple[Any, dict[str, str]]:
    """What to ask about these addresses (as they are compared), and whose each fingerprint is."""
    owners = {fingerprint: key for key in keys for fingerprint in tokens.fingerprints(key)}
    found = select(ErasedAddress.fingerprint, ErasedAddress.erased_at)
    return found.where(ErasedAddress.fingerprint.in_(owners)), owners


def erased(rows: Any, owners: dict[str, str]) -> dict[str, datetime]:
    """Since when each of them has been deleted, by address."""
    return {owners[fingerprint]: moment for fingerprint, moment in rows}
