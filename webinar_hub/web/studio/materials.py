"""A cohort's tab "Materials": its bonuses week by week, and what is in each."""

from flask import redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.queries import drops as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.services import drops
from webinar_hub.web.current import settings
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("materials")


@blueprint.get("/cohorts/<cohort>/materials")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """The bonuses in order of time."""
    head = cohort_head(cohort)
    view = queries.drops_page(head, clock.now())
    limit = settings().upload_limit
    return render_template("studio/materials/page.html", head=head, view=view, limit=limit)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/add")
@needs(Permission.SCHEDULE)
def add(cohort: str, drop: str) -> Redirect:
    """Put a material of the library into a bonus."""
    with transaction():
        material = _number(request.form.get("material", ""))
        drops.add_material(cohort, drop, material, actor=staff().actor, now=clock.now())
    return _back(cohort, drop)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/<int:material>/take-out")
@needs(Permission.SCHEDULE)
def take_out(cohort: str, drop: str, material: int) -> Redirect:
    """Take a material out of a bonus; it stays in the library."""
    with transaction():
        drops.take_out(cohort, drop, material, actor=staff().actor, now=clock.now())
    return _back(cohort, drop)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/<int:material>/move")
@needs(Permission.SCHEDULE)
def move(cohort: str, drop: str, material: int) -> Redirect:
    """One place up or down."""
    by = -1 if request.form.get("by") == "up" else 1
    with transaction():
        drops.shift(cohort, drop, material, by, actor=staff().actor, now=clock.now())
    return _back(cohort, drop)


@blueprint.post("/cohorts/<cohort>/materials/<drop>/order")
@needs(Permission.SCHEDULE)
def arrange(cohort: str, drop: str) -> Redirect:
    """The whole order at once, as dragging leaves it."""
    order = [_number(part) for part in request.form.get("order", "").split(",")]
    with transaction():
        drops.arrange(cohort, drop, order, actor=staff().actor, now=clock.now())
    return _back(cohort, drop)


def _number(text: str) -> int:
    number = whole(text)
    if number is None:
        raise Invalid("material", "Choose a material from the list.")
    return number


def _back(cohort: str, drop: str) -> Redirect:
    return redirect(url_for("studio_materials.page", cohort=cohort, _anchor=f"drop-{drop}"), 303)
