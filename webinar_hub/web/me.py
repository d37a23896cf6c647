"""Her own page: the exchange of a mail's link for a cookie, what is next, her details, and "Not you?"."""

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.documents.calendar_links import CalendarLinks, calendar_links
from webinar_hub.queries import calendars, erasures
from webinar_hub.queries import me as queries
from webinar_hub.queries.views import MyPageView
from webinar_hub.services import consents, preferences, subscriptions
from webinar_hub.web import visitor
from webinar_hub.web.current import hub, links, tokens
from webinar_hub.web.forms.details import DetailsForm

blueprint = Blueprint("me", __name__)

NEWS_WORDS = "News about new webinars and trainings"


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
def page() -> Response:
    """What is next, the trail of sessions and bonuses, and everything she can change."""
    return _page(visitor.required())


@blueprint.post("/my/details")
def details() -> Response | Redirect:
    """Correct her name and zone."""
    person = visitor.required()
    form = DetailsForm()
    if not form.validate():
        return _page(person, form)
    with transaction():
        preferences.change_details(person, name=form.clean_name, zone_name=form.clean_zone, now=clock.now())
    flash("Your details are saved. Every time on this page is now shown for your zone.", "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/my/news")
def news() -> Redirect:
    """Agree to news about other webinars, or end them."""
    person = visitor.required()
    wanted = "news" in request.form
    with transaction():
        consents.choose(person, "news", wanted=wanted, words=NEWS_WORDS, page=request.path, now=clock.now())
    said = "Saved: we write to you about new webinars." if wanted else "Saved: you get no more news from us."
    flash(said, "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/my/calendar")
def open_calendar() -> Redirect:
    """Give her calendar subscription a new address."""
    person = visitor.required()
    with transaction():
        subscriptions.open_feed(person, now=clock.now())
    flash("Your calendar address is ready: copy it below.", "done")
    return redirect(url_for("me.page", _anchor="calendar"), 303)


@blueprint.post("/my/calendar/revoke")
def close_calendar() -> Redirect:
    """End the address of her calendar subscription."""
    person = visitor.required()
    with transaction():
        subscriptions.close_feed(person, now=clock.now())
    flash("The calendar address no longer works. You can make a new one at any time.", "done")
    return redirect(url_for("me.page", _anchor="calendar"), 303)


@blueprint.post("/my/leave")
def leave() -> Redirect:
    """Forget her on this device."""
    visitor.forget()
    return redirect(url_for("lost_link.form", left="yes"), 303)


def _page(person: int, form: DetailsForm | None = None) -> Response:
    now = clock.now()
    view = queries.my_page(person, links(), now)
    shown = form or DetailsForm(name=view.person.name, zone=view.person.zone)
    calendar = _next_in_calendars(view)
    wish = erasures.open_wish(person, now)
    body = render_template(
        "web/my.html", view=view, form=shown, calendar=calendar, now=now, news_words=NEWS_WORDS, wish=wish
    )
    return make_response(body, 400 if form else 200)


def _next_in_calendars(view: MyPageView) -> CalendarLinks | None:
    """Links that put the session shown at the top into a web calendar."""
    first = view.registrations[0] if view.registrations else None
    if first is None or first.state != "confirmed" or first.cohort.next_session is None:
        return None
    entries = calendars.personal(view.person.id, hub(), first.cohort.next_session.public_id)
    return calendar_links(entries[0].session) if entries else None
