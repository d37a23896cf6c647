"""One bonus: made, changed and deleted, with what that does shown first; and who has it."""

from collections.abc import Callable
from datetime import datetime

from flask import flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.models import Drop
from webinar_hub.queries import drops as queries
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import drops
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.forms.material import BonusForm
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.drop_effects import effect_of

blueprint = area("drops")


@blueprint.get("/cohorts/<cohort>/materials/new")
@needs(Permission.SCHEDULE)
def new(cohort: str) -> str:
    """The form of a new bonus."""
    head = cohort_head(cohort)
    return _form_page(head, BonusForm(queries.anchors(head), head.zone))


@blueprint.post("/cohorts/<cohort>/materials/new")
@needs(Permission.SCHEDULE)
def create(cohort: str) -> ResponseReturnValue:
    """Make it, once its mail has been shown."""
    head, actor = cohort_head(cohort), staff().actor
    form = BonusForm(queries.anchors(head), head.zone)
    return _save(head, form, lambda now: drops.create(cohort, form.wish, actor=actor, now=now))


@blueprint.get("/cohorts/<cohort>/materials/<drop>")
@needs(Permission.SCHEDULE)
def edit(cohort: str, drop: str) -> str:
    """The form of a bonus that is there."""
    head = cohort_head(cohort)
    stored = queries.drop_form(head, drop, clock.now())
    return _form_page(head, BonusForm(queries.anchors(head), head.zone, stored), stored)


@blueprint.post("/cohorts/<cohort>/materials/<drop>")
@needs(Permission.SCHEDULE)
def change(cohort: str, drop: str) -> ResponseReturnValue:
    """Change it; what moves its moment is shown first."""
    head, actor = cohort_head(cohort), staff().actor
    form = BonusForm(queries.anchors(head), head.zone)
    stored = queries.drop_form(head, drop, clock.now())

    def verb(now: datetime) -> Drop:
        return drops.change(cohort, drop, form.wish, form.seen, actor=actor, now=now)

    return _save(head, form, verb, stored)


@blueprint.get("/cohorts/<cohort>/materials/<drop>/delete")
@needs(Permission.SCHEDULE)
def ask(cohort: str, drop: str) -> str:
    """What is lost with it, before it is."""
    head = cohort_head(cohort)
    stored = queries.drop_form(head, drop, clock.now())
    return render_template("studio/materials/delete_drop.html", head=head, drop=stored)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/delete")
@needs(Permission.SCHEDULE)
def delete(cohort: str, drop: str) -> Redirect:
    """Delete one that is not out and of which nobody has anything."""
    with transaction():
        drops.remove(cohort, drop, actor=staff().actor, now=clock.now())
    flash("The bonus is deleted, and its mail with it. Its materials are still in the library.", "done")
    return redirect(url_for("studio_materials.page", cohort=cohort), 303)


@blueprint.get("/cohorts/<cohort>/materials/<drop>/people")
@needs(Permission.PEOPLE)
def people(cohort: str, drop: str) -> str:
    """Who has it, who took what, and whom to give it early."""
    head, now = cohort_head(cohort), clock.now()
    wanted = request.args.get("q", "").strip()[:200]
    stored = queries.drop_form(head, drop, now)
    found = queries.holders(head, drop, wanted, now)
    return render_template("studio/materials/people.html", head=head, drop=stored, found=found, wanted=wanted)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/people/<registration>")
@needs(Permission.SCHEDULE)
def grant(cohort: str, drop: str, registration: str) -> Redirect:
    """Give it to one person now."""
    with transaction():
        is_told = drops.grant(cohort, drop, registration, actor=staff().actor, now=clock.now())
    mail = (
        "The mail about it is on its way." if is_told else "No mail goes out: mails about bonuses are switched off."
    )
    flash(f"Given. {mail}", "done")
    return redirect(url_for("studio_drops.people", cohort=cohort, drop=drop), 303)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/people/<registration>/take-back")
@needs(Permission.SCHEDULE)
def take_back(cohort: str, drop: str, registration: str) -> Redirect:
    """Let it open for her when it opens for everybody."""
    with transaction():
        drops.take_back(cohort, drop, registration, actor=staff().actor, now=clock.now())
    flash("Taken back. It opens there at its moment, as for everybody.", "done")
    return redirect(url_for("studio_drops.people", cohort=cohort, drop=drop), 303)


def _save(
    head: CohortHead, form: BonusForm, verb: Callable[[datetime], Drop], stored: queries.DropForm | None = None
) -> ResponseReturnValue:
    if not form.validate():
        return _form_page(head, form, stored), 422
    try:
        effect = effect_of(head, verb)
        if effect.moves_something and form.confirmed.data != effect.fingerprint:
            return render_template(
                "studio/materials/preview.html", head=head, form=form, drop=stored, effect=effect
            )
        with transaction():
            public_id = verb(clock.now()).public_id
    except Invalid as problem:
        form.refuse(problem.field, problem.message)
        return _form_page(head, form, stored), 422
    except EditedMeanwhile as problem:
        return _edited_meanwhile(head, form, str(problem)), 409
    flash("Saved.", "done")
    return redirect(url_for("studio_materials.page", cohort=head.key, _anchor=f"drop-{public_id}"), 303)


def _edited_meanwhile(head: CohortHead, form: BonusForm, problem: str) -> str:
    """What she typed, and what is stored by now; saving again is then meant."""
    drop = (request.view_args or {})["drop"]
    stored = queries.drop_form(head, drop, clock.now())
    form.version.data = str(stored.version)
    return _form_page(head, form, stored, problem)


def _form_page(head: CohortHead, form: BonusForm, stored: queries.DropForm | None = None, problem: str = "") -> str:
    return render_template("studio/materials/drop.html", head=head, form=form, drop=stored, problem=problem)
