"""The list of webinars with their cohorts, and the way into the studio."""

from flask import redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.queries import studio as queries
from webinar_hub.rules.staff import Permission
from webinar_hub.web.studio.access import needs, own_account, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.navigation import bar

blueprint = area("webinars")


@blueprint.get("/")
@own_account
def home() -> Redirect:
    """To the first page of hers."""
    # Whoever has no role left, as her webinar is gone, still has an account.
    entries = bar()
    return redirect(url_for(entries[0].endpoint if entries else "studio_account.page"), 303)


@blueprint.get("/webinars")
@needs(Permission.SEE)
def page() -> str:
    """Every webinar she may see, with its cohorts."""
    lines = queries.webinars(staff().webinars(Permission.SEE), clock.now())
    return render_template("studio/webinars/page.html", webinars=lines)
