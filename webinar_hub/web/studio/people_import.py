"""A file of people: upload, which column is which, what would become of each row, and then bringing them in."""

from flask import flash, redirect, render_template, request, session, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, Invalid
from webinar_hub.documents.table_file import read_table
from webinar_hub.queries import people_import as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.people_import import FIELDS
from webinar_hub.rules.staff import Permission
from webinar_hub.services import people_importing
from webinar_hub.services.people_importing import Wishes
from webinar_hub.web.studio import browsers
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("people_import")

LARGEST = 12_000_000
"""Bytes of an uploaded file: a hundred times twenty thousand names."""


@blueprint.url_value_preprocessor
def _let_files_in(endpoint: str | None, values: object) -> None:
    # Before the form is read, which the check for forged requests does; every other form stays small.
    # Nobody in particular gets no further than with any other form.
    if endpoint == "studio_people_import.upload" and browsers.TOKEN in session:
        request.max_content_length = LARGEST
        # Werkzeug reads a file in pieces, and counts what it holds of one at a time.
        request.max_form_memory_size = 1_000_000


@blueprint.get("/cohorts/<cohort>/people/import")
@needs(Permission.REGISTER)
def page(cohort: str) -> str:
    """Choose a file."""
    return render_template("studio/people/import.html", head=cohort_head(cohort), problem="")


@blueprint.post("/cohorts/<cohort>/people/import")
@needs(Permission.REGISTER)
def upload(cohort: str) -> Redirect | tuple[str, int]:
    """Keep the file, changing nothing yet."""
    head, file = cohort_head(cohort), request.files.get("file")
    try:
        if file is None or not file.filename:
            raise Invalid("file", "Choose a file first.")
        table = read_table(file.read())
    except Invalid as problem:
        return render_template("studio/people/import.html", head=head, problem=problem.message), problem.status
    with transaction():
        import_ = people_importing.upload(
            head.id, file.filename, table.heading, table.rows, organizer=staff().id, now=clock.now()
        )
    return redirect(url_for("studio_people_import.check", cohort=cohort, import_=import_), 303)


@blueprint.get("/cohorts/<cohort>/people/import/<int:import_>")
@needs(Permission.REGISTER)
def check(cohort: str, import_: int) -> str:
    """What would become of every row; or, once it is applied, what became of them."""
    head = cohort_head(cohort)
    return render_template("studio/people/import_check.html", head=head, file=queries.page(head.id, import_))


@blueprint.post("/cohorts/<cohort>/people/import/<int:import_>/columns")
@needs(Permission.REGISTER)
def columns(cohort: str, import_: int) -> Redirect | tuple[str, int]:
    """Say which column holds what."""
    head = cohort_head(cohort)
    typed = {name: request.form.get(name, "") for name in FIELDS}
    chosen = {name: int(place) for name, place in typed.items() if place.isdecimal() and len(place) < 4}
    try:
        with transaction():
            people_importing.choose_columns(head.id, import_, chosen)
    except Invalid as problem:
        file = queries.page(head.id, import_)
        body = render_template(
            "studio/people/import_check.html", head=head, file=file, typed=chosen, problem=problem.message
        )
        return body, problem.status
    return redirect(url_for("studio_people_import.check", cohort=cohort, import_=import_), 303)


@blueprint.post("/cohorts/<cohort>/people/import/<int:import_>/apply")
@needs(Permission.REGISTER)
def apply(cohort: str, import_: int) -> Redirect | tuple[str, int]:
    """Bring in every row that is right."""
    head = cohort_head(cohort)
    wishes = Wishes(tell="tell" in request.form, bring_back="bring_back" in request.form)
    try:
        with transaction():
            people_importing.apply(head.id, import_, wishes, actor=staff().actor, now=clock.now())
    except Conflict as problem:
        file = queries.page(head.id, import_)
        body = render_template(
            "studio/people/import_check.html", head=head, file=file, wishes=wishes, refused=problem.message
        )
        return body, problem.status
    flash("The people are in.", "done")
    return redirect(url_for("studio_people_import.check", cohort=cohort, import_=import_), 303)


@blueprint.post("/cohorts/<cohort>/people/import/<int:import_>/forget")
@needs(Permission.REGISTER)
def forget(cohort: str, import_: int) -> Redirect:
    """Throw the file away."""
    head = cohort_head(cohort)
    with transaction():
        people_importing.throw_away(head.id, import_)
    flash("The file is thrown away. Nobody was brought in.", "done")
    return redirect(url_for("studio_cohort_people.page", cohort=cohort), 303)
