"""What templates may call: time in words, Markdown made safe, addresses of assets."""

from collections.abc import Sequence
from datetime import UTC, datetime
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

from babel.numbers import format_decimal
from flask import Flask, request

from webinar_hub.core import clock
from webinar_hub.core.language import locale
from webinar_hub.documents.markdown import to_html
from webinar_hub.documents.when import (
    clock_of_day,
    duration_in_words,
    place_of,
    short_month,
    time_range,
    when_for,
    when_in,
)
from webinar_hub.queries.views import DropView, SessionView
from webinar_hub.rules.source import passed_on
from webinar_hub.web.assets import asset, fonts
from webinar_hub.web.current import settings
from webinar_hub.web.languages import in_language


def trail(sessions: Sequence[SessionView], drops: Sequence[DropView]) -> list[tuple[datetime, str, Any]]:
    """Sessions and bonuses in the order of time, each as (moment, "session" or "drop", view)."""
    steps: list[tuple[datetime, str, Any]] = [(session.starts_at, "session", session) for session in sessions]
    steps += [(drop.release_at, "drop", drop) for drop in drops]
    return sorted(steps, key=itemgetter(0))


def iso(moment: datetime) -> str:
    """The moment for <time datetime>: "2026-03-06T00:00:00Z"."""
    return f"{moment.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


def day_in(moment: datetime, zone: str) -> int:
    """The day of the month on the zone's calendar."""
    return moment.astimezone(ZoneInfo(zone)).day


def year_in(moment: datetime, zone: str) -> int:
    """The year on the zone's calendar."""
    return moment.astimezone(ZoneInfo(zone)).year


def size_in_words(octets: int) -> str:
    """The size of a file as people say it: "180 kB", "2.4 MB"."""
    if octets < 1_000_000:
        return f"{max(1, round(octets / 1000))} kB"
    pattern = "0" if octets >= 100_000_000 else "0.0"
    return f"{format_decimal(octets / 1_000_000, format=pattern, locale=locale())} MB"


def initials(name: str) -> str:
    """The first letters of the first and the last name: "MT"."""
    words = name.split()
    return "".join(word[0] for word in (words[:1] + words[1:][-1:])).upper()


def came_from() -> str:
    """What to add to a link to the sign-up; see `rules/source.py`."""
    source = passed_on(request.args)
    return source + in_language("&" if source else "?")


def register(app: Flask) -> None:
    """Give the templates their filters and the few values every page needs."""
    app.jinja_env.filters.update(
        when_in=when_in, when_for=when_for, place_of=place_of, time_range=time_range, markdown=to_html, iso=iso,
        duration_in_words=duration_in_words, month_in=short_month, year_in=year_in, day_in=day_in,
        size_in_words=size_in_words, initials=initials, clock=clock_of_day,
    )  # fmt: skip
    app.jinja_env.globals.update(asset=asset, fonts=fonts, trail=trail, came_from=came_from)
    app.jinja_env.trim_blocks = app.jinja_env.lstrip_blocks = True
    app.context_processor(_of_every_page)


def _of_every_page() -> dict[str, Any]:
    # The demo's clock is not the reader's, so there its pages say what time it is.
    return {"demo": settings().demo, "demo_now": clock.now() if settings().demo else None}
