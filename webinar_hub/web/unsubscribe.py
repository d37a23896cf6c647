"""Ending mails by the link in them: looking changes nothing, one press ends them, another brings them back."""

from flask import Blueprint, Response, make_response, render_template, request

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import preferences as queries
from webinar_hub.services import preferences
from webinar_hub.web import visitor
from webinar_hub.web.current import tokens
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("unsubscribe", __name__)


@blueprint.get("/unsubscribe/<token>")
def page(token: str) -> str:
    """What is sent at the moment, and one button; mail scanners may look as often as they like (A21)."""
    view = queries.unsubscribe_page(tokens(), token)
    visitor.speaks(view.language)
    return render_template("web/unsubscribe.html", view=view, token=token)


# The token is the authority, and RFC 8058 section 3.2 sends no cookie; so another site can do no harm either.
@blueprint.post("/unsubscribe/<token>")
@csrf.exempt
def change(token: str) -> Response:
    """End what is not ticked; the one-click POST of a mail program ticks nothing."""
    with transaction():
        preferences.unsubscribe(
            tokens(),
            token,
            now=clock.now(),
            reminders="reminders" in request.form,
            bonuses="bonuses" in request.form,
        )
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response(_("You are unsubscribed.") + "\n", mimetype="text/plain")
    view = queries.unsubscribe_page(tokens(), token)
    visitor.speaks(view.language)
    return make_response(render_template("web/unsubscribe.html", view=view, token=token, saved=True))


@blueprint.get("/unsubscribe/<token>/news")
def news_page(token: str) -> str:
    """What news are, and one button that ends them."""
    view = queries.news_page(tokens(), token)
    visitor.speaks(view.language)
    return render_template("web/no_news.html", view=view)


# For the same reasons as above.
@blueprint.post("/unsubscribe/<token>/news")
@csrf.exempt
def no_news(token: str) -> Response:
    """End her news; what belongs to her places still comes."""
    with transaction():
        preferences.unsubscribe_from_news(tokens(), token, now=clock.now())
    if request.form.get("List-Unsubscribe") == "One-Click":
        return Response(_("You are unsubscribed.") + "\n", mimetype="text/plain")
    view = queries.news_page(tokens(), token)
    visitor.speaks(view.language)
    return make_response(render_template("web/no_news.html", view=view))
