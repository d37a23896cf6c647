"""Makes one call of a provider's API at a time on a connection that stays open; what answers mean is next door."""

import time
from collections.abc import Callable
from http.client import HTTPException
from pathlib import Path
from urllib.parse import urlsplit

import requests
from urllib3.exceptions import HTTPError

from webinar_hub.adapters.mail.providers import Answer, Request
from webinar_hub.adapters.mail.providers.deadline import PunctualAdapter, Watch
from webinar_hub.adapters.mail.smtp_words import network_words, one_line

LONGEST_IDLE = 30.0
"""Seconds a connection may rest before it is opened anew: providers close after a minute or so."""

LARGEST_ANSWER = 64 * 1024
"""Octets of an answer that are read; what providers say about one message is a few hundred."""


class NoAnswer(Exception):
    """The call came to nothing: `reason` in plain words, `went_out` when the server may know of it all the same."""

    def __init__(self, reason: str, *, went_out: bool) -> None:
        super().__init__(reason)
        self.reason = reason
        self.went_out = went_out


class Caller:
    """One line to one provider, for one thread."""

    def __init__(
        self,
        *,
        trusted: Path | None = None,
        longest_idle: float = LONGEST_IDLE,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Believe certificates that lead to the usual authorities, or to those in the file `trusted` instead."""
        self._longest_idle = longest_idle
        self._monotonic = monotonic
        self._last_used = monotonic()
        self._watch = Watch(monotonic)
        self._session = _Session()
        self._session.verify = str(trusted) if trusted else True
        for scheme in ("https://", "http://"):
            self._session.mount(scheme, PunctualAdapter(self._watch))

    def call(self, request: Request, seconds: float) -> Answer:
        """Ask, and read the whole answer, within `seconds`. Raises NoAnswer, and nothing else."""
        if self._monotonic() - self._last_used > self._longest_idle:
            self.close()
        self._watch.start(seconds)
        try:
            return self._exchange(request, seconds)
        except (requests.RequestException, HTTPError, HTTPException, OSError) as trouble:
            self.close()
            raise NoAnswer(self._why(request, trouble), went_out=self._watch.went_out) from None
        finally:
            self._last_used = self._monotonic()

    def close(self) -> None:
        """Hang up; the next call opens a new connection."""
        self._session.close()

    def _exchange(self, request: Request, seconds: float) -> Answer:
        with self._session.request(
            request.method,
            request.url,
            data=request.body or None,
            headers={"Accept-Encoding": "identity", "User-Agent": "webinar-hub", **request.headers},
            timeout=seconds,
            stream=True,
            allow_redirects=False,
        ) as response:
            return Answer(response.status_code, response.headers, _whole_body(response))

    def _why(self, request: Request, trouble: Exception) -> str:
        parts = urlsplit(request.url)
        place = parts.hostname if parts.port is None else f"{parts.hostname}:{parts.port}"
        if self._watch.is_over:
            return f"{place} did not answer in time"
        if self._watch.went_out and not isinstance(trouble, requests.Timeout):
            return one_line(f"{place} broke off: {_root(trouble)}")
        return one_line(f"{place} {network_words(_root(trouble))}")


def _whole_body(response: requests.Response) -> bytes:
    """All of it, or HTTPError when it is cut off or does not come to an end."""
    body = b""
    for piece in response.raw.stream(8192, decode_content=False):
        body += piece
        if len(body) > LARGEST_ANSWER:
            raise HTTPError(f"answered with more than {LARGEST_ANSWER} octets")
    return body


class _Session(requests.Session):
    def __init__(self) -> None:
        super().__init__()
        # Neither proxies nor passwords for other programs: only core/config.py reads the environment.
        self.trust_env = False

    def get_redirect_target(self, resp: requests.Response) -> None:
        """Lead nowhere: a message and its key go to the provider and to nobody else."""


def _root(trouble: BaseException) -> Exception:
    """What the libraries have wrapped up, one in another."""
    inner = getattr(trouble, "reason", None) or next(
        (part for part in reversed(trouble.args) if isinstance(part, Exception)), trouble.__cause__
    )
    if isinstance(inner, Exception):
        return _root(inner)
    return trouble if isinstance(trouble, Exception) else OSError(str(trouble))
