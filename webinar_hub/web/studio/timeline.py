"""A cohort's timeline, and every change of its dates: shown first, then done, then ten minutes to take it back."""

from datetime import date, datetime

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, HubError, Invalid, NotFound
from webinar_hub.queries import studio, timeline
from webinar_hub.queries.timeline import Held
from webinar_hub.rules.staff import Permission
from webinar_hub.rules.zones import MONTHS, clock_words
from webinar_hub.services import changes, undoing
from webinar_hub.services.editing import EditedMeanwhile
from webinar_hub.web.forms.dates import DatesForm, as_fields
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.previewing import people_words, preview

blueprint = area("timeline")
Answer = str | tuple[str, int]


@blueprint.app_template_global()
def held_changes(cohort_id: int) -> Held | None:
    """For every page of a cohort: what can be taken back at this moment."""
    return timeline.held(cohort_id, clock.now())


@blueprint.app_template_filter()
def clock_of(wall: str) -> str:
    """The time of day of a wall time: "7:00 pm" for "2026-12-08T19:00"."""
    return clock_words(datetime.fromisoformat(wall))


@blueprint.app_template_filter()
def day_short(day: date) -> str:
    """A day without its year: "8 Dec"."""
    return f"{day.day} {MONTHS[day.month - 1][:3]}"


@blueprint.app_template_filter()
def weekday_short(day: date) -> str:
    """The day of the week: "Tue"."""
    return ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")[day.weekday()]


@blueprint.get("/cohorts/<cohort>/timeline")
@needs(Permission.SEE)
def page(cohort: str) -> str:
    """The whole cohort on one axis of time."""
    return _page(cohort)


@blueprint.get("/cohorts/<cohort>/timeline/sessions/<session>")
@needs(Permission.SCHEDULE)
def edit(cohort: str, session: str) -> Answer:
    """The form that moves, renames or cancels a session."""
    return _form(cohort, DatesForm(formdata=None, what="move", key=session, scope="this"))


@blueprint.get("/cohorts/<cohort>/timeline/move")
@needs(Permission.SCHEDULE)
def shift(cohort: str) -> Answer:
    """The form that moves everything ahead by some weeks or days."""
    form = DatesForm(formdata=None, what="shift", number="1", unit="7", direction="later")
    return _form(cohort, form)


@blueprint.get("/cohorts/<cohort>/timeline/preview")
@needs(Permission.SCHEDULE)
def look(cohort: str) -> Answer:
    """What a change will do, before it is done."""
    form = DatesForm.sent()
    return _look(cohort, form)


@blueprint.post("/cohorts/<cohort>/timeline/changes")
@needs(Permission.SCHEDULE)
def apply(cohort: str) -> Answer | Redirect:
    """Do what was shown, or show what it would do by now."""
    form = DatesForm.sent()
    wish = form.wish()
    if wish is None:
        return _form(cohort, form, 422)
    try:
        with transaction():
            changes.apply(cohort, wish, seen=request.form.get("seen", ""), actor=staff().actor, now=clock.now())
    except EditedMeanwhile:
        return _look(cohort, form, stale=True)
    except (Conflict, Invalid) as error:
        return _refused(cohort, form, error)
    return redirect(url_for("studio_timeline.page", cohort=cohort), 303)


@blueprint.post("/cohorts/<cohort>/timeline/changes/<int:change>/undo")
@needs(Permission.SCHEDULE)
def undo(cohort: str, change: int) -> Answer | Redirect:
    """Take a change back."""
    try:
        with transaction():
            mails = undoing.undo(cohort, change, actor=staff().actor, now=clock.now())
    except Conflict as error:
        return _page(cohort, error.message), error.status
    told = "Only those who signed up meanwhile get a mail with the right time." if mails else "Nobody was told."
    flash(f"Everything is as it was before. {told}", "done")
    return redirect(url_for("studio_timeline.page", cohort=cohort), 303)


@blueprint.post("/cohorts/<cohort>/timeline/changes/<int:change>/tell")
@needs(Permission.SCHEDULE)
def tell(cohort: str, change: int) -> Redirect:
    """End the ten minutes early."""
    with transaction():
        changes.tell_now(cohort, change, actor=staff().actor, now=clock.now())
    flash("The mails are on their way.", "done")
    return redirect(url_for("studio_timeline.page", cohort=cohort), 303)


def _page(cohort: str, problem: str = "") -> str:
    head, with_messages = studio.cohort_head(cohort), request.args.get("messages") != "no"
    line = timeline.timeline(cohort, clock.now(), messages=with_messages)
    return render_template(
        "studio/timeline/page.html",
        head=head, line=line, with_messages=with_messages, now=clock.now(), problem=problem,
    )  # fmt: skip


def _look(cohort: str, form: DatesForm, *, stale: bool = False) -> Answer:
    wish = form.wish()
    if wish is None:
        return _form(cohort, form, 422)
    try:
        shown = preview(cohort, wish, actor=staff().actor, now=clock.now())
    except (Conflict, Invalid) as error:
        return _refused(cohort, form, error)
    return render_template(
        "studio/timeline/preview.html", head=studio.cohort_head(cohort), shown=shown, wish=wish, stale=stale,
        fields=as_fields(wish, form), told=list(people_words(shown.told)),
    ), 409 if stale else 200  # fmt: skip


def _refused(cohort: str, form: DatesForm, error: HubError) -> Answer:
    """The form again, with what was typed and why it cannot be."""
    form.note(error.field if isinstance(error, Invalid) else "", error.message)
    return _form(cohort, form, error.status)


def _form(cohort: str, form: DatesForm, status: int = 200) -> Answer:
    head, what = studio.cohort_head(cohort), form.what.data
    if what in ("move", "cancel"):
        session = timeline.session_now(cohort, form.key.data or "", clock.now())
        form.fill_up(session.wall_start, session.minutes, session.title)
        return render_template("studio/timeline/session.html", head=head, form=form, session=session), status
    if what in ("shift", "cancel-cohort"):
        return render_template("studio/timeline/shift.html", head=head, form=form), status
    raise NotFound()
