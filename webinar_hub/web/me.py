"""Her own page: the exchange of a mail's link for a cookie, what is next, her calendar, and "Not you?"."""

from flask import Blueprint, flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.calendar_links import CalendarLinks, calendar_links
from webinar_hub.queries import calendars, erasures
from webinar_hub.queries import me as queries
from webinar_hub.queries.views import MyPageView
from webinar_hub.services import subscriptions
from webinar_hub.web import visitor
from webinar_hub.web.current import hub, links, tokens

blueprint = Blueprint("me", __name__)


@blueprint.get("/me/<token>")
@blueprint.get("/me/<token>/join/<session>")
@blueprint.get("/me/<token>/bonus/<drop>")
def enter(token: str, session: str | None = None, drop: str | None = None) -> Redirect:
    """Exchange the link for a cookie at once, so that the token stays out of history and logs (A19)."""
    parts = tokens().read("me", token, (int, str))
    person, nonce = (int(parts[0]), str(parts[1])) if parts else (0, "")
    if visitor.known(person, nonce) is None:
        raise NotFound()
    visitor.remember(person, nonce)
    if session:
        return redirect(url_for("join.door", session=session), 303)
    return redirect(url_for("downloads.bonus", drop=drop) if drop else url_for("me.page"), 303)


@blueprint.get("/my")
def page() -> str:
    """What is next, and the trail of sessions and bonuses; what she can set is in `preferences.py`."""
    now, person = clock.now(), visitor.required()
    view, wish = queries.my_page(person, links(), now), erasures.open_wish(person, now)
    return render_template("web/my.html", view=view, calendar=_next_in_calendars(view), now=now, wish=wish)


@blueprint.post("/my/calendar")
def open_calendar() -> Redirect:
    """Give her calendar subscription a new address."""
    person = visitor.required()
    with transaction():
        subscriptions.open_feed(person, now=clock.now())
    flash(_("Your calendar address is ready: copy it below."), "done")
    return redirect(url_for("me.page", _anchor="calendar"), 303)


@blueprint.post("/my/calendar/revoke")
def close_calendar() -> Redirect:
    """End the address of her calendar subscription."""
    person = visitor.required()
    with transaction():
        subscriptions.close_feed(person, now=clock.now())
    flash(_("The calendar address no longer works. You can make a new one at any time."), "done")
    return redirect(url_for("me.page", _anchor="calendar"), 303)


@blueprint.post("/my/leave")
def leave() -> Redirect:
    """Forget her on this device."""
    visitor.forget()
    return redirect(url_for("lost_link.form", left="yes"), 303)


def _next_in_calendars(view: MyPageView) -> CalendarLinks | None:
    """Links that put the session shown at the top into a web calendar."""
    first = view.registrations[0] if view.registrations else None
    if first is None or first.state != "confirmed" or first.cohort.next_session is None:
        return None
    entries = calendars.personal(view.person.id, hub(), first.cohort.next_session.public_id)
    return calendar_links(entries[0].session) if entries else None
