"""Mails and settings: everything she wants to be sent, her details and her address, on one page (FEATURES D10)."""

from flask import (
    Blueprint,
    Response,
    flash,
    make_response,
    redirect,
    render_template,
    request,
    url_for,
)
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import current as page_language
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import changing, preferences
from webinar_hub.queries import me as queries
from webinar_hub.queries.rhythm import rhythm
from webinar_hub.services import preference_center
from webinar_hub.services import preferences as details_of
from webinar_hub.services.preference_center import Wanted
from webinar_hub.web import visitor
from webinar_hub.web.current import house, links
from webinar_hub.web.forms.details import DetailsForm

blueprint = Blueprint("preferences", __name__)


@blueprint.get("/my/preferences")
def page() -> Response:
    """Every choice there is, with what it is at the moment."""
    return _page(visitor.required())


@blueprint.post("/my/preferences")
def choose() -> Redirect:
    """Keep what is ticked; "only what I need" ticks nothing."""
    person, only = visitor.required(), "needed" in request.form
    nothing = frozenset[str]()
    wanted = Wanted(
        shown=frozenset(request.form.getlist("place")),
        reminders=nothing if only else frozenset(request.form.getlist("reminders")),
        bonuses=nothing if only else frozenset(request.form.getlist("bonuses")),
        news=not only and "news" in request.form,
    )
    with transaction():
        preference_center.choose(
            person, wanted, news_words=house().news_said, page=request.path, now=clock.now()
        )  # fmt: skip
    said = _("Saved: from now on you get only what belongs to your seats, such as a moved session.")
    flash(said if only else _("Saved: from now on you get only the mails you chose."), "done")
    return redirect(url_for("preferences.page"), 303)


@blueprint.post("/my/details")
def details() -> Response | Redirect:
    """Correct her name, profession and zone."""
    person = visitor.required()
    form = DetailsForm()
    if not form.validate():
        return _page(person, form)
    code = request.form.get("language", "")
    with transaction():
        details_of.change_details(
            person,
            name=form.clean_name,
            profession=form.profession.data or "",
            zone_name=form.clean_zone,
            code=code,
            now=clock.now(),
        )
    visitor.speaks(code or page_language())
    flash(_("Your details are saved. Every time on this page is now shown for your zone."), "done")
    return redirect(url_for("preferences.page"), 303)


def _page(person: int, form: DetailsForm | None = None) -> Response:
    now = clock.now()
    view = queries.person_view(person, links())
    shown = form or DetailsForm(name=view.name, profession=view.profession, zone=view.zone)
    body = render_template(
        "web/preferences.html",
        person=view,
        places=preferences.places(person),
        waiting=changing.waiting_address(person, now),
        rhythm=rhythm(person, now),
        form=shown,
        news_words=house().news_said,
    )
    return make_response(body, 400 if form else 200)
