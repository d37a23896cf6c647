"""An organizer's own calendar: asked for, changed, ended in the studio; fetched by her calendar program."""

from hashlib import sha256

from flask import Blueprint, Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import feeds as queries
from webinar_hub.services import organizer_feeds
from webinar_hub.web.calendars import MEDIA_TYPE, REFRESH
from webinar_hub.web.current import hub, tokens
from webinar_hub.web.studio.access import own_account, staff
from webinar_hub.web.studio.area import area

blueprint = area("feeds")
public = Blueprint("organizer_feed", __name__)


@blueprint.post("/calendar/address")
@own_account
def give() -> Redirect:
    """Make an address, or a new one in the place of the old."""
    with transaction():
        organizer_feeds.give(staff().id, actor=staff().actor, now=clock.now())
    flash("Your calendar has an address. Subscribe to it once, and it stays up to date.", "done")
    return redirect(url_for("studio_webinars.page", _anchor="calendar"), 303)


@blueprint.get("/calendar/end")
@own_account
def confirm_end() -> str:
    """What ends with it."""
    return render_template("studio/webinars/end_feed.html")


@blueprint.post("/calendar/end")
@own_account
def end() -> Redirect:
    """End it."""
    with transaction():
        organizer_feeds.end(staff().id, actor=staff().actor, now=clock.now())
    flash("Your calendar's address has ended. Whoever had it sees nothing any more.", "done")
    return redirect(url_for("studio_webinars.page"), 303)


@public.get("/cal/studio/<token>.ics")
def feed(token: str) -> Response:
    """The calendar; it answers 304 until a session or the number of registrations changes."""
    entries = queries.entries(queries.feed_owner(tokens(), token), hub())
    response = Response(content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "private, no-cache"
    response.set_etag(sha256(repr(entries).encode()).hexdigest())
    if request.if_none_match.contains(response.get_etag()[0] or ""):
        response.status_code = 304
        return response
    from webinar_hub.documents.ics import calendar_feed  # noqa: PLC0415  slow import

    about = "Every live session, and how many are registered."
    response.data = calendar_feed(entries, name="Webinars I organize", description=about, refresh=REFRESH)
    return response
