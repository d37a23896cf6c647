"""Everybody in the webinars that whoever looks may see: a list, saved views, what is done with many at once."""

from typing import Any

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.queries import answers, people_views
from webinar_hub.queries import people as queries
from webinar_hub.rules.people import Scope
from webinar_hub.rules.staff import Permission
from webinar_hub.services import people_bulk
from webinar_hub.services import people_views as saved
from webinar_hub.web.studio import people_export, people_filters
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("people")


@blueprint.get("/people")
@needs(Permission.PEOPLE)
def page() -> str:
    """The list, a page at a time."""
    return render_template("studio/people/page.html", **shown(people_filters.everybody()))


def shown(scope: Scope) -> dict[str, Any]:
    """What every list of people shows."""
    filters = people_filters.wanted()
    return {
        "found": queries.page(filters, scope, request.args.get("after", "")),
        "tags": queries.tags(scope),
        "views": people_views.views(staff().id, scope.cohort),
        "wanted": filters,
        "query": people_filters.query(filters),
        "following": lambda cursor: people_filters.query(filters, after=cursor),
        "unread": people_filters.unread(),
        "is_first": not request.args.get("after"),
        "zone": scope.zone,
        "questions": answers.to_find_by(scope.cohort) if scope.cohort is not None else (),
    }


@blueprint.get("/people/bulk")
@needs(Permission.REGISTER)
def bulk() -> str | Redirect:
    """How many it will be, and what they are told, before anything is done."""
    if request.args.get("action") == "export":
        return redirect(f"{url_for('studio_people.export')}?{request.query_string.decode()}", 303)
    return _bulk_page()


def _bulk_page(problem: str = "") -> str:
    scope = people_filters.everybody(Permission.REGISTER)
    return render_template("studio/people/bulk.html", problem=problem, **counted(scope))


def counted(scope: Scope) -> dict[str, Any]:
    """What every page shows that counts before something is done with many."""
    chosen, action = people_filters.chosen(scope), request.values.get("action", "")
    meant = queries.with_a_place(chosen) if action in ("cancel", "move") and scope.cohort else chosen
    return {
        "action": action,
        "count": queries.count_of(meant),
        "stopped": queries.stopped_among(meant),
        "wanted": chosen.wanted,
        "ids": chosen.ids,
        "query": people_filters.query(chosen.wanted),
        "most": people_bulk.MOST_PLACES,
    }


@blueprint.post("/people/bulk")
@needs(Permission.REGISTER)
def do() -> Redirect | tuple[str, int]:
    """Tag them, or send them their links."""
    chosen = people_filters.chosen(people_filters.everybody(Permission.REGISTER))
    now, actor = clock.now(), staff().actor
    try:
        with transaction():
            if request.form.get("action") == "link":
                number = people_bulk.send_links(chosen, actor=actor, now=now)
                said = f"{number:,} links are on their way."
            else:
                number = people_bulk.tag(chosen, request.form.get("word", ""), actor=actor, now=now)
                said = f"{number:,} people have the tag now who did not have it before."
    except HubError as problem:
        return _bulk_page(problem.message), problem.status
    flash(said, "done")
    return redirect(url_for("studio_people.page"), 303)


@blueprint.get("/people/export")
@needs(Permission.PEOPLE)
def export() -> str:
    """Choose columns and format."""
    return render_template("studio/people/export.html", **people_export.form(people_filters.everybody()))


@blueprint.post("/people/export")
@needs(Permission.PEOPLE)
def download() -> Response | tuple[str, int]:
    """The file itself."""
    try:
        return people_export.file(people_filters.everybody(), "people")
    except Invalid as problem:
        form = people_export.form(people_filters.everybody())
        return render_template("studio/people/export.html", problem=problem.message, **form), problem.status


@blueprint.post("/people/views")
@needs(Permission.PEOPLE)
def save_view() -> Redirect | tuple[str, int]:
    """Keep the filters under a name."""
    try:
        return keep_view(None, url_for("studio_people.page"))
    except Invalid as problem:
        page = render_template(
            "studio/people/page.html", view_problem=problem.message, **shown(people_filters.everybody())
        )
        return page, problem.status


def keep_view(cohort: int | None, list_: str) -> Redirect:
    """Save a view of a list, and go back to it. Raises Invalid."""
    form, who = request.form, staff()
    filters = people_filters.query(people_filters.wanted())
    with transaction():
        saved.save(
            who.id, cohort, form.get("name", ""), filters, shared="shared" in form, actor=who.actor, now=clock.now()
        )
    flash("The view is saved.", "done")
    return redirect(f"{list_}?{filters}", 303)


@blueprint.post("/people/views/<int:view>/delete")
@needs(Permission.PEOPLE)
def forget_view(view: int) -> Redirect:
    """Delete a view of one's own."""
    with transaction():
        saved.forget(view, staff().id, actor=staff().actor, now=clock.now())
    flash("The view is deleted. Nobody in it was touched.", "done")
    return redirect(url_for("studio_people.page"), 303)
