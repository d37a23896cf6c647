"""The page behind a presenter's own link: her sessions, and the button that starts one."""

from flask import Blueprint, redirect, render_template
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import presenting as queries
from webinar_hub.web import headers
from webinar_hub.web.current import tokens
from webinar_hub.web.other_sites import csrf

blueprint = Blueprint("presenting", __name__)


@blueprint.get("/start/<token>")
def page(token: str) -> str:
    """When she teaches, and how many are registered."""
    view = queries.presenting(tokens(), token, clock.now())
    for session in view.sessions:
        headers.allow_leaving_by_form(session.leads_to)
    return render_template("web/presenting.html", view=view, token=token)


# Nothing is changed by it, and whoever can make her browser send it must know the token, which is the whole secret.
@blueprint.post("/start/<token>/<session>")
@csrf.exempt
def start(token: str, session: str) -> Redirect:
    """Lead her to where the session is started; the address stands in no page that could be looked at."""
    view = queries.presenting(tokens(), token, clock.now())
    found = next((each for each in view.sessions if each.public_id == session), None)
    if found is None:
        raise NotFound()
    if not found.leads_to:
        raise Conflict(_("The organizer has not set the link of this session yet. Ask her, then try again."))
    return redirect(found.leads_to, 303)
