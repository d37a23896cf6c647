"""Vimeo: videos, unlisted videos with their hash, and live events; youtube.py and any_url.py are next door."""

import re
from dataclasses import dataclass
from urllib.parse import parse_qs, urlencode

from webinar_hub.adapters.livestream.web_address import parsed_link

_PAGE_HOSTS = frozenset({"vimeo.com", "www.vimeo.com"})
_EVENT = re.compile(r"/event/(?P<number>[0-9]{1,12})(?:/embed)?(?:/(?P<secret>[0-9a-f]{6,40}))?/?")
_PAGE = re.compile(r"/(?P<number>[0-9]{1,12})(?:/(?P<secret>[0-9a-f]{6,40}))?/?")
_PLAYER = re.compile(r"/video/(?P<number>[0-9]{1,12})/?")
_SECRET = re.compile(r"[0-9a-f]{6,40}")


@dataclass(frozen=True, slots=True)
class _Video:
    number: str
    secret: str | None
    """The hash without which an unlisted video or event stays closed."""
    is_event: bool


class Vimeo:
    """Plays with dnt=1, so that the player keeps no track of the person."""

    name = "Vimeo"

    def recognizes(self, url: str) -> bool:
        """A video or an event; a channel or a profile is just a link."""
        return _video(url) is not None

    def watch_url(self, url: str) -> str:
        """The page of the video or event; ValueError when not recognized."""
        video = _recognized(url)
        ending = f"/{video.secret}" if video.secret else ""
        return f"https://vimeo.com/{'event/' if video.is_event else ''}{video.number}{ending}"

    def embed_url(self, url: str) -> str | None:
        """The player's address; an event is played by its own page."""
        video = _recognized(url)
        if video.is_event:
            ending = f"/{video.secret}" if video.secret else ""
            return f"https://vimeo.com/event/{video.number}/embed{ending}?dnt=1"
        query = {"h": video.secret, "dnt": "1"} if video.secret else {"dnt": "1"}
        return f"https://player.vimeo.com/video/{video.number}?{urlencode(query)}"

    def frame_source(self) -> str | None:
        """Where the players come from: videos from the first origin, events from the second."""
        return "https://player.vimeo.com https://vimeo.com"

    def oembed_url(self, url: str) -> str | None:
        """Where Vimeo says whether a video exists; it is not documented for events, their page is asked."""
        if _recognized(url).is_event:
            return None
        return f"https://vimeo.com/api/oembed.json?{urlencode({'url': self.watch_url(url)})}"

    def oembed_problem(self, status: int) -> str | None:
        """Read the oEmbed answer: 404 means unknown or private; 403 only that it is kept to certain pages."""
        if status == 404:
            return "Vimeo does not know this video, or it is private (an unlisted video needs its whole link)"
        return None


def _recognized(url: str) -> _Video:
    video = _video(url)
    if video is None:
        raise ValueError("This is not the address of a Vimeo video or event")
    return video


def _video(url: str) -> _Video | None:
    try:
        parts = parsed_link(url)
    except ValueError:
        return None
    match = None
    if parts.hostname in _PAGE_HOSTS:
        match = _EVENT.fullmatch(parts.path) or _PAGE.fullmatch(parts.path)
    elif parts.hostname == "player.vimeo.com":
        match = _PLAYER.fullmatch(parts.path)
    if match is None:
        return None
    secret = match.groupdict().get("secret") or parse_qs(parts.query).get("h", [""])[0]
    return _Video(match["number"], secret if _SECRET.fullmatch(secret) else None, "/event/" in parts.path)
