"""The people of one cohort: the list, adding one by hand, what is done with many at once."""

from flask import Response, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, HubError, Invalid
from webinar_hub.queries import people as queries
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.people import Scope
from webinar_hub.rules.staff import Permission
from webinar_hub.services import people as desk
from webinar_hub.services import people_bulk
from webinar_hub.web.forms.added_person import AddedPersonForm
from webinar_hub.web.studio import people_export, people_filters
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.people import counted, keep_view, shown

blueprint = area("cohort_people")


def scope_of(head: CohortHead) -> Scope:
    """The people of this cohort, days in its zone."""
    return Scope(None, head.zone, head.id)


@blueprint.get("/cohorts/<cohort>/people")
@needs(Permission.PEOPLE)
def page(cohort: str) -> str:
    """The list, a page at a time."""
    head = cohort_head(cohort)
    return render_template("studio/people/cohort.html", head=head, **shown(scope_of(head)))


@blueprint.get("/cohorts/<cohort>/people/add")
@needs(Permission.REGISTER)
def add(cohort: str) -> str:
    """The form for one person."""
    head = cohort_head(cohort)
    form = AddedPersonForm(tell=True)
    form.offer_zones(head.zone)
    return render_template("studio/people/add.html", head=head, form=form)


@blueprint.post("/cohorts/<cohort>/people/add")
@needs(Permission.REGISTER)
def do_add(cohort: str) -> Response | Redirect | tuple[str, int]:
    """Give her a place; what was typed stays where it cannot be done."""
    head, form, status = cohort_head(cohort), AddedPersonForm(), 400
    if form.validate():
        try:
            with transaction():
                actor, now = staff().actor, clock.now()
                person = desk.add(cohort, form.added(), tell=bool(form.tell.data), actor=actor, now=now)
            flash(f"{form.name.data} has a place now.", "done")
            return redirect(url_for("studio_person.page", person=person), 303)
        except (Invalid, Conflict) as problem:
            form.refuse(problem)
            status = problem.status
    form.offer_zones(head.zone)
    return render_template("studio/people/add.html", head=head, form=form), status


@blueprint.get("/cohorts/<cohort>/people/bulk")
@needs(Permission.REGISTER)
def bulk(cohort: str) -> str | Redirect:
    """How many it will be, and what they are told, before anything is done."""
    if request.args.get("action") == "export":
        to = url_for("studio_cohort_people.export", cohort=cohort)
        return redirect(f"{to}?{request.query_string.decode()}", 303)
    return _bulk_page(cohort_head(cohort))


def _bulk_page(head: CohortHead, problem: str = "") -> str:
    others = queries.cohorts_for(staff().webinars(Permission.REGISTER))
    return render_template(
        "studio/people/cohort_bulk.html", head=head, others=others, problem=problem, **counted(scope_of(head))
    )


@blueprint.post("/cohorts/<cohort>/people/bulk")
@needs(Permission.REGISTER)
def do(cohort: str) -> Redirect | tuple[str, int]:
    """Do it, and say with how many it was done."""
    head = cohort_head(cohort)
    try:
        with transaction():
            said = _done(head)
    except HubError as problem:
        return _bulk_page(head, problem.message), problem.status
    flash(said, "done")
    return redirect(url_for("studio_cohort_people.page", cohort=cohort), 303)


def _done(head: CohortHead) -> str:
    chosen, form, tell = people_filters.chosen(scope_of(head)), request.form, "tell" in request.form
    actor, now = staff().actor, clock.now()
    match form.get("action"):
        case "tag":
            number = people_bulk.tag(chosen, form.get("word", ""), actor=actor, now=now)
            return f"{number:,} people have the tag now who did not have it before."
        case "link":
            return f"{people_bulk.send_links(chosen, actor=actor, now=now):,} links are on their way."
        case "cancel":
            return f"{people_bulk.cancel_places(chosen, tell=tell, actor=actor, now=now):,} places are cancelled."
        case "move":
            to = queries.cohort_for(form.get("to", ""), staff().webinars(Permission.REGISTER))
            number = people_bulk.move(chosen, to, tell=tell, actor=actor, now=now)
            return f"{number:,} people have a place in the other cohort now."
    raise Conflict("Choose what is to be done with them.")


@blueprint.get("/cohorts/<cohort>/people/export")
@needs(Permission.PEOPLE)
def export(cohort: str) -> str:
    """Choose columns and format."""
    head = cohort_head(cohort)
    return render_template("studio/people/cohort_export.html", head=head, **people_export.form(scope_of(head)))


@blueprint.post("/cohorts/<cohort>/people/export")
@needs(Permission.PEOPLE)
def download(cohort: str) -> Response | tuple[str, int]:
    """The file itself."""
    head = cohort_head(cohort)
    try:
        return people_export.file(scope_of(head), cohort)
    except Invalid as problem:
        form = people_export.form(scope_of(head))
        body = render_template("studio/people/cohort_export.html", head=head, problem=problem.message, **form)
        return body, problem.status


@blueprint.post("/cohorts/<cohort>/people/views")
@needs(Permission.PEOPLE)
def save_view(cohort: str) -> Redirect | tuple[str, int]:
    """Keep the filters under a name."""
    head = cohort_head(cohort)
    try:
        return keep_view(head.id, url_for("studio_cohort_people.page", cohort=cohort))
    except Invalid as problem:
        list_ = shown(scope_of(head))
        body = render_template("studio/people/cohort.html", head=head, view_problem=problem.message, **list_)
        return body, problem.status
