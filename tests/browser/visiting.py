"""A visitor's browser: what kind of device it is, and a witness of what she herself would not notice.

Where she goes is next door: the pages one after another in walk.py, the journeys in the tests.
"""

from base64 import b64encode
from typing import Any

from playwright.sync_api import BrowserContext, CDPSession, ConsoleMessage, Page, Request, WebError

PHONE = {
    "viewport": {"width": 390, "height": 844},
    "device_scale_factor": 2,
    "is_mobile": True,
    "has_touch": True,
    "timezone_id": "America/Los_Angeles",
    "locale": "en-US",
}

# What the policy refuses is told to the console in words that change; the event says it in a stable way.
_TELL_REFUSALS = """
addEventListener("securitypolicyviolation", ({ violatedDirective, blockedURI }) =>
  console.error(`refused by the policy: ${violatedDirective} ${blockedURI}`));
"""
_ELSEWHERE = b"<!doctype html><html lang='en'><title>Elsewhere</title><p>Another site.</p></html>"
# Chromium says this of every page that is not a success, the intended ones included.
_AN_ANSWER = "Failed to load resource: the server responded with a status of 4"


class Witness:
    """Writes down errors, refusals and requests to other hosts; another host is played by an empty page."""

    def __init__(self, home: str) -> None:
        """Watch from `home`, the address of the service; everything else is another host."""
        self._home = home
        self.problems: list[str] = []
        self.elsewhere: list[str] = []

    def watch(self, context: BrowserContext) -> Page:
        """Open a page whose doings are written down."""
        context.on("console", self._heard)
        context.on("weberror", self._failed)
        context.on("request", self._asked)
        context.add_init_script(_TELL_REFUSALS)
        page = context.new_page()
        # Routes would not see where a form is redirected to, and they switch the cache off.
        wire = context.new_cdp_session(page)
        wire.on("Fetch.requestPaused", lambda event: self._play_elsewhere(wire, event))
        wire.send("Fetch.enable", {"patterns": [{"urlPattern": "https://*"}]})
        return page

    def _heard(self, message: ConsoleMessage) -> None:
        is_answer = message.text.startswith(_AN_ANSWER) and message.page is not None
        if is_answer and message.location["url"] == getattr(message.page, "url", ""):
            return
        if message.type in ("error", "warning"):
            self.problems.append(f"{message.location['url']}: {message.text}")

    def _failed(self, failure: WebError) -> None:
        self.problems.append(f"{failure.page.url if failure.page else ''}: {failure.error}")

    def _asked(self, request: Request) -> None:
        if self._is_elsewhere(request.url):
            self.elsewhere.append(request.url)

    def _is_elsewhere(self, url: str) -> bool:
        return url.startswith(("http:", "https:", "ws:", "wss:")) and not url.startswith(f"{self._home}/")

    def _play_elsewhere(self, wire: CDPSession, event: dict[str, Any]) -> None:
        answer = {
            "requestId": event["requestId"],
            "responseCode": 200,
            "responseHeaders": [{"name": "Content-Type", "value": "text/html"}],
            "body": b64encode(_ELSEWHERE).decode(),
        }
        wire.send("Fetch.fulfillRequest", answer)
