"""One line for each request: what was asked for (the route, never the path with its tokens), and how it went."""

import secrets

from flask import Flask, Response, g, request
from structlog.contextvars import bind_contextvars, clear_contextvars

from webinar_hub.core import clock, metrics
from webinar_hub.core.log import get_logger

log = get_logger("web")


def begin() -> None:
    """Give the request a name that every line of the log written for it will carry."""
    clear_contextvars()
    bind_contextvars(request_id=secrets.token_hex(8))
    g.began = clock.monotonic()


def end(response: Response) -> Response:
    """Write the line; static files are not worth one."""
    if request.endpoint != "static":
        rule = request.url_rule.rule if request.url_rule else "(no such page)"
        seconds = clock.monotonic() - g.get("began", clock.monotonic())
        log.info(
            "request", method=request.method, route=rule, status=response.status_code, ms=round(seconds * 1000)
        )
        metrics.record_request(request.method, rule, response.status_code, seconds)
    return response


def register(app: Flask) -> None:
    """Log every request of the app."""
    app.before_request(begin)
    app.after_request(end)
