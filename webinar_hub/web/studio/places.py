"""A cohort's places: seats and the line for them, who waits for a decision, what is offered (FEATURES A5, A6)."""

from collections.abc import Callable
from typing import Any

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError, NotFound
from webinar_hub.documents.when import when_in
from webinar_hub.queries import places as queries
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.places import State
from webinar_hub.rules.staff import Permission
from webinar_hub.services import approvals, place_settings
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web import refusals
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.forms.places import PlacesForm
from webinar_hub.web.forms.studio_form import number
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.difference import difference

blueprint = area("places")

Answer = tuple[str, int] | Redirect


@blueprint.get("/cohorts/<cohort>/places")
@needs(Permission.SEE)
def page(cohort: str) -> Answer:
    """The settings, and everybody who is on the way to a place."""
    view = queries.places_page(cohort)
    return _page(cohort, view, PlacesForm.of(view))


@blueprint.post("/cohorts/<cohort>/places")
@needs(Permission.SCHEDULE)
def save(cohort: str) -> Answer:
    """Save the settings; more seats go to whoever waits."""
    view = queries.places_page(cohort)
    form = PlacesForm(known=view.values["offer_minutes"])
    if not form.validate():
        return _page(cohort, view, form, 400)
    try:
        with transaction():
            seen, actor, now = number(form.version) or 0, staff().actor, clock.now()
            offers = place_settings.save(cohort, form.settings(), seen=seen, actor=actor, now=now)
    except HubError as problem:
        form.refuse(problem)
        view = queries.places_page(cohort)
        if isinstance(problem, EditedMeanwhile):
            stored = PlacesForm.of(view)
            form.difference, form.version.data = difference(form, stored), stored.version.data
        return _page(cohort, view, form, problem.status)
    told = f" {_people(offers)} offered a seat." if offers else ""
    return _back(cohort, f"Saved.{told}")


@blueprint.get("/cohorts/<cohort>/places/decide")
@needs(Permission.REGISTER)
def decide(cohort: str) -> str:
    """How many it will be and what they are told, before anything is done."""
    return _decide_page(cohort)


@blueprint.post("/cohorts/<cohort>/places/decide")
@needs(Permission.REGISTER)
def do_decide(cohort: str) -> Answer:
    """Approve or decline those who were chosen."""
    chosen, actor, now = _chosen(), staff().actor, clock.now()
    id_ = cohort_head(cohort).id
    try:
        with transaction():
            if request.form.get("action") == "decline":
                reason = request.form.get("reason", "")
                number_ = approvals.decline_all(id_, chosen, reason, actor=actor, now=now)
                said = f"{_people(number_)} declined, and told so."
            else:
                seats, waiting = approvals.approve_all(id_, chosen, actor=actor, now=now)
                said = f"{_people(seats)} given a seat" + (f", {waiting} put on the waitlist." if waiting else ".")
    except HubError as problem:
        refusals.keep(problem)
        return _decide_page(cohort, problem.message), problem.status
    return _back(cohort, said)


@blueprint.post("/cohorts/<cohort>/places/<int:registration>/<what>")
@needs(Permission.REGISTER)
def do(cohort: str, registration: int, what: str) -> Answer:
    """One thing with one person, at once."""
    who = queries.person_in(cohort, registration)
    if what not in _STEPS:
        raise NotFound()
    try:
        with transaction():
            said = _STEPS[what](registration, who.name, cohort)
    except HubError as problem:
        refusals.keep(problem)
        view = queries.places_page(cohort)
        return _page(cohort, view, PlacesForm.of(view), problem.status, problem.message)
    return _back(cohort, said)


@blueprint.get("/cohorts/<cohort>/places/<int:registration>/remove")
@needs(Permission.REGISTER)
def remove(cohort: str, registration: int) -> str:
    """What it means to take her off the waitlist; nothing happens before the button is pressed."""
    return render_template(
        "studio/places/remove.html", head=cohort_head(cohort), who=queries.person_in(cohort, registration)
    )


def _approve(registration: int, name: str, cohort: str) -> str:
    state = approvals.approve(registration, actor=staff().actor, now=clock.now())
    return f"{name} has a seat." if state is State.CONFIRMED else f"Every seat is taken: {name} is on the waitlist."


def _front(registration: int, name: str, cohort: str) -> str:
    approvals.to_front(registration, actor=staff().actor, now=clock.now())
    return f"{name} is the next on the waitlist."


def _in_turn(registration: int, name: str, cohort: str) -> str:
    approvals.back_in_line(registration, actor=staff().actor, now=clock.now())
    return f"{name} stands on the waitlist where her time puts her."


def _offer(registration: int, name: str, cohort: str) -> str:
    until = approvals.offer_now(registration, actor=staff().actor, now=clock.now())
    return f"A seat is held for {name} until {when_in(until, cohort_head(cohort).zone)}."


def _take_back(registration: int, name: str, cohort: str) -> str:
    approvals.take_back(registration, actor=staff().actor, now=clock.now())
    return f"The seat is offered to the next on the waitlist, and {name} waits where she waited."


def _remove(registration: int, name: str, cohort: str) -> str:
    approvals.remove(registration, actor=staff().actor, now=clock.now())
    return f"{name} is off the waitlist, and told so."


_STEPS: dict[str, Callable[[int, str, str], str]] = {
    "approve": _approve,
    "front": _front,
    "in-turn": _in_turn,
    "offer": _offer,
    "take-back": _take_back,
    "remove": _remove,
}


def _chosen() -> list[int]:
    ids = (whole(typed) for typed in request.values.getlist("who"))
    return [id_ for id_ in ids if id_ is not None]


def _people(number_: int) -> str:
    return "1 person is" if number_ == 1 else f"{number_:,} people are"


def _decide_page(cohort: str, problem: str = "") -> str:
    head = cohort_head(cohort)
    chosen = queries.chosen(head.id, _chosen())
    action = "decline" if request.values.get("action") == "decline" else "approve"
    return render_template(
        "studio/places/decide.html", head=head, view=queries.places_page(cohort), chosen=chosen, action=action,
        problem=problem, reason=request.form.get("reason", ""), longest=approvals.LONGEST_REASON,
    )  # fmt: skip


def _page(
    cohort: str, view: queries.PlacesView, form: PlacesForm, status: int = 200, problem: str = ""
) -> tuple[str, int]:
    shown: dict[str, Any] = {"view": view, "form": form, "problem": problem, "shown": queries.SHOWN}
    return render_template("studio/places/page.html", head=cohort_head(cohort), **shown), status


def _back(cohort: str, said: str) -> Redirect:
    flash(said, "done")
    return redirect(url_for("studio_places.page", cohort=cohort), 303)
