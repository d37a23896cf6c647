"""The demo's own pages: the mailbox with everybody's mails, and the buttons that move its clock.

Only a demo has them. What a mail looks like on them is in demo_mails.py; the worker is who moves the clock.
"""

import threading
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Blueprint, Response, current_app, redirect, render_template, request, url_for
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import SQLAlchemyError
from werkzeug.wrappers import Response as Redirect

from webinar_hub.adapters.mail.eml import MailboxEntry, MailboxMessage
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.core import clock
from webinar_hub.core.errors import Invalid, NotFound
from webinar_hub.queries import demo as queries
from webinar_hub.queries import health
from webinar_hub.web import demo_mails, headers
from webinar_hub.web.current import settings

blueprint = Blueprint("demo", __name__)

PAGE = 200
_A_DAY = timedelta(days=1)
_MINUTE = timedelta(minutes=1)
_JOURNEY = "demo_journey"
# A short way is over before anybody would look at a progress bar: looks, and seconds of real time between them.
_LOOKS, _PAUSE = 40, 0.02
_NOWHERE = queries.Stage(slug="", cohort="", zone="UTC")
_FRAME_POLICY = (
    "sandbox allow-popups allow-top-navigation-by-user-activation; default-src 'none'; "
    "style-src 'unsafe-inline'; img-src 'self' data:; frame-ancestors 'self'"
)
_FILE_POLICY = "sandbox; default-src 'none'"


@dataclass(frozen=True, slots=True)
class Journey:
    """The clock's last move: when it began (aware UTC), and the newest mail there was then ("" for none)."""

    began_at: datetime
    newest_mail: str


@dataclass(frozen=True, slots=True)
class Bar:
    """What stands above every page: the demo's time in its cohort's zone, and how many mails there are."""

    now: datetime
    zone: str
    mails: int


@dataclass(frozen=True, slots=True)
class Controls:
    """What the clock's buttons need; while it is moved, `until` says where to and `share` how much is done (%)."""

    now: datetime
    until: datetime | None
    share: int
    next_thing: queries.NextThing | None


@blueprint.get("/demo/mailbox")
def mailbox() -> str:
    """Every mail the service has sent, newest first."""
    stage, now, before = queries.stage() or _NOWHERE, clock.now(), request.args.get("before")
    entries = _page(before)
    return render_template(
        "web/demo/mailbox.html",
        days=demo_mails.by_day(_box(), entries, zone=stage.zone, new_after=_journey().newest_mail),
        older=entries[-1].id if len(entries) == PAGE else None,
        before=before,
        stage=stage,
        controls=_controls(now),
        on_its_way=health.unfinished(now),
        is_stale="stale" in request.args,
    )


@blueprint.get("/demo/mailbox/<number>")
def mail(number: str) -> str:
    """One mail, with the invite it carries in words."""
    stage, now = queries.stage() or _NOWHERE, clock.now()
    opened = demo_mails.opened(_message(number), now)
    headers.allow_frame("'self'")
    return render_template("web/demo/mail.html", mail=opened, stage=stage, controls=_controls(now))


@blueprint.get("/demo/mailbox/<number>/html")
def mail_html(number: str) -> Response:
    """The mail's HTML as the frame shows it: no script runs, nothing is loaded from elsewhere."""
    response = Response(demo_mails.for_frame(_message(number).html), mimetype="text/html")
    response.headers["Content-Security-Policy"] = _FRAME_POLICY
    return response


@blueprint.get("/demo/mailbox/<number>/raw")
def raw(number: str) -> Response:
    """The mail as a mail server would get it."""
    return _file(_message(number).raw, "message/rfc822", f"mail-{number}.eml")


@blueprint.get("/demo/mailbox/<number>/<int:position>.ics")
def calendar(number: str, position: int) -> Response:
    """A calendar object of the mail; the first one has position 1."""
    calendars = _message(number).calendars
    if not 1 <= position <= len(calendars):
        raise NotFound()
    return _file(calendars[position - 1], "text/calendar; charset=utf-8", "invite.ics")


@blueprint.post("/demo/clock")
def move_clock() -> Redirect:
    """Have the worker play the clock forward through everything that happens on the way."""
    now = clock.now()
    target = _target(request.form.get("do", ""), now)
    # A second click while the clock is being moved is the same visitor's impatience.
    if target is not None and clock.playing_until() is None:
        newest = _box().list(limit=1)
        current_app.extensions[_JOURNEY] = Journey(now, newest[0].id if newest else "")
        clock.play_until(target)
        _wait_a_little()
    return redirect(url_for("demo.mailbox"), 303)


@blueprint.errorhandler(CSRFError)
def press_again(_: CSRFError) -> Redirect:
    """A personal link opened in another tab begins a new session: in a demo that is daily life, and no attack."""
    return redirect(url_for("demo.mailbox", stale="yes"), 303)


@blueprint.app_context_processor
def _of_every_page() -> dict[str, Any]:
    return {"demo_bar": _bar}


def _bar() -> Bar:
    """It stands on error pages, too, so it must not need the database."""
    try:
        stage = queries.stage() or _NOWHERE
    except SQLAlchemyError:
        stage = _NOWHERE
    return Bar(clock.now(), stage.zone, sum(1 for _ in settings().mailbox_folder.glob("*.eml")))


def _controls(now: datetime) -> Controls:
    until = clock.playing_until()
    if until is None:
        return Controls(now, None, 0, queries.next_thing(now))
    began_at = _journey().began_at
    whole = max(until - began_at, _MINUTE)
    return Controls(now, until, min(100, max(0, int(100 * ((now - began_at) / whole)))), None)


def _target(wish: str, now: datetime) -> datetime | None:
    match wish:
        case "next":
            thing = queries.next_thing(now)
            return thing.at if thing else None
        case "day":
            return now + _A_DAY
        case "end":
            return queries.last_moment(now) + _MINUTE
    raise Invalid("do", "The clock can be moved to the next thing, by a day, or to the end.")


def _wait_a_little() -> None:
    pause = threading.Event()
    for _ in range(_LOOKS):
        if clock.playing_until() is None:
            return
        pause.wait(_PAUSE)


def _journey() -> Journey:
    """The last move; before the first one every mail is news."""
    journey: Journey = current_app.extensions.get(_JOURNEY) or Journey(clock.now(), "")
    return journey


def _box() -> Mailbox:
    return Mailbox(settings().mailbox_folder)


def _page(before: str | None) -> list[MailboxEntry]:
    try:
        return _box().list(limit=PAGE, before=before)
    except (KeyError, ValueError) as missing:
        raise NotFound() from missing


def _message(number: str) -> MailboxMessage:
    try:
        return _box().read(number)
    except (KeyError, OSError) as missing:  # a number may be longer than a file's name can be
        raise NotFound() from missing


def _file(content: bytes, media_type: str, name: str) -> Response:
    response = Response(content, content_type=media_type)
    response.headers["Content-Security-Policy"] = _FILE_POLICY
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
