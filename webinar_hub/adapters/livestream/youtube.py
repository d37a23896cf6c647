"""YouTube: videos, live streams and a channel's live page; vimeo.py and any_url.py are next door."""

import re
from urllib.parse import SplitResult, parse_qs, urlencode

from webinar_hub.adapters.livestream.web_address import parsed_link

_HOSTS = frozenset(
    f"{prefix}{host}" for host in ("youtube.com", "youtube-nocookie.com") for prefix in ("", "www.", "m.")
)
_VIDEO = re.compile(r"[A-Za-z0-9_-]{11}")
_VIDEO_PATH = re.compile(r"/(?:live|embed|v|shorts)/([^/]+)/?")
_CHANNEL_PATH = re.compile(r"/(?:@[\w.·-]+|(?:channel|c|user)/[\w.-]+)/live/?")


class YouTube:
    """Plays through the address that sets no cookie before the person presses play."""

    name = "YouTube"

    def recognizes(self, url: str) -> bool:
        """A video, a live stream or the live page of a channel; a playlist or a home page is just a link."""
        try:
            parts = parsed_link(url)
        except ValueError:
            return False
        return _video(parts) is not None or _is_channel_live(parts)

    def watch_url(self, url: str) -> str:
        """The full address of the video without what share buttons add; ValueError when not recognized."""
        parts = parsed_link(url)
        if video := _video(parts):
            return f"https://www.youtube.com/watch?v={video}"
        if _is_channel_live(parts):
            return f"https://www.youtube.com{parts.path.rstrip('/')}"
        raise ValueError("This is not the address of a YouTube video or live stream")

    def embed_url(self, url: str) -> str | None:
        """The player's address; a channel's live page has none, as what it shows changes."""
        video = _video(parsed_link(url))
        return f"https://www.youtube-nocookie.com/embed/{video}?rel=0" if video else None

    def frame_source(self) -> str | None:
        """Where the player comes from."""
        return "https://www.youtube-nocookie.com"

    def oembed_url(self, url: str) -> str | None:
        """Where YouTube says whether a video exists: its watch page answers 200 for everything."""
        if not _video(parsed_link(url)):
            return None
        return f"https://www.youtube.com/oembed?{urlencode({'format': 'json', 'url': self.watch_url(url)})}"

    def oembed_problem(self, status: int) -> str | None:
        """Read the oEmbed answer: 401 and 403 mean private or not to be embedded, 400 and 404 mean unknown."""
        if status in (401, 403):
            return "YouTube says that this video is private or may not be shown on other pages"
        if status in (400, 404):
            return "YouTube does not know this video"
        return None


def _video(parts: SplitResult) -> str | None:
    host = (parts.hostname or "").removesuffix(".")
    candidate = ""
    if host == "youtu.be":
        candidate = parts.path.strip("/")
    elif host in _HOSTS and parts.path.rstrip("/") == "/watch":
        candidate = parse_qs(parts.query).get("v", [""])[0]
    elif host in _HOSTS and (match := _VIDEO_PATH.fullmatch(parts.path)):
        candidate = match[1]
    return candidate if _VIDEO.fullmatch(candidate) else None


def _is_channel_live(parts: SplitResult) -> bool:
    return parts.hostname in _HOSTS and _CHANNEL_PATH.fullmatch(parts.path) is not None
