"""Links to web calendars: read back as the services do, they hold the session, and nothing that is too long."""

from dataclasses import astuple, replace
from urllib.parse import parse_qsl, quote, urlsplit

import pytest

from tests.documents.calendar_examples import FEEDING
from webinar_hub.documents.calendar_links import calendar_links

DETAILS = (
    "Bring a spoon.\n\nWe start on time, and end on time: sixty minutes, “no slides”."
    "\n\nhttps://hub.example.org/w/first-spoon"
)


def parameters(link):
    return dict(parse_qsl(urlsplit(link).query, keep_blank_values=True, strict_parsing=True))


def test_google():
    link = calendar_links(FEEDING).google
    assert link.startswith("https://calendar.google.com/calendar/render?")
    assert parameters(link) == {
        "action": "TEMPLATE",
        "text": FEEDING.title,
        "dates": "20260306T000000Z/20260306T010000Z",
        "details": DETAILS,
        "location": FEEDING.url,
    }


@pytest.mark.parametrize(
    ("service", "host"), [("outlook_com", "outlook.live.com"), ("microsoft_365", "outlook.office.com")]
)
def test_outlook(service, host):
    link = getattr(calendar_links(FEEDING), service)
    assert link.startswith(f"https://{host}/calendar/deeplink/compose?")
    assert parameters(link) == {
        "path": "/calendar/action/compose",
        "rru": "addevent",
        "subject": FEEDING.title,
        "startdt": "2026-03-06T00:00:00Z",
        "enddt": "2026-03-06T01:00:00Z",
        "body": DETAILS,
        "location": FEEDING.url,
    }


def test_yahoo():
    link = calendar_links(FEEDING).yahoo
    assert link.startswith("https://calendar.yahoo.com/?")
    assert parameters(link) == {
        "v": "60",
        "title": FEEDING.title,
        "st": "20260306T000000Z",
        "et": "20260306T010000Z",
        "desc": DETAILS,
        "in_loc": FEEDING.url,
    }


@pytest.mark.parametrize(
    "typed", ["a&b=c#d?e", "1+1 = 2", 'x"><script>', "line\r\nLocation: evil", "🦷 é", "%0d%0a"]
)
def test_typed_text_stays_inside_its_parameter(typed):
    for link in astuple(calendar_links(replace(FEEDING, title=typed, description=typed))):
        assert link.isascii()
        assert not set(link) & set(" \"'<>\r\n+#")
        assert set(parameters(link)) >= {"location"} or set(parameters(link)) >= {"in_loc"}
        title = {"text", "subject", "title"} & set(parameters(link))
        assert parameters(link)[title.pop()] == " ".join(typed.split())


@pytest.mark.parametrize("typed", ["word " * 900, "🦷" * 3000, "ß " * 2000, "&" * 5000])
def test_long_text_is_cut_and_the_link_to_the_page_is_kept(typed):
    for link in astuple(calendar_links(replace(FEEDING, title=typed, description=typed))):
        assert len(urlsplit(link).query) < 2048
        details = next(value for name, value in parameters(link).items() if name in {"details", "body", "desc"})
        assert details.endswith(f"…\n\n{FEEDING.url}")
        assert details.startswith(typed[0])
        assert 700 < len(quote(details, safe="")) <= 1000 + len(quote("…"))


def test_a_session_without_a_description_shows_its_page():
    assert parameters(calendar_links(replace(FEEDING, description="")).google)["details"] == FEEDING.url
