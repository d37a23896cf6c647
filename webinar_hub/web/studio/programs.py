"""Programs of a webinar: listed, made from a cohort or by hand, changed; and the dated cohorts made from them."""

from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries import creating as details
from webinar_hub.queries import programs as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.program import Pattern, laid_out
from webinar_hub.rules.public_holidays import Holiday, holidays_among
from webinar_hub.rules.staff import Permission
from webinar_hub.rules.zones import to_utc
from webinar_hub.services import programs
from webinar_hub.services.cloning import NewRun, checked_release
from webinar_hub.services.creating import checked_walls
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.current import house
from webinar_hub.web.forms.program import KeepForm, ProgramForm, RunForm
from webinar_hub.web.forms.studio_form import number
from webinar_hub.web.studio import drafting
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.difference import difference

blueprint = area("programs")
blueprint.url_value_preprocessor(drafting.allow_long_texts)

Answer = tuple[str, int] | Redirect


@dataclass(frozen=True, slots=True)
class DatedLine:
    """A session or bonus that a program becomes; `minutes` is None for a bonus."""

    title: str
    at: datetime
    minutes: int | None
    surprise: bool


@dataclass(frozen=True, slots=True)
class Preview:
    """What a program becomes from a day on, in the order of time."""

    lines: list[DatedLine]
    holidays: list[Holiday]


@blueprint.get("/webinars/<webinar>/programs")
@needs(Permission.SEE)
def page(webinar: str) -> str:
    """Every program of a webinar."""
    view = details.webinar_details(webinar)
    return render_template("studio/programs/page.html", view=view, programs=queries.programs(webinar))


@blueprint.get("/webinars/<webinar>/programs/new")
@needs(Permission.SCHEDULE)
def new(webinar: str) -> Answer:
    """A program by hand."""
    return _form_page(webinar, ProgramForm(None, own_zone=house().home(staff().zone)))


@blueprint.post("/webinars/<webinar>/programs/new")
@needs(Permission.SCHEDULE)
def create(webinar: str) -> Answer:
    """Keep it, unless a row was to be added."""
    form = ProgramForm(own_zone=house().home(staff().zone))
    if form.do(request.form.get("do", "")):
        return _form_page(webinar, form)
    if not form.validate():
        return _form_page(webinar, form, 400)
    title, pattern = form.title.data or "", form.pattern(Pattern(()))
    with transaction():
        wanted = {"zone": form.zone.data, "reminders": house().leads}
        made = programs.by_hand(webinar, title, pattern, staff(), **wanted, now=clock.now())
    return redirect(url_for("studio_programs.edit", webinar=webinar, program=made.id), 303)


@blueprint.get("/webinars/<webinar>/programs/<int:program>")
@needs(Permission.SEE)
def edit(webinar: str, program: int) -> Answer:
    """A program as it is."""
    view = queries.program(webinar, program)
    return _form_page(webinar, ProgramForm.of(view), program=view)


@blueprint.post("/webinars/<webinar>/programs/<int:program>")
@needs(Permission.SCHEDULE)
def save(webinar: str, program: int) -> Answer:
    """Save an edit; cohorts made from it stay as they are."""
    view = queries.program(webinar, program)
    form = ProgramForm(own_zone=view.zone)
    if form.do(request.form.get("do", "")):
        return _form_page(webinar, form, program=view)
    if not form.validate():
        return _form_page(webinar, form, 400, program=view)
    wanted = {"title": form.title.data, "pattern": form.pattern(view.pattern), "zone": form.zone.data}
    try:
        with transaction():
            seen, now = number(form.version) or 0, clock.now()
            programs.change(webinar, program, **wanted, seen=seen, actor=staff().actor, now=now)
    except EditedMeanwhile as problem:
        stored = ProgramForm.of(queries.program(webinar, program))
        form.refuse(problem)
        form.difference, form.version.data = difference(form, stored), stored.version.data
        return _form_page(webinar, form, 409, program=view)
    flash("Saved. Cohorts that were made from it before stay as they are.", "done")
    return redirect(url_for("studio_programs.edit", webinar=webinar, program=program), 303)


@blueprint.get("/webinars/<webinar>/programs/<int:program>/run")
@needs(Permission.SCHEDULE)
def run(webinar: str, program: int) -> Answer:
    """From which day on? With a day: every date that follows from it, before anything is made."""
    view = queries.program(webinar, program)
    # It only shows what would be, so it needs no token against forged requests.
    form = RunForm(request.args if "first" in request.args else None, meta={"csrf": False})
    if "first" not in request.args:
        return _run_page(webinar, view, form)
    return _previewed(webinar, view, form)


@blueprint.post("/webinars/<webinar>/programs/<int:program>/run")
@needs(Permission.SCHEDULE)
def make(webinar: str, program: int) -> Answer:
    """Make the cohort: a draft with every date, all of it or nothing."""
    form, view = RunForm(), queries.program(webinar, program)
    if not form.validate():
        return _run_page(webinar, view, form, status=400)
    try:
        with transaction():
            made = programs.make_cohort(webinar, program, form.run(), actor=staff().actor, now=clock.now())
    except HubError as problem:
        form.refuse(problem)
        return _run_page(webinar, view, form, status=problem.status)
    return redirect(url_for("studio_cohort.ready", cohort=made.key), 303)


@blueprint.get("/webinars/<webinar>/programs/<int:program>/delete")
@needs(Permission.SCHEDULE)
def confirm_delete(webinar: str, program: int) -> str:
    """What is lost with it."""
    return render_template(
        "studio/programs/delete.html", program=queries.program(webinar, program),
        view=details.webinar_details(webinar),
    )  # fmt: skip


@blueprint.post("/webinars/<webinar>/programs/<int:program>/delete")
@needs(Permission.SCHEDULE)
def delete(webinar: str, program: int) -> Redirect:
    """Delete it; cohorts made from it stay."""
    with transaction():
        programs.throw_away(webinar, program, actor=staff().actor, now=clock.now())
    flash("The program is deleted. Cohorts that were made from it are still there.", "done")
    return redirect(url_for("studio_programs.page", webinar=webinar), 303)


@blueprint.get("/cohorts/<cohort>/program")
@needs(Permission.SCHEDULE)
def keep(cohort: str) -> Answer:
    """Keep a cohort as a program: under which name?"""
    head = cohort_head(cohort)
    return render_template(
        "studio/programs/keep.html", head=head, form=KeepForm(None, title=head.webinar_title)
    ), 200


@blueprint.post("/cohorts/<cohort>/program")
@needs(Permission.SCHEDULE)
def save_kept(cohort: str) -> Answer:
    """Keep it."""
    form, head, status = KeepForm(), cohort_head(cohort), 400
    if form.validate():
        try:
            with transaction():
                made = programs.from_cohort(cohort, form.title.data or "", actor=staff().actor, now=clock.now())
            return redirect(url_for("studio_programs.edit", webinar=head.webinar_slug, program=made.id), 303)
        except HubError as problem:
            form.refuse(problem)
            status = problem.status
    return render_template("studio/programs/keep.html", head=head, form=form), status


def _form_page(
    webinar: str, form: ProgramForm, status: int = 200, program: queries.ProgramView | None = None
) -> tuple[str, int]:
    form.offer_rows()
    view = details.webinar_details(webinar)
    return render_template("studio/programs/form.html", view=view, form=form, program=program), status


def _previewed(webinar: str, view: queries.ProgramView, form: RunForm) -> tuple[str, int]:
    if not form.validate():
        return _run_page(webinar, view, form, status=400)
    try:
        return _run_page(webinar, view, form, _preview(view, form.run(), clock.now()))
    except HubError as problem:
        form.refuse(problem)
        return _run_page(webinar, view, form, status=problem.status)


def _preview(view: queries.ProgramView, wanted: NewRun, now: datetime) -> Preview:
    """Raises Invalid for a date that does not exist or has passed."""
    laid = laid_out(view.pattern, wanted.first, wanted.skip, wanted.at)
    walls = checked_walls([wall for _, wall in laid.sessions], view.zone, now, "first")
    lines = [DatedLine(s.title, to_utc(at, view.zone), s.minutes, False) for s, at in laid.sessions]
    for drop, at in laid.drops:
        lines.append(DatedLine(drop.title, checked_release(drop.title, at, view.zone), None, drop.surprise))
    return Preview(sorted(lines, key=attrgetter("at")), holidays_among([wall.date() for wall in walls], view.zone))


def _run_page(
    webinar: str, view: queries.ProgramView, form: RunForm, preview: Preview | None = None, status: int = 200
) -> tuple[str, int]:
    page = render_template(
        "studio/programs/run.html", view=details.webinar_details(webinar), program=view, form=form, preview=preview
    )
    return page, status
