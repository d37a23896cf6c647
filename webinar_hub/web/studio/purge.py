"""What the nightly clean-up will delete: shown before it does, let go or put off by the owner."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import purge as queries
from webinar_hub.rules.staff import Permission
from webinar_hub.services import purging
from webinar_hub.services.purging import Periods
from webinar_hub.web.current import house
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("purge")


def _periods() -> Periods:
    return Periods(house().retention, house().zone)


@blueprint.get("/settings/clean-up")
@needs(Permission.SETTINGS)
def page() -> str:
    """Every kind: how many would go, the oldest, some of them, and when."""
    kinds = queries.preview(house().retention, house().zone, clock.now())
    return render_template("studio/settings/purge.html", kinds=kinds, zone=house().zone)


@blueprint.post("/settings/clean-up/<kind>/confirm")
@needs(Permission.SETTINGS)
def confirm(kind: str) -> Redirect:
    """Let it begin with the next night."""
    with transaction():
        purging.confirm(kind, _periods(), actor=staff().actor, now=clock.now())
    flash("It begins with the next night.", "done")
    return redirect(url_for("studio_purge.page"), 303)


@blueprint.post("/settings/clean-up/<kind>/hold")
@needs(Permission.SETTINGS)
def hold(kind: str) -> Redirect:
    """Put it off for two more weeks."""
    with transaction():
        purging.hold(kind, _periods(), actor=staff().actor, now=clock.now())
    flash("Put off for two weeks. Change how long it is kept if it should stay.", "done")
    return redirect(url_for("studio_purge.page"), 303)
