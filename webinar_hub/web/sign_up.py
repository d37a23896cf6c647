"""Signing up for a cohort: the form, what becomes of it, and the thank-you that is the same for everybody."""

from functools import partial

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, metrics
from webinar_hub.core.errors import Conflict, HubError, Invalid, TooMany
from webinar_hub.core.language import as_here
from webinar_hub.core.together import together
from webinar_hub.documents.calendar_links import calendar_links
from webinar_hub.queries import calendars
from webinar_hub.queries import public as queries
from webinar_hub.queries.views import CohortView, WebinarView
from webinar_hub.rules.source import source_of
from webinar_hub.services import registrations
from webinar_hub.web import entry
from webinar_hub.web.current import hub, network, settings
from webinar_hub.web.forms.sign_up import SignUpForm, is_by_robot, read
from webinar_hub.web.protection import csrf

blueprint = Blueprint("sign_up", __name__, url_prefix="/w/<slug>")


@blueprint.get("/sign-up/<cohort>")
def form(slug: str, cohort: str) -> Response:
    """The empty form, or the reason why nobody can sign up now."""
    about = _about(slug, cohort)
    return _form_page(about, entry.filled_in(SignUpForm(), cohort), 409 if about[1].closed_because else 200)


# The form carries the token itself and answers kindly, with everything typed kept.
@blueprint.post("/sign-up/<cohort>")
@csrf.exempt
def save(slug: str, cohort: str) -> Response | Redirect:
    """Register her. A form a robot filled in is thanked and forgotten."""
    if not is_by_robot(request.form):
        wanted = read(request.form, page=request.path, source=source_of(request.args))
        if wanted is None:
            return _wrong(slug, cohort)
        try:
            _sign_up(slug, cohort, entry.with_ticket(wanted))
        except HubError as problem:
            return _refused(slug, cohort, problem)
        metrics.record_sign_up()
    flash(request.form.get("email", ""), "signed_up")
    return redirect(url_for("sign_up.thanks", slug=slug, cohort=cohort), 303)


@blueprint.get("/thanks/<cohort>")
def thanks(slug: str, cohort: str) -> str:
    """What happens next; it never shows a way in, because the address is not proven yet (A14)."""
    view, cohort_view = queries.sign_up_page(slug, cohort, clock.now())
    entries = calendars.public_cohort(cohort, hub())
    coming = cohort_view.next_session.public_id if cohort_view.next_session else None
    links = [calendar_links(entry.session) for entry in entries if entry.session.public_id == coming]
    return render_template("web/thanks.html", view=view, cohort=cohort_view, calendar=links[0] if links else None)


def _sign_up(slug: str, cohort: str, wanted: registrations.SignUp) -> None:
    """Raises what the service raises, and Conflict with the reason why nobody can come in."""
    per_network = settings().sign_ups_per_hour
    work = partial(
        registrations.sign_up, cohort, wanted,
        network=network(), per_network=per_network, now=clock.now(), webinar=slug,
    )  # fmt: skip
    if reason := together(as_here(work), group=cohort):
        raise Conflict(reason)


def _wrong(slug: str, cohort: str) -> Response:
    """The form again, saying what is wrong beside each field."""
    filled = SignUpForm()
    filled.validate()
    return _form_page(_about(slug, cohort), filled, 400)


def _refused(slug: str, cohort: str, problem: HubError) -> Response:
    """The form again, saying why a service did not take what is right in itself."""
    filled = SignUpForm()
    filled.note(problem.field if isinstance(problem, Invalid) else "", problem.message)
    response = _form_page(_about(slug, cohort), filled, problem.status)
    if isinstance(problem, TooMany):
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _about(slug: str, cohort: str) -> tuple[WebinarView, CohortView]:
    """What the form is about, as whoever asks is to see it."""
    now = clock.now()
    view, shown = queries.sign_up_page(slug, cohort, now)
    return view, entry.as_for(entry.invited(cohort), shown, now)


def _form_page(about: tuple[WebinarView, CohortView], shown: SignUpForm, status: int) -> Response:
    view, cohort = about
    shown.offer_zones(cohort.zone)
    shown.code.data = entry.code()
    invited = entry.invited(cohort.public_id) is not None
    page = render_template("web/sign_up.html", view=view, cohort=cohort, form=shown, invited=invited)
    return make_response(page, status)
