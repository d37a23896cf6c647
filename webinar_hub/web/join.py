"""The door of a session: the page that calendars link to, her own countdown, and the button that lets her in."""

from flask import Blueprint, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, metrics
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import me as queries
from webinar_hub.queries import public
from webinar_hub.queries.views import JoinView
from webinar_hub.services import joins
from webinar_hub.web import headers, visitor
from webinar_hub.web.current import links

blueprint = Blueprint("join", __name__)


@blueprint.get("/join/<session>")
def from_calendar(session: str) -> str | Redirect:
    """When the session is; whoever this device knows goes on to her own door."""
    webinar, cohort, shown = public.session_page(session, clock.now())
    person = visitor.recognized()
    if person is not None and queries.has_place(person, session):
        return redirect(url_for("join.door", session=session), 302)
    return render_template("web/session_public.html", webinar=webinar, cohort=cohort, session=shown)


@blueprint.get("/my/join/<session>")
def door(session: str) -> str:
    """A countdown, then the button, then the player."""
    now = clock.now()
    person = visitor.required()
    view = queries.join_page(person, session, now)
    whose = queries.person_view(person, links())
    headers.allow_leaving_by_form(view.watch_url)
    watching = _is_watching(view)
    if watching and view.frame_source:
        headers.allow_frame(view.frame_source)
    return render_template("web/join.html", view=view, person=whose, watching=watching)


@blueprint.post("/my/join/<session>")
def enter(session: str) -> Redirect:
    """Record that she came, and lead her to the stream: into the page or to the provider's."""
    now = clock.now()
    person = visitor.required()
    view = queries.join_page(person, session, now)
    with transaction():
        joins.join(person, session, now=now)
        if not view.watch_url:
            # Nobody came in, so what was just written is undone.
            raise Conflict(_("The organizer has not set the address of the stream yet. Try again in a minute."))
    metrics.record_join()
    if request.form.get("where") == "here" and view.embed_url:
        return redirect(url_for("join.door", session=session), 303)
    return redirect(view.watch_url, 303)


def _is_watching(view: JoinView) -> bool:
    return view.joined and view.embed_url is not None and view.session.state in ("join_open", "live")
