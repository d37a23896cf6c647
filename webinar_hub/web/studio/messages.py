"""The plan of a cohort in words, what it sends by itself, and each message as a registrant will read it."""

from datetime import timedelta
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Answer

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.documents.message_words import message_words
from webinar_hub.documents.when import duration_in_words
from webinar_hub.queries import announcements, plan, previews
from webinar_hub.queries.previews import About
from webinar_hub.queries.studio import cohort_head
from webinar_hub.rules.staff import Permission
from webinar_hub.rules.wording import KINDS
from webinar_hub.services import message_wishes
from webinar_hub.services.message_wishes import Wishes
from webinar_hub.web import headers
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.studio import mail_frames
from webinar_hub.web.studio.access import may, needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("messages")

HOUR, DAY = 60, 24 * 60
LEADS = (7 * DAY, 3 * DAY, 2 * DAY, DAY, 2 * HOUR, HOUR, 30, 10)
THANKS = (HOUR, 2 * HOUR, DAY, 2 * DAY, 7 * DAY)
"""Minutes, as an organizer may choose them; others that a cohort file named are kept."""
# Written to each person by what she does, and not by the plan.
BY_THEMSELVES = ("confirmation", "invite", "session_changed", "session_added", "session_cancelled")
_ONE = "/cohorts/<cohort>/messages/<int(max=2147483647):message>"


@blueprint.get("/cohorts/<cohort>/messages")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """The plan: what, when, to how many, and how far it is; for whoever may write also what can be done."""
    return _plan(cohort)


@blueprint.post("/cohorts/<cohort>/messages/wishes")
@needs(Permission.MESSAGES)
def change_wishes(cohort: str) -> Answer | tuple[str, int]:
    """Switch reminders, "we are live" and the thank-you on or off."""
    thanks = _numbers("thank_you")
    wishes = Wishes(tuple(_numbers("reminders")), "live" in request.form, thanks[0] if thanks else None)
    seen = (_numbers("version") or [0])[0]
    try:
        with transaction():
            message_wishes.change(cohort, wishes, seen=seen, actor=staff().actor, now=clock.now())
    except HubError as problem:
        return _plan(cohort, problem.message, wishes), problem.status
    flash("Saved. What has gone out stays; the plan below is the new one.", "done")
    return redirect(url_for("studio_messages.page", cohort=cohort), 303)


def _plan(cohort: str, problem: str = "", typed: Wishes | None = None) -> str:
    head, now = cohort_head(cohort), clock.now()
    whole = plan.cohort_plan(cohort, current_app.extensions["limits"])
    writes = may(Permission.MESSAGES, head.webinar_id)
    stored = plan.wishes(cohort)
    return render_template(
        "studio/messages/plan.html",
        head=head,
        ahead=[line for line in whole.lines if line.state == "planned"],
        begun=[line for line in reversed(whole.lines) if line.state != "planned" and not line.own],
        own=[line for line in whole.lines if line.own],
        words=message_words,
        writes=writes,
        announcements=announcements.of_cohort(head, now) if writes else [],
        wishes=typed or stored,
        stored=stored,
        version=stored.version,
        problem=problem,
        leads=LEADS,
        thanks=THANKS,
        by_themselves=BY_THEMSELVES,
        kinds=KINDS,
        minutes_in_words=_in_words,
    )


@blueprint.get(_ONE)
@needs(Permission.MESSAGES)
def preview(cohort: str, message: int) -> str:
    """One message as a registrant will read it, in her zone."""
    head, reader = cohort_head(cohort), mail_frames.chosen_reader()
    samples = previews.samples(head.id)
    if reader is None and samples:
        reader = samples[0].registration
    letter, recipient = previews.preview(
        head.id, About(broadcast=message, registration=reader), current_app.extensions["hub"], clock.now()
    )
    headers.allow_frame("'self'")
    return render_template(
        "studio/messages/preview.html",
        head=head,
        message=message,
        letter=letter,
        words=mail_frames.read(letter, recipient),
        reader=reader,
        samples=samples,
        kind=message_words(letter.kind, letter.lead),
    )


@blueprint.get(f"{_ONE}/mail")
@needs(Permission.MESSAGES)
def mail(cohort: str, message: int) -> Answer:
    """The mail itself, for the frame."""
    about = About(broadcast=message, registration=mail_frames.chosen_reader())
    return mail_frames.frame(cohort_head(cohort).id, about)


@blueprint.post(f"{_ONE}/test")
@needs(Permission.MESSAGES)
def try_out(cohort: str, message: int) -> Answer:
    """Send it to whoever asks, marked as a test."""
    reader = mail_frames.chosen_reader()
    with transaction():
        mail_frames.send_test(cohort_head(cohort).id, About(broadcast=message, registration=reader))
    flash(f"A test is on its way to {staff().email}.", "done")
    chosen: dict[str, Any] = {"as": reader} if reader else {}
    return redirect(url_for("studio_messages.preview", cohort=cohort, message=message, **chosen), 303)


def _in_words(minutes: int) -> str:
    return duration_in_words(timedelta(minutes=minutes))


def _numbers(name: str) -> list[int]:
    return [number for typed in request.form.getlist(name) if (number := whole(typed)) is not None]
