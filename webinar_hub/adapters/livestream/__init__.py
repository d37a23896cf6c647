"""What a livestream provider can say about a link, and which one a link belongs to; each has its file next door."""

from typing import Protocol

from webinar_hub.adapters.livestream.any_url import AnyUrl
from webinar_hub.adapters.livestream.vimeo import Vimeo
from webinar_hub.adapters.livestream.web_address import parsed_link
from webinar_hub.adapters.livestream.youtube import YouTube


class LivestreamProvider(Protocol):
    """Knows the links of one provider; asks no network."""

    @property
    def name(self) -> str:
        """The name people know it by, such as YouTube."""
        ...

    def recognizes(self, url: str) -> bool:
        """Say whether the link is one of this provider's streams or videos; never raises."""
        ...

    def watch_url(self, url: str) -> str:
        """Where a person is sent (303); ValueError for a link that is not recognized."""
        ...

    def embed_url(self, url: str) -> str | None:
        """The player to put into the join page, None if there is none."""
        ...

    def frame_source(self) -> str | None:
        """The origins for frame-src of a Content-Security-Policy, separated by spaces; None without a player."""
        ...

    def oembed_url(self, url: str) -> str | None:
        """Where to ask whether the video exists, None when the link itself answers that."""
        ...

    def oembed_problem(self, status: int) -> str | None:
        """What an HTTP status of `oembed_url` means, in plain words; None when it means no harm."""
        ...


PROVIDERS: tuple[LivestreamProvider, ...] = (YouTube(), Vimeo(), AnyUrl())
"""The last one takes every link that no other knows."""


def provider_for(url: str) -> LivestreamProvider:
    """Find whose link this is; ValueError in plain words for anything but http(s) with a host."""
    parsed_link(url)
    return next(provider for provider in PROVIDERS if provider.recognizes(url))
