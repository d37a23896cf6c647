"""The studio comes in when its first page is asked for: it is half of what is to load, and no registrant's."""

from collections.abc import Iterable
from threading import Lock
from typing import TYPE_CHECKING, Any

from flask import Flask

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

# Where the sign-in, every page, and the organizers' calendars lie.
ROOTS = ("/studio", "/cal/studio/")


class LateStudio:
    """Stands before the app and puts the studio into it once, while whoever comes meanwhile waits a moment."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._answer: WSGIApplication = app.wsgi_app
        self._coming = Lock()
        self._is_here = False

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request."""
        if not self._is_here and environ.get("PATH_INFO", "").startswith(ROOTS):
            self._bring()
        elif self._coming.locked():
            # The map of addresses is being sorted anew: nobody may be told meanwhile that a page does not exist.
            with self._coming:
                pass
        return self._answer(environ, start_response)

    def _bring(self) -> None:
        from webinar_hub.web import studio  # noqa: PLC0415  slow import

        with self._coming:
            if not self._is_here:
                put_in(self._app, studio)
                self._is_here = True


def put_in(app: Flask, studio: Any) -> None:
    """Register the studio. Flask refuses to after the first request, lest some requests miss what others get.

    What the studio adds for every request looks at nothing but the studio's own addresses, so none of them does.
    """
    answered, app._got_first_request = app._got_first_request, False
    try:
        studio.register(app)
    finally:
        app._got_first_request = answered
