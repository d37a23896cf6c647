"""What every answer carries, errors and files included (A54): what a page may load, and who may keep it.

A page is taken as personal unless its view says `public`: forgetting to say it costs speed and not privacy.
"""

from urllib.parse import urlsplit

from flask import Flask, Response, g, request

from webinar_hub.web.current import settings

_FOR_EVER = 365 * 24 * 60 * 60
_TWO_YEARS = 2 * _FOR_EVER
_NO_DEVICES = ", ".join(
    f"{device}=()"
    for device in ("camera", "microphone", "geolocation", "payment", "usb", "browsing-topics", "display-capture")
)


def public(body: str) -> Response:
    """A page that shows everybody the same; browsers ask each time whether it has changed."""
    response = Response(body, mimetype="text/html")
    response.cache_control.public = True
    response.cache_control.no_cache = True
    response.add_etag()
    return response


def allow_frame(origin: str) -> None:
    """Let the page of this request show a frame from `origin`, such as a player."""
    g.frame_origin = origin


def allow_leaving_by_form(address: str) -> None:
    """Let a form of this page end elsewhere: Chromium applies form-action to what a POST redirects to."""
    parts = urlsplit(address)
    targets = g.setdefault("form_targets", ["https:"])
    if parts.scheme == "http" and parts.netloc:
        targets.append(f"{parts.scheme}://{parts.netloc}")


def add_headers(response: Response) -> Response:
    """Fill in every header the answer has not set itself."""
    headers = response.headers
    is_page = response.mimetype == "text/html"
    headers.setdefault("Content-Security-Policy", _policy() if is_page else "default-src 'none'")
    headers.setdefault("X-Content-Type-Options", "nosniff")
    headers.setdefault("Cross-Origin-Opener-Policy", "same-origin")
    if is_page:
        headers.setdefault("Permissions-Policy", _NO_DEVICES)
    if settings().is_https:
        headers.setdefault("Strict-Transport-Security", f"max-age={_TWO_YEARS}")
    if request.endpoint == "static" and response.status_code < 400:
        _keep_asset(response)
    _protect_privacy(response)
    return response


def register(app: Flask) -> None:
    """Have every answer of the app pass `add_headers`."""
    app.after_request(add_headers)


def _policy() -> str:
    rules = {
        "default-src": "'self'",
        "frame-src": g.get("frame_origin") or "'none'",
        "form-action": " ".join(["'self'", *g.get("form_targets", [])]),
        "frame-ancestors": "'none'",
        "base-uri": "'none'",
        "object-src": "'none'",
    }
    return "; ".join(f"{name} {value}" for name, value in rules.items())


def _keep_asset(response: Response) -> None:
    response.cache_control.public = True
    if "v" in request.args:
        response.cache_control.no_cache = None
        response.cache_control.max_age = _FOR_EVER
        response.cache_control.immutable = True


def _protect_privacy(response: Response) -> None:
    is_public = response.cache_control.public is True
    response.headers.setdefault("Referrer-Policy", "same-origin" if is_public else "no-referrer")
    if not is_public:
        response.headers.setdefault("Cache-Control", "private, no-store")
        response.vary.add("Cookie")
