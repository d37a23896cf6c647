"""Any meeting or stream that is just a link: Zoom, Teams, Jitsi and the rest; known players live next door."""

from webinar_hub.adapters.livestream.web_address import parsed_link


class AnyUrl:
    """Sends people to the link as it was typed and shows nothing inside our page."""

    name = "Link"

    def recognizes(self, url: str) -> bool:
        """Every plain web address."""
        try:
            parsed_link(url)
        except ValueError:
            return False
        return True

    def watch_url(self, url: str) -> str:
        """The link itself, checked."""
        return parsed_link(url).geturl()

    def embed_url(self, url: str) -> str | None:
        """Nothing: a stranger's page does not belong inside ours."""
        return None

    def frame_source(self) -> str | None:
        """Nothing."""
        return None

    def oembed_url(self, url: str) -> str | None:
        """Nothing: ask the link itself."""
        return None

    def oembed_problem(self, status: int) -> str | None:
        """Nothing."""
        return None
