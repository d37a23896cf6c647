"""The page behind "Is this you?": looking changes nothing, one press shows that the address is hers.

Also notices when somebody who came by a mailed link does anything at all: then the address is hers, too.
"""

from flask import Blueprint, Flask, Response, flash, g, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import proving as queries
from webinar_hub.services import proving
from webinar_hub.web import visitor
from webinar_hub.web.current import tokens
from webinar_hub.web.rate_limits import by_network

blueprint = Blueprint("proving", __name__)


@blueprint.get("/prove/<token>")
def page(token: str) -> str:
    """What was asked for, and one button; mail scanners may look as often as they like (A21)."""
    view = queries.proof_page(tokens(), token, clock.now())
    visitor.speaks(view.language)
    return render_template("web/prove.html", view=view)


@blueprint.post("/prove/<token>")
@by_network("120 per hour")
def prove(token: str) -> Response | Redirect:
    """Believe her, settle her in, and open her page; a link that has done its work opens nothing any more."""
    with transaction():
        proven = proving.prove(tokens(), token, now=clock.now())
    if proven.again or proven.reason:
        view = queries.proof_page(tokens(), token, clock.now())
        visitor.speaks(view.language)
        page = render_template("web/prove.html", view=view, reason=proven.reason)
        return make_response(page, 409 if proven.reason else 200)
    visitor.remember(proven.person_id, proven.link_nonce)
    flash(_("Thank you: we know now that the address is yours. Everything you signed up for stands here."), "done")
    return redirect(url_for("me.page"), 303)


def believe(response: Response) -> Response:
    """Whoever did something on her own page has opened a mail of ours."""
    person = g.get("acted_as")
    acts = person is not None and request.method == "POST" and response.status_code < 400
    # Asked first: a thousand who come in at once must not queue up to write what most have written before.
    if acts and not queries.is_proven(person):
        with transaction():
            proving.acted(person, now=clock.now())
    return response


def register(app: Flask) -> None:
    """Look at every answer to somebody who is known."""
    app.after_request(believe)
