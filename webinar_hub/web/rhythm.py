"""Her rhythm on her own pages: single dates to leave out, the hours at which she is written to, a pause.

The forms are `templates/web/rhythm.html` (hours and pause, among her choices) and `my_date.html` (one date).
"""

from flask import Blueprint, flash, redirect, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.when import when_in
from webinar_hub.queries import me as queries
from webinar_hub.rules.hours import MIDNIGHT
from webinar_hub.services import rhythms, series
from webinar_hub.web import visitor
from webinar_hub.web.current import links

blueprint = Blueprint("rhythm", __name__, url_prefix="/my")

BONUS_HOURS = tuple(range(6 * 60, 22 * 60 + 1, 60))
WINDOWS = ((0, MIDNIGHT), (7 * 60, 21 * 60), (8 * 60, 20 * 60), (9 * 60, 18 * 60), (17 * 60, 22 * 60))
"""The hours on offer, in minutes after midnight."""
WEEKS = tuple(range(rhythms.SHORTEST_WEEKS, rhythms.LONGEST_WEEKS + 1))


@blueprint.app_context_processor
def _on_offer() -> dict[str, object]:
    return {"bonus_hours": BONUS_HOURS, "write_windows": WINDOWS, "pause_weeks": WEEKS}


@blueprint.post("/<registration>/dates/<session>/out")
def opt_out(registration: str, session: str) -> Redirect:
    """Leave one date out."""
    person = visitor.required()
    with transaction():
        series.opt_out(person, registration, session, now=clock.now())
    flash(_("Noted: we don't expect you on that date, and a mail takes it out of your calendar."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/<registration>/dates/<session>/in")
def opt_in(registration: str, session: str) -> Redirect:
    """Take a date back."""
    person = visitor.required()
    with transaction():
        series.opt_in(person, registration, session, now=clock.now())
    flash(_("Good, we expect you. A mail brings the date back into your calendar."), "done")
    return redirect(url_for("me.page"), 303)


@blueprint.post("/rhythm/hours")
def hours() -> Redirect:
    """Choose at which hours of her day she is written to."""
    person = visitor.required()
    with transaction():
        rhythms.choose_hours(
            person,
            bonus_at=_number("bonus_at"),
            window=_window(),
            weekdays_only={"weekdays": True, "every day": False}.get(request.form.get("days", "")),
            now=clock.now(),
        )
    flash(_("Saved. What is on its way already still comes as planned."), "done")
    return _back()


@blueprint.post("/rhythm/pause")
def pause() -> Redirect:
    """Pause for some weeks, without losing her place."""
    person = visitor.required()
    topics = tuple(topic for topic in rhythms.PAUSED_TOPICS if f"pause-{topic}" in request.form)
    with transaction():
        until = rhythms.pause(person, _number("weeks") or 0, topics, now=clock.now())
    zone = queries.person_view(person, links()).zone
    flash(_("Have a good time. We are quiet until %(when)s.", when=when_in(until, zone)), "done")
    return _back()


@blueprint.post("/rhythm/resume")
def resume() -> Redirect:
    """End the pause before its time."""
    person = visitor.required()
    with transaction():
        rhythms.resume(person, now=clock.now())
    flash(_("Welcome back. What opened meanwhile is on its way to you."), "done")
    return _back()


def _number(name: str) -> int | None:
    """The number in a field; None for an empty one. Raises Invalid for what is none."""
    written = request.form.get(name, "").strip()
    if not written:
        return None
    if len(written) > 5 or not written.removeprefix("-").isdecimal() or not written.isascii():
        raise Invalid(name, _("Choose one from the list."))
    return int(written)


def _window() -> tuple[int, int] | None:
    """The hours chosen; None for those of the cohort. Raises Invalid for what is not on offer."""
    written = request.form.get("window", "")
    offered = {f"{opens}-{closes}": (opens, closes) for opens, closes in WINDOWS}
    if written and written not in offered:
        raise Invalid("window", _("Choose one from the list."))
    return offered.get(written)


def _back() -> Redirect:
    return redirect(url_for("preferences.page", _anchor="rhythm"), 303)
