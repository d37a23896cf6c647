"""Keeps the token of a mail's link in the cookie while its page is open: it leaves the address at once (A19)."""

from flask import session

from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Purpose
from webinar_hub.web.current import tokens

_KEY = "handed_in"


def keep(purpose: Purpose, token: str) -> None:
    """Remember it for the page without it in its address; a newer one of the same purpose takes its place."""
    session[_KEY] = {**session.get(_KEY, {}), purpose: token}


def kept(purpose: Purpose) -> tuple[int, str]:
    """The row and the nonce that the token kept last names. Raises NotFound where there is none."""
    return read(purpose, str(session.get(_KEY, {}).get(purpose, "")))


def read(purpose: Purpose, token: str) -> tuple[int, str]:
    """The row and the nonce a token names. Raises NotFound for every other text."""
    parts = tokens().read(purpose, token, (int, str))
    if parts is None:
        raise NotFound()
    return int(parts[0]), str(parts[1])
