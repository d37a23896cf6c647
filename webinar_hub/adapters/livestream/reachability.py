"""Tries whether a livestream link answers, and says in plain words when not; public_address.py is the guard."""

import socket
from urllib.parse import urljoin

import requests

from webinar_hub.adapters.livestream import provider_for
from webinar_hub.adapters.livestream.public_address import (
    NotPublic,
    checked_addresses,
    host_header,
    pinned_session,
)
from webinar_hub.adapters.livestream.web_address import parsed_link

MOST_REDIRECTS = 3

CLOSED_TO_ROBOTS = frozenset({401, 403, 405, 406, 429})
"""Answers that many meeting pages give a program while they open for a person."""


def problem_with(
    url: str,
    *,
    timeout: float = 5.0,
    session: requests.Session | None = None,
    allow_private: bool = False,
) -> str | None:
    """Ask the link, or the provider about it, and return what is wrong in plain words, None when it answers.

    `timeout` is seconds for each wait of each of at most four requests. A given `session` is used as it is;
    without one each request is tied to the address that was checked. `allow_private` is for closed networks.
    """
    try:
        provider = provider_for(url)
        asked = provider.oembed_url(url)
        status = _status(asked or provider.watch_url(url), timeout, session, allow_private)
    except ValueError as unusable:
        return str(unusable)
    except NotPublic:
        return "The link leads into a private network, where participants cannot follow"
    except (socket.gaierror, requests.RequestException) as trouble:
        return _network_words(trouble)
    if asked:
        return provider.oembed_problem(status) or _status_words(status, "The provider")
    return _status_words(status, "The link")


def _status(url: str, timeout: float, session: requests.Session | None, allow_private: bool) -> int:
    for _ in range(MOST_REDIRECTS + 1):
        parts = parsed_link(url)
        addresses = checked_addresses(parts, allow_private=allow_private)
        client = session or pinned_session(addresses[0])
        try:
            with client.get(
                url,
                timeout=timeout,
                allow_redirects=False,
                stream=True,
                headers={"Host": host_header(url), "User-Agent": "WebinarHub link check"},
            ) as answer:
                if not answer.is_redirect:
                    return answer.status_code
                url = urljoin(url, answer.headers["Location"])
        finally:
            if session is None:
                client.close()
    raise requests.TooManyRedirects()


def _status_words(status: int, who: str) -> str | None:
    if status < 400 or status in CLOSED_TO_ROBOTS:
        return None
    if status in (404, 410):
        return f"{who} answers that there is nothing at this address ({status})"
    if status >= 500:
        return f"{who} answers that it is out of order ({status})"
    return f"{who} answers with an error ({status})"


def _network_words(trouble: Exception) -> str:
    if isinstance(trouble, socket.gaierror):
        return "The link's host is not known; is there a typing mistake in it?"
    if isinstance(trouble, requests.Timeout):
        return "The link does not answer in time"
    if isinstance(trouble, requests.exceptions.SSLError):
        return "The link's certificate cannot be trusted; browsers will warn people away"
    if isinstance(trouble, requests.TooManyRedirects):
        return "The link passes people on from page to page without end"
    return "The link does not answer"
