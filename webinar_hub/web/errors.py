"""Turns whatever went wrong into a page that says what happened, what it did not harm, and what to do next."""

import secrets
from dataclasses import dataclass

from flask import Flask, Response, make_response, render_template, request
from flask_limiter import RateLimitExceeded
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoFreeConnection
from structlog.contextvars import get_contextvars
from werkzeug.exceptions import HTTPException

from webinar_hub.adapters.storage import StorageAway
from webinar_hub.core.errors import HubError, TooMany
from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import lazy_gettext as _later
from webinar_hub.core.log import get_logger
from webinar_hub.web import rate_limits, refusals
from webinar_hub.web.current import ask_nothing_more
from webinar_hub.web.visitor import NotRecognized

_BUSY_SECONDS = 30
_TITLES = {
    400: _later("That did not work"),
    403: _later("That is not possible right now"),
    404: _later("We cannot find this page"),
    405: _later("That did not work"),
    409: _later("That is not possible any more"),
    413: _later("That was too much at once"),
    422: _later("That did not work"),
    429: _later("One moment, please"),
    503: _later("We will be back in a moment"),
}
_WORDS = {
    400: _later(
        "The request could not be read. Nothing was changed: go back, load the page again and try once more."
    ),
    404: _later("This page does not exist, or the link is no longer valid."),
    405: _later("This page cannot be used in that way. Nothing was changed."),
    413: _later("What was sent is larger than a form here can be. Nothing was changed: go back and shorten it."),
}


@dataclass(frozen=True, slots=True)
class ErrorPage:
    """What the error page says; `reference` is only for what we did not expect.

    `offers_link` is for whoever may have come with an old link, or with none.
    """

    status: int
    title: str
    message: str
    reference: str = ""
    offers_link: bool = False


def stale_page(problem: CSRFError) -> Response:
    """The form's token is missing or too old: most often a page left open, or cookies switched off."""
    return _answer(
        ErrorPage(
            400,
            _("This page was open for too long"),
            _(
                "Or cookies are switched off in this browser. Nothing was changed: go back, load the page again "
                "and press the button once more."
            ),
        )
    )


def not_recognized(problem: NotRecognized) -> Response:
    """A personal page on a device that has not seen her link."""
    return _answer(ErrorPage(problem.status, _("Open your link first"), problem.message, offers_link=True))


def expected(problem: HubError) -> Response:
    """What a service or rule said no to, in its own words."""
    refusals.keep(problem)
    response = _answer(_page(problem.status, problem.message))
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def refused(problem: HTTPException) -> Response:
    """What Flask itself refused; redirects and finished answers pass through with their headers."""
    status = problem.code or 500
    if status < 400:
        return make_response(problem.get_response())
    response = _answer(_page(status, _WORDS.get(status, _WORDS[400])))
    for name, value in problem.get_headers():
        if name in ("Allow", "Retry-After", "Content-Range"):
            response.headers[name] = value
    return response


def database_away(problem: OperationalError | InterfaceError | NoFreeConnection) -> Response:
    """The database cannot be reached, is locked for too long or has no connection free; nothing was half done."""
    get_logger("web").error("database away", error=str(getattr(problem, "orig", problem)))
    response = _answer(
        ErrorPage(
            503,
            _TITLES[503],
            _(
                "The service is busy. Nothing was lost: wait half a minute and try again. "
                "What you typed is still there when you go back."
            ),
        )
    )
    response.headers["Retry-After"] = str(_BUSY_SECONDS)
    return response


def storage_away(problem: StorageAway) -> Response:
    """The place where files lie does not answer."""
    get_logger("web").error("storage away", error=str(problem))
    response = _answer(
        ErrorPage(
            503,
            _TITLES[503],
            _("The file cannot be fetched at this moment. Nothing was lost: try again in half a minute."),
        )
    )
    response.headers["Retry-After"] = str(_BUSY_SECONDS)
    return response


def unexpected(problem: Exception) -> Response:
    """A fault of ours: the log has the story, the page only a reference (A46)."""
    reference = str(get_contextvars().get("request_id") or secrets.token_hex(4))
    get_logger("web").exception("unexpected error", reference=reference)
    return _answer(
        ErrorPage(
            500,
            _("Something went wrong on our side"),
            _(
                "It is not your fault, and nothing was half done. Please try again in a minute; if it happens "
                "again, tell the organizer the reference below."
            ),
            reference,
        )
    )


def register(app: Flask) -> None:
    """Have every error answered by a page."""
    app.register_error_handler(CSRFError, stale_page)
    app.register_error_handler(NotRecognized, not_recognized)
    app.register_error_handler(HubError, expected)
    app.register_error_handler(RateLimitExceeded, lambda problem: expected(rate_limits.exceeded(problem)))
    app.register_error_handler(HTTPException, refused)
    app.register_error_handler(StorageAway, storage_away)
    for away in (OperationalError, InterfaceError, NoFreeConnection):
        app.register_error_handler(away, database_away)
    app.register_error_handler(Exception, unexpected)


def _page(status: int, message: str) -> ErrorPage:
    return ErrorPage(status, _TITLES.get(status, _TITLES[400]), message, offers_link=status == 404)


def _answer(page: ErrorPage) -> Response:
    ask_nothing_more()
    # What an organizer is told must not send her to pages for those who have signed up.
    template = "studio/error.html" if request.path.startswith("/studio") else "web/error.html"
    return make_response(render_template(template, page=page), page.status)
