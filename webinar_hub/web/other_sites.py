"""Refuses what another site makes a browser send here (A22); the session's own token is the second lock."""

from urllib.parse import urlsplit

from flask import Flask, request
from flask_wtf.csrf import CSRFProtect

from webinar_hub.core.errors import NotAllowed
from webinar_hub.core.language import gettext as _
from webinar_hub.web.current import settings

csrf = CSRFProtect()

_HARMLESS = frozenset({"GET", "HEAD", "OPTIONS"})
# A mail provider's server presses the one-click button or tells of bounces, and says whatever it likes about where
# it comes from.
_FROM_ANYWHERE = frozenset({"unsubscribe.change", "unsubscribe.no_news", "invitations.never", "webhooks.receive"})


def check_origin() -> None:
    """Raise NotAllowed for a change that another site asks for.

    A page that sends no referrer posts with "Origin: null", so that alone says nothing; Sec-Fetch-Site does.
    """
    if request.method in _HARMLESS or request.endpoint in _FROM_ANYWHERE:
        return
    site = request.headers.get("Sec-Fetch-Site", "none")
    origin = request.headers.get("Origin", "null")
    own = {settings().base_url, f"{request.scheme}://{request.host}"}
    if site not in ("same-origin", "none") or (origin != "null" and _normal(origin) not in own):
        raise NotAllowed(_("This was sent from another site, so nothing was changed."))


def register(app: Flask) -> None:
    """Watch over every request that changes something."""
    # It would insist on a Referer, which our personal pages never send.
    app.config["WTF_CSRF_SSL_STRICT"] = False
    # A public page never sets a cookie, not even a known visitor's again (A42).
    app.config["SESSION_REFRESH_EACH_REQUEST"] = False
    app.before_request(check_origin)
    csrf.init_app(app)


def _normal(origin: str) -> str:
    parts = urlsplit(origin)
    return f"{parts.scheme}://{parts.netloc}".lower()
