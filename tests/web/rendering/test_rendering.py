"""Pages rendered from sample views: what stands in them, what cannot get into them, who can use them."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from html import unescape
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from flask import Flask, render_template

from tests.web.rendering import samples
from webinar_hub.rules.questions import Asks
from webinar_hub.web.assets import asset, fonts
from webinar_hub.web.errors import ErrorPage
from webinar_hub.web.forms.asked import AskedPart
from webinar_hub.web.forms.lost_link import LostLinkForm
from webinar_hub.web.forms.sign_up import SignUpForm
from webinar_hub.web.straight_in import Came
from webinar_hub.web.structured_data import events

CHECKOUT = Path(__file__).parents[3]
VOID = {"area", "base", "br", "col", "embed", "hr", "img", "input", "link", "meta", "source", "track", "wbr"}


class Page(HTMLParser):
    """A page as its tags, each with the tags around it."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.html = html
        self.tags: list[tuple[str, dict[str, str | None], tuple[str, ...]]] = []
        self._open: list[tuple[str, str]] = []
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        around = tuple(name for name, _ in self._open)
        hidden = any(mark == "hidden" for _, mark in self._open)
        self.tags.append((tag, dict(attributes), (*around, "hidden") if hidden else around))
        if tag not in VOID:
            self._open.append((tag, "hidden" if ("aria-hidden", "true") in attributes else ""))

    def handle_startendtag(self, tag: str, attributes: list[tuple[str, str | None]]) -> None:
        self.handle_starttag(tag, attributes)
        if tag not in VOID:
            self.handle_endtag(tag)

    def handle_endtag(self, tag: str) -> None:
        while self._open and self._open.pop()[0] != tag:
            pass

    def named(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes, _ in self.tags if name == tag]

    @property
    def words(self) -> str:
        without_scripts = re.sub(r"<(script|style).*?</\1>", " ", self.html, flags=re.DOTALL)
        return " ".join(unescape(re.sub(r"<[^>]*>", " ", without_scripts)).split())


def form(kind: str, **values: Any) -> Any:
    if kind == "sign_up":
        sign_up = SignUpForm()
        sign_up.offer_zones("America/New_York")
        return sign_up
    return LostLinkForm()


PAGES: dict[str, Callable[[], dict[str, Any]]] = {
    "home.html": lambda: {"view": samples.HOME},
    "home.html nothing planned": lambda: {"view": replace(samples.HOME, next_up=None, webinars=())},
    "webinar.html": lambda: {"view": samples.webinar()},
    "webinar.html full": lambda: {
        "view": samples.webinar(cohorts=(samples.cohort(closed_because="This cohort is full.", seats_left=0),))
    },
    "webinar.html no date": lambda: {"view": samples.webinar(cohorts=())},
    "sign_up.html": lambda: {
        "view": samples.webinar(),
        "cohort": samples.cohort(),
        "form": form("sign_up"),
        "part": AskedPart(Asks(credit=True), {}),
    },
    "sign_up.html closed": lambda: {
        "view": samples.webinar(),
        "cohort": samples.cohort(closed_because="Sign-up has closed."),
        "form": form("sign_up"),
        "part": AskedPart(Asks(), {}),
    },
    "thanks.html": lambda: _thanks(Came(asked=False)),
    "thanks.html asked": lambda: _thanks(Came(asked=True)),
    "thanks.html soon": lambda: _thanks(Came(asked=False, into=samples.cohort().next_session)),
    "my.html": lambda: _mine(samples.my_page()),
    "my.html no feed": lambda: _mine(samples.my_page(person=samples.person(feed_url=None))),
    "my.html empty": lambda: _mine(samples.my_page(registrations=())),
    "my.html open": lambda: _mine(_my_page_while("live")),
    "join.html early": lambda: _door(samples.door()),
    "join.html open": lambda: _door(_open_door()),
    "join.html watching": lambda: _door(_open_door(joined=True), watching=True),
    "join.html over": lambda: _door(samples.door(session=samples.session(state="over"))),
    "join.html cancelled": lambda: _door(samples.door(session=samples.session(state="cancelled"))),
    "bonus.html": lambda: _bonus(samples.drop()),
    "bonus.html locked": lambda: _bonus(samples.LOCKED),
    "bonus.html surprise": lambda: _bonus(samples.SURPRISE),
    "cancel.html": lambda: {"view": samples.registration()},
    "cancel.html done": lambda: {"view": samples.registration(state="cancelled")},
    "lost_link.html": lambda: {"form": form("lost_link")},
    "lost_link.html sent": lambda: {"form": form("lost_link"), "sent": True},
    "session_public.html": lambda: {
        "webinar": samples.webinar(),
        "cohort": samples.cohort(),
        "session": samples.session(),
    },
    "unsubscribe.html": lambda: {"view": samples.UNSUBSCRIBE, "token": "t"},
    "unsubscribe.html done": lambda: {
        "view": replace(samples.UNSUBSCRIBE, wants_reminders=False, wants_bonuses=False),
        "token": "t",
        "saved": True,
    },
    "error.html": lambda: {"page": ErrorPage(500, "Something went wrong", "Nothing was lost.", "ab12cd34")},
}


def _thanks(came: Came) -> dict[str, Any]:
    return {"view": samples.webinar(), "cohort": samples.cohort(), "calendar": samples.CALENDAR, "came": came}


def _mine(view: Any) -> dict[str, Any]:
    return {"view": view, "calendar": samples.CALENDAR, "now": samples.NOW}


def _my_page_while(state: str) -> Any:
    live = samples.session(state=state)
    return samples.my_page(
        registrations=(samples.registration(cohort=samples.cohort(sessions=(live,), next_session=live)),)
    )


def _open_door(**changes: Any) -> Any:
    return samples.door(session=samples.session(state="join_open"), seconds_to_open=0, **changes)


def _door(view: Any, *, watching: bool = False) -> dict[str, Any]:
    return {"view": view, "person": samples.person(), "watching": watching}


def _bonus(view: Any) -> dict[str, Any]:
    return {"view": view, "registration": samples.registration(), "person": samples.person(), "now": samples.NOW}


def rendered(app: Flask, name: str, values_of: Callable[[], dict[str, Any]] | None = None) -> Page:
    with app.test_request_context("/", base_url="https://hub.example"):
        values = (values_of or PAGES[name])()
        links = app.extensions["links"]
        if name.startswith("webinar.html"):
            values |= {"links": links, "structured_data": events(values["view"], links)}
        return Page(render_template(f"web/{name.split()[0]}", **values))


@pytest.mark.parametrize("name", PAGES)
def test_nothing_in_a_page_is_inline(app: Flask, name: str) -> None:
    page = rendered(app, name)
    for tag, attributes, _ in page.tags:
        assert tag != "style"
        assert "style" not in attributes
        assert not [key for key in attributes if key.startswith("on")], (tag, attributes)
        if tag == "script":
            assert attributes.get("type") == "application/ld+json" or "src" in attributes
        assert not (attributes.get("href") or "").lower().startswith("javascript:")


@pytest.mark.parametrize("name", PAGES)
def test_everything_to_fill_in_has_a_label(app: Flask, name: str) -> None:
    page = rendered(app, name)
    labelled = {label.get("for") for label in page.named("label")}
    for tag, attributes, around in page.tags:
        if tag in ("input", "select", "textarea") and attributes.get("type") != "hidden":
            assert attributes.get("id") in labelled or "label" in around, attributes


@pytest.mark.parametrize("name", PAGES)
def test_a_page_has_one_heading_unique_ids_and_pictures_with_words(app: Flask, name: str) -> None:
    page = rendered(app, name)
    ids = [attributes["id"] for _, attributes, _ in page.tags if "id" in attributes]
    assert len(page.named("h1")) == 1
    assert len(ids) == len(set(ids))
    assert all("alt" in picture for picture in page.named("img"))
    assert all(frame.get("title") for frame in page.named("iframe"))
    assert page.named("html")[0]["lang"] == "en"
    described = [
        key for _, attributes, _ in page.tags for key in (attributes.get("aria-describedby") or "").split()
    ]
    named = [attributes["aria-labelledby"] for _, attributes, _ in page.tags if "aria-labelledby" in attributes]
    assert set(described) | set(named) <= set(ids)


@pytest.mark.parametrize("name", PAGES)
def test_every_form_that_posts_carries_the_token_except_on_the_unsubscribe_page(app: Flask, name: str) -> None:
    page = rendered(app, name)
    posts = [tag for tag in page.named("form") if tag.get("method") == "post"]
    tokens = [tag for tag in page.named("input") if tag.get("name") == "csrf_token"]
    assert len(tokens) == (0 if name.startswith("unsubscribe") else len(posts))


@pytest.mark.parametrize("name", ["home.html", "webinar.html", "session_public.html"])
def test_public_pages_touch_no_session(app: Flask, name: str) -> None:
    assert "csrf_token" not in rendered(app, name).html


def test_the_home_page_leads_to_the_form_and_to_the_page(app: Flask) -> None:
    page = rendered(app, "home.html")
    leads = [link["href"] for link in page.named("a") if "button" in (link.get("class") or "")]
    assert leads == ["/w/calm-hands/sign-up/cohort1", "/w/calm-hands"]


def test_what_scripts_add_is_there_before_the_page_is_shown(app: Flask) -> None:
    scripts = [
        tag for name in ("home.html", "webinar.html", "my.html") for tag in rendered(app, name).named("script")
    ]
    adding = [tag for tag in scripts if re.search("local_times|countdown", tag.get("src") or "")]
    assert len(adding) == 6
    assert all(tag.get("blocking") == "render" for tag in adding), "otherwise lines jump (layout shift)"


def test_a_date_of_another_year_says_so(app: Flask) -> None:
    sessions = (samples.session(1), samples.session(2, starts_at=samples.START.replace(year=2027)))
    view = samples.webinar(cohorts=(samples.cohort(sessions=sessions),), past_cohorts=())
    page = rendered(app, "webinar.html", lambda: {"view": view})
    assert "Thu 5 March 2026, 7:00 pm in New York" in page.words, "the date that comes is told in full"
    assert "Fri 5 March 2027, 7:00 pm in New York" in page.words
    assert "Unlocks Tue 11 August, 8:00 am in New York" in page.words
    hers = samples.my_page(registrations=(samples.registration(cohort=samples.cohort(sessions=sessions)),))
    trail = rendered(app, "my.html", lambda: _mine(hers)).words
    assert "Fri 5 March 2027, 7:00 pm in New York: 4:00 pm for you" in trail
    assert "Unlocks Tue 11 August, 8:00 am in New York: 5:00 am for you" in trail


@pytest.mark.parametrize("name", ["my.html", "join.html open", "join.html early", "bonus.html"])
def test_a_hostile_name_stays_text(app: Flask, name: str) -> None:
    hostile = samples.person(name=samples.HOSTILE)
    is_mine = name == "my.html"
    page = rendered(
        app,
        name,
        lambda: _mine(samples.my_page(person=hostile)) if is_mine else PAGES[name]() | {"person": hostile},
    )
    assert "<script>alert" not in page.html
    assert samples.HOSTILE in unescape(page.html)
    assert "49" not in page.words
    assert "https://evil.example" not in [link.get("href") for link in page.named("a")]


def test_words_of_an_organizer_cannot_leave_the_data_block(app: Flask) -> None:
    title = "Touch</script><script>alert(1)</script> & <b>more</b>"
    page = rendered(app, "webinar.html", lambda: {"view": samples.webinar(title=title, faq=((title, title),))})
    block = re.search(r'<script type="application/ld\+json">(.*?)</script>', page.html, re.DOTALL)
    assert block is not None
    assert json.loads(block[1])[0]["name"] == f"{title}: Evening 1"
    assert "<script>alert" not in page.html


def test_markdown_of_an_organizer_is_cleaned(app: Flask) -> None:
    view = samples.webinar(description="**Bold** <img src=x onerror=alert(1)> [bad](javascript:alert(1))")
    page = rendered(app, "webinar.html", lambda: {"view": view})
    assert "<strong>Bold</strong>" in page.html
    assert "<img src=x" not in page.html
    assert not [link for link in page.named("a") if (link.get("href") or "").startswith("javascript")]


def test_a_public_time_is_the_organizers_and_ready_for_the_readers_own(app: Flask) -> None:
    marks = 'datetime="2026-03-06T00:00:00Z" data-zone="America/New_York"'
    for name in ("home.html", "webinar.html", "session_public.html", "sign_up.html", "thanks.html"):
        assert f"<time {marks}>Thu 5 March 2026, 7:00 pm in New York</time>" in rendered(app, name).html, name


def test_a_personal_time_is_in_both_zones(app: Flask) -> None:
    for name in ("my.html", "join.html early"):
        assert "Thu 5 March, 7:00 pm in New York: 4:00 pm for you" in rendered(app, name).words, name


@pytest.mark.parametrize("name", ["webinar.html", "my.html"])
def test_the_trail_shows_when_locked_things_unlock_and_hides_surprises(app: Flask, name: str) -> None:
    page = rendered(app, name)
    assert "The sleep plan" in page.words
    assert "A surprise" in page.words
    assert page.words.count("Unlocks Tue 11 August, 8:00 am in New York") >= 2
    addresses = [link.get("href") for link in page.named("a")]
    assert "/my/bonus/drop2" not in addresses
    assert "/my/bonus/drop3" not in addresses


def test_my_page_opens_what_is_released_and_ticks_what_was_attended(app: Flask) -> None:
    page = rendered(app, "my.html")
    assert "/my/bonus/drop1" in [link.get("href") for link in page.named("a")]
    assert "1 of 2 attended" in page.words


def test_a_drop_that_never_was_hers_says_so(app: Flask) -> None:
    past = replace(samples.LOCKED, release_at=samples.NOW)
    view = samples.registration(cohort=samples.cohort(drops=(past,)))
    page = rendered(app, "my.html", lambda: _mine(samples.my_page(registrations=(view,))))
    assert "opened before you signed up" in page.words
    assert "Unlocks" not in page.words


@pytest.mark.parametrize(
    ("name", "buttons"),
    [
        ("join.html early", []),
        ("join.html over", []),
        ("join.html cancelled", []),
        ("join.html open", ["here", "there"]),
        ("join.html watching", ["there"]),
    ],
)
def test_the_door_has_a_button_only_while_it_is_open(app: Flask, name: str, buttons: list[str]) -> None:
    page = rendered(app, name)
    assert [button["value"] for button in page.named("button") if button.get("name") == "where"] == buttons
    assert bool(page.named("iframe")) is (name == "join.html watching")


def test_before_the_door_opens_the_page_comes_back_by_itself(app: Flask) -> None:
    assert (
        '<noscript><meta http-equiv="refresh" content="3601"></noscript>' in rendered(app, "join.html early").html
    )


def test_the_thank_you_shows_no_way_in(app: Flask) -> None:
    addresses = [link.get("href") or "" for link in rendered(app, "thanks.html").named("a")]
    assert not [address for address in addresses if "/join/" in address or "/me/" in address]
    assert "/w/calm-hands/cohort1.ics" in addresses


def test_a_full_cohort_says_why_and_has_no_way_in(app: Flask) -> None:
    page = rendered(app, "webinar.html full")
    assert "This cohort is full." in page.words
    assert not [link for link in page.named("a") if "sign-up" in (link.get("href") or "")]


def test_a_page_can_be_shared_with_picture_and_words(app: Flask) -> None:
    page = rendered(app, "webinar.html")
    shared = {tag["property"]: tag["content"] for tag in page.named("meta") if "property" in tag}
    assert shared["og:title"] == "Calm hands"
    assert shared["og:image"] == "https://hub.example/w/calm-hands/cover.png"
    assert shared["og:url"] == "https://hub.example/w/calm-hands"


def test_unsubscribing_is_one_button_and_can_be_undone(app: Flask) -> None:
    assert "Stop these mails" in rendered(app, "unsubscribe.html").words
    assert "Undo: send them again" in rendered(app, "unsubscribe.html done").words


def test_an_address_of_an_asset_changes_with_its_content(app: Flask) -> None:
    with app.app_context():
        first, again, other = asset("css/tokens.css"), asset("css/tokens.css"), asset("css/components.css")
    assert first == again
    assert first.partition("?v=")[2] != other.partition("?v=")[2] != ""


def test_fonts_are_named_by_the_version_that_npm_installs(app: Flask) -> None:
    style = (CHECKOUT / "webinar_hub/static/css/fonts.css").read_text()
    locked = json.loads((CHECKOUT / "package.json").read_text())["dependencies"]
    named = re.findall(r"vendor/(\w+)-\S+?\?v=([\d.]+)", style)
    fonts = {name: version for name, version in locked.items() if name.startswith("@fontsource")}
    assert sorted(named) == sorted((package.rpartition("/")[2], version) for package, version in fonts.items())


def test_pages_do_without_the_fonts_where_nobody_brought_them(
    app: Flask, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "css").mkdir()
    style = (CHECKOUT / "webinar_hub/static/css/fonts.css").read_text()
    (tmp_path / "css" / "fonts.css").write_text(style)
    monkeypatch.setattr(app, "static_folder", str(tmp_path))
    with app.app_context():
        assert fonts() == []
        (tmp_path / "vendor").mkdir()
        for name in re.findall(r"vendor/([^?]+)", style):
            (tmp_path / "vendor" / name).write_bytes(b"")
        assert len(fonts()) == 2
