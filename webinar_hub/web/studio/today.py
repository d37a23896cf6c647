"""Today, the first page after signing in: what is next, what needs her, who came, what was sent."""

from flask import flash, redirect, render_template, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import digests as digest_queries
from webinar_hub.queries import today as queries
from webinar_hub.queries.needs import Asked, Need, needs, purges
from webinar_hub.rules.staff import Permission
from webinar_hub.services import digests
from webinar_hub.services import tasks as services
from webinar_hub.web.current import house
from webinar_hub.web.studio.access import demand, own_account, staff
from webinar_hub.web.studio.access import needs as permitted
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.chart import chart

blueprint = area("today")

# Which page mends what, where it is there; of a cohort those that take one.
_MENDED_AT = {
    "delayed": ("studio_health.page", "See what is wrong"),
    "empty_drop": ("studio_materials.page", "Add the file"),
    "accommodation": ("studio_accommodations.page", "Arrange it"),
    "clash": ("studio_timeline.page", "See the timeline"),
    "incomplete": ("studio_cohort.page", "Fill it in"),
    "undecided": ("studio_places.page", "Decide"),
    "purge": ("studio_purge.page", "See what will be deleted"),
}


@blueprint.get("/today")
@permitted(Permission.SEE)
def page() -> str:
    """Everything at a glance."""
    who, now = staff(), clock.now()
    only = who.webinars(Permission.SEE)
    return render_template(
        "studio/today/page.html",
        **_live(),
        coming=queries.coming_sessions(only, now),
        came=chart(queries.sign_ups(only, now, who.zone)),
        mails=chart(queries.deliveries(only, now, who.zone), ("sent", "failed", "bounced"), ticks_every=1),
        is_fresh=queries.is_fresh(),
        gets_digest=digest_queries.gets_digest(who.id),
        zone=who.zone,
        now=now,
    )


@blueprint.get("/today/live")
@permitted(Permission.SEE)
def live() -> str:
    """What changes while the page is looked at."""
    return render_template("studio/today/live.html", **_live())


@blueprint.post("/today/tasks/<int:task>/done")
@permitted(Permission.REGISTER)
def done(task: int) -> Redirect:
    """Tick a task off."""
    demand(Permission.REGISTER, queries.webinar_of_task(task))
    with transaction():
        services.done(task, actor=staff().actor, now=clock.now())
    flash("Done, and off the list.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/today/digest/<wish>")
@own_account
def digest(wish: str) -> Redirect:
    """Have the same by mail each morning, or not."""
    with transaction():
        digests.choose(staff().id, wanted=wish == "on", now=clock.now())
    flash("You get it each morning at 7:00." if wish == "on" else "No more morning mails for you.", "done")
    return redirect(url_for(".page"), 303)


def _live() -> dict[str, object]:
    who, now = staff(), clock.now()
    only, people = who.webinars(Permission.SEE), who.webinars(Permission.PEOPLE)
    cleaned = purges(house(), who.zone, now) if who.may(Permission.SETTINGS) else []
    sees_people, desk = who.may(Permission.PEOPLE), who.webinars(Permission.REGISTER)
    return {
        "needs": [(need, *_way(need)) for need in (*cleaned, *needs(Asked(only, now, who.zone, desk)))],
        "tasks": queries.open_tasks(people) if sees_people else queries.NOBODY,
        "unreached": queries.unreached(people, now) if sees_people else queries.NOBODY,
    }


def _way(need: Need) -> tuple[str, str]:
    """The address of the page that mends it and the words on the button; "" where there is none."""
    if need.kind not in _MENDED_AT:
        return "", ""
    endpoint, words = _MENDED_AT[need.kind]
    return url_for(endpoint, cohort=need.cohort_key or None), words
