"""What every livestream provider must do alike, and which links belong to which."""

from urllib.parse import urlsplit

import pytest

from webinar_hub.adapters.livestream import PROVIDERS, LivestreamProvider, provider_for

VIDEO = "dQw4w9WgXcQ"
YOUTUBE = f"https://www.youtube.com/watch?v={VIDEO}"
YOUTUBE_PLAYER = f"https://www.youtube-nocookie.com/embed/{VIDEO}?rel=0"
VIMEO_PLAYER = "https://player.vimeo.com/video/76979871?dnt=1"
UNLISTED_PLAYER = "https://player.vimeo.com/video/76979871?h=8272103f6e&dnt=1"

LINKS = [
    (f"https://www.youtube.com/watch?v={VIDEO}", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    (f"http://youtube.com/watch?feature=share&v={VIDEO}&t=30s", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    (f"https://m.youtube.com/watch?v={VIDEO}#x", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    (f"https://youtu.be/{VIDEO}?si=tracking", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    (f"https://YouTube.com/live/{VIDEO}?feature=share", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    (f"https://www.youtube-nocookie.com/embed/{VIDEO}", "YouTube", YOUTUBE, YOUTUBE_PLAYER),
    ("https://www.youtube.com/@some.one/live", "YouTube", "https://www.youtube.com/@some.one/live", None),
    ("https://youtube.com/channel/UC_x5/live/?x=1", "YouTube", "https://www.youtube.com/channel/UC_x5/live", None),
    ("https://vimeo.com/76979871", "Vimeo", "https://vimeo.com/76979871", VIMEO_PLAYER),
    ("https://www.vimeo.com/76979871/?share=copy", "Vimeo", "https://vimeo.com/76979871", VIMEO_PLAYER),
    ("https://player.vimeo.com/video/76979871", "Vimeo", "https://vimeo.com/76979871", VIMEO_PLAYER),
    ("https://vimeo.com/76979871/8272103f6e", "Vimeo", "https://vimeo.com/76979871/8272103f6e", UNLISTED_PLAYER),
    (
        "https://player.vimeo.com/video/76979871?h=8272103f6e&title=0",
        "Vimeo",
        "https://vimeo.com/76979871/8272103f6e",
        UNLISTED_PLAYER,
    ),
    (
        "https://vimeo.com/event/123456",
        "Vimeo",
        "https://vimeo.com/event/123456",
        "https://vimeo.com/event/123456/embed?dnt=1",
    ),
    (
        "https://vimeo.com/event/123456/embed/0a1b2c3d4e",
        "Vimeo",
        "https://vimeo.com/event/123456/0a1b2c3d4e",
        "https://vimeo.com/event/123456/embed/0a1b2c3d4e?dnt=1",
    ),
    ("https://zoom.us/j/123?pwd=a.b#x", "Link", "https://zoom.us/j/123?pwd=a.b#x", None),
    ("http://meet.example.org:8443/room", "Link", "http://meet.example.org:8443/room", None),
    ("https://bücher.example/live", "Link", "https://bücher.example/live", None),
    ("https://[2001:db8::1]/x", "Link", "https://[2001:db8::1]/x", None),
    ("https://my_host.example", "Link", "https://my_host.example", None),
]

JUST_LINKS = [
    "https://www.youtube.com/",
    "https://www.youtube.com/@someone",
    "https://www.youtube.com/playlist?list=PL123",
    "https://www.youtube.com/watch?v=short",
    f"https://www.youtube.com/watch?v={VIDEO}%22onload",
    f"https://www.youtube.com/watch?v={VIDEO}x",
    f"https://youtube.com.evil.example/watch?v={VIDEO}",
    f"https://evilyoutube.com/watch?v={VIDEO}",
    f"https://youtu.be/{VIDEO}/more",
    "https://vimeo.com/channels/staffpicks",
    "https://vimeo.com/76979871/settings",
    "https://vimeo.com.evil.example/76979871",
]

REFUSED = [
    "",
    "   ",
    "zoom.us/j/123",
    "javascript:alert(1)",
    "JaVaScRiPt://example.org/%0aalert(1)",
    "data:text/html,<script>alert(1)</script>",
    "file:///etc/passwd",
    "ftp://example.org/x",
    "https:",
    "https://",
    "https:///path",
    "https://?x",
    "//example.org/x",
    "https://user@example.org/",
    "https://user:pass@example.org/",
    "https://@example.org/",
    "https://youtube.com@evil.example/",
    "https://evil.example\\@youtube.com/",
    "https://example.org/a\\b",
    "https://exa mple.org/",
    " https://example.org/",
    "https://example.org/a b",
    "https://example.org/\n",
    "https://example.org/\r\nSet-Cookie: x",
    "https://example.org/\0",
    "https://example.org/\u202e",
    "java\nscript:alert(1)",
    "https://example.org:port/",
    "https://example.org:99999/",
    "https://[::1",
    "https://exa<mple.org/",
    "https://ex'ample.org/",
    "https://ex;ample.org/",
    "https://-/",
    "https://..",
    "https://example.org/" + "x" * 2000,
]


@pytest.mark.parametrize(("link", "name", "watch", "embed"), LINKS)
def test_a_link_finds_its_provider(link: str, name: str, watch: str, embed: str | None) -> None:
    provider = provider_for(link)
    assert (provider.name, provider.watch_url(link), provider.embed_url(link)) == (name, watch, embed)


@pytest.mark.parametrize("link", JUST_LINKS)
def test_what_only_resembles_a_video_is_just_a_link(link: str) -> None:
    provider = provider_for(link)
    assert provider.name == "Link"
    assert provider.watch_url(link) == link
    assert provider.embed_url(link) is None


@pytest.mark.parametrize("link", REFUSED)
def test_what_is_no_plain_web_address_is_refused_in_plain_words(link: str) -> None:
    with pytest.raises(ValueError, match=r"^The link ") as refused:
        provider_for(link)
    assert link.strip() == "" or link not in str(refused.value)


@pytest.mark.parametrize("provider", PROVIDERS, ids=lambda provider: provider.name)
class TestEveryProvider:
    def test_it_never_raises_when_asked_whose_link_this_is(self, provider: LivestreamProvider) -> None:
        for link in (*REFUSED, *JUST_LINKS, *(link for link, *_ in LINKS)):
            assert provider.recognizes(link) in (True, False)
        assert not any(provider.recognizes(link) for link in REFUSED)

    def test_where_it_sends_people_is_recognized_again(self, provider: LivestreamProvider) -> None:
        for link, *_ in LINKS:
            if provider.recognizes(link):
                watch = provider.watch_url(link)
                assert provider.recognizes(watch)
                assert provider.watch_url(watch) == watch
                assert provider.embed_url(watch) == provider.embed_url(link)

    def test_it_refuses_what_it_does_not_recognize(self, provider: LivestreamProvider) -> None:
        for link in (*REFUSED, *(link for link, *_ in LINKS)):
            if not provider.recognizes(link):
                with pytest.raises(ValueError, match=r"link|address"):
                    provider.watch_url(link)

    def test_its_player_comes_from_where_it_says(self, provider: LivestreamProvider) -> None:
        players = [provider.embed_url(link) for link, name, *_ in LINKS if name == provider.name]
        origins = {f"https://{urlsplit(player).hostname}" for player in players if player}
        assert origins == set((provider.frame_source() or "").split())

    def test_it_asks_its_own_provider_over_tls(self, provider: LivestreamProvider) -> None:
        for link, name, watch, _ in LINKS:
            asked = provider.oembed_url(link) if name == provider.name else None
            if asked:
                assert urlsplit(asked).scheme == "https"
                assert urlsplit(asked).hostname == urlsplit(watch).hostname

    def test_a_good_answer_is_no_problem(self, provider: LivestreamProvider) -> None:
        assert provider.oembed_problem(200) is None
