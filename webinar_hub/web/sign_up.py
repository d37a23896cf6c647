"""Signing up for a cohort: the form, what becomes of it, and the thank-you that is the same for everybody."""

from collections.abc import Mapping
from dataclasses import replace
from functools import partial

from flask import Blueprint, Response, flash, make_response, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, metrics
from webinar_hub.core.errors import Conflict, HubError, TooMany
from webinar_hub.core.language import as_here
from webinar_hub.core.together import together
from webinar_hub.documents.calendar_links import calendar_links
from webinar_hub.queries import calendars
from webinar_hub.queries import public as queries
from webinar_hub.queries import questions as asked
from webinar_hub.queries.views import CohortView, WebinarView
from webinar_hub.rules.access import is_about_code
from webinar_hub.rules.source import source_of
from webinar_hub.services import answers, registrations
from webinar_hub.services.answers import WrongAnswers
from webinar_hub.web import protection, straight_in, tickets, watch
from webinar_hub.web.current import hub, network, settings
from webinar_hub.web.forms.asked import AskedPart, make_room, typed_of
from webinar_hub.web.forms.sign_up import SignUpForm, is_by_robot, read
from webinar_hub.web.other_sites import csrf

NONE: Mapping[str, str] = {}

blueprint = Blueprint("sign_up", __name__, url_prefix="/w/<slug>")


@blueprint.url_value_preprocessor
def _room_for_answers(endpoint: str | None, _values: object) -> None:
    if endpoint == "sign_up.save":
        make_room(request)


@blueprint.get("/sign-up/<cohort>")
def form(slug: str, cohort: str) -> Response:
    """The empty form, or the reason why nobody can sign up now."""
    about = _about(slug, cohort)
    return _form_page(about, tickets.filled_in(SignUpForm(), cohort), 409 if about[1].closed_because else 200)


# The form carries the token itself and answers kindly, with everything typed kept.
@blueprint.post("/sign-up/<cohort>")
@csrf.exempt
def save(slug: str, cohort: str) -> Response | Redirect:
    """Register her. A form a robot filled in is thanked and forgotten."""
    if is_by_robot(request.form):
        watch.refused(slug)
    else:
        wanted = read(request.form, page=request.path, source=source_of(request.args))
        if wanted is None:
            return _wrong(slug, cohort)
        try:
            _sign_up(slug, cohort, replace(tickets.with_ticket(wanted), typed=typed_of(request.form)))
        except HubError as problem:
            return _refused(slug, cohort, problem)
        metrics.record_sign_up()
    flash(request.form.get("email", ""), "signed_up")
    # What the form was for is the same for everybody who saw it, whoever is known here (A20).
    line = request.form.get("line") and "y"
    return redirect(url_for("sign_up.thanks", slug=slug, cohort=cohort, line=line), 303)


@blueprint.get("/thanks/<cohort>")
def thanks(slug: str, cohort: str) -> str:
    """What happens next; it shows no way in, because the address is not proven yet, but shortly before (A14)."""
    view, cohort_view = queries.sign_up_page(slug, cohort, clock.now())
    entries = calendars.public_cohort(cohort, hub())
    coming = cohort_view.next_session.public_id if cohort_view.next_session else None
    links = [calendar_links(entry.session) for entry in entries if entry.session.public_id == coming]
    came = straight_in.came(cohort_view)
    return render_template(
        "web/thanks.html", view=view, cohort=cohort_view, calendar=links[0] if links else None, came=came
    )


def _sign_up(slug: str, cohort: str, wanted: registrations.SignUp) -> None:
    """Raises what the service raises, and Conflict with the reason why nobody can come in."""
    per_network = settings().sign_ups_per_hour
    taken = replace(wanted, protection=protection.of_request(slug))
    work = partial(
        registrations.sign_up, cohort, taken,
        network=network(), per_network=per_network, now=clock.now(), webinar=slug,
    )  # fmt: skip
    if reason := together(as_here(work), group=cohort):
        raise Conflict(reason)
    straight_in.remember(cohort, taken)
    watch.look(slug)


def _wrong(slug: str, cohort: str) -> Response:
    """The form again, saying what is wrong beside each field."""
    filled = SignUpForm()
    filled.validate()
    about, problems = _about(slug, cohort), {}
    try:
        answers.read(asked.asked_by(cohort), typed_of(request.form), filled.profession.data or "")
    except WrongAnswers as wrong:
        problems = dict(wrong.problems)
    return _form_page(about, filled, 400, problems)


def _refused(slug: str, cohort: str, problem: HubError) -> Response:
    """The form again, saying why a service did not take what is right in itself."""
    filled = SignUpForm()
    problems = problem.problems if isinstance(problem, WrongAnswers) else {}
    if not problems:
        filled.refuse(problem, "code" if is_about_code(problem.message) else "")
    response = _form_page(_about(slug, cohort), filled, problem.status, problems)
    if isinstance(problem, TooMany):
        watch.refused(slug)
        response.headers["Retry-After"] = str(problem.retry_after)
    return response


def _about(slug: str, cohort: str) -> tuple[WebinarView, CohortView]:
    """What the form is about, as whoever asks is to see it."""
    now = clock.now()
    view, shown = queries.sign_up_page(slug, cohort, now)
    return view, tickets.as_for(tickets.invited(cohort), shown, now)


def _form_page(
    about: tuple[WebinarView, CohortView], shown: SignUpForm, status: int, problems: Mapping[str, str] = NONE
) -> Response:
    view, cohort = about
    shown.offer_zones(cohort.zone)
    shown.code.data = tickets.code()
    page = render_template(
        "web/sign_up.html",
        view=view,
        cohort=cohort,
        form=shown,
        part=AskedPart(asked.asked_by(cohort.public_id), typed_of(request.form), problems),
        works=protection.works(view.slug, cohort.public_id),
        invited=tickets.invited(cohort.public_id) is not None,
    )
    return make_response(page, status)
