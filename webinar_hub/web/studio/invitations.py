"""Inviting people to a cohort: a list is looked at first, sent by the worker, and followed to every answer."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import HubError
from webinar_hub.queries import invitations as queries
from webinar_hub.queries.studio import CohortHead, cohort_head
from webinar_hub.rules.guest_list import Guest
from webinar_hub.rules.staff import Permission
from webinar_hub.services import invitations
from webinar_hub.web.forms.invitations import InvitationsForm
from webinar_hub.web.studio import drafting, guest_lists
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("invitations")
blueprint.url_value_preprocessor(drafting.allow_long_texts)

Answer = tuple[str, int] | Redirect
_LIST = "/cohorts/<cohort>/invitations/<int(max=2147483647):sent>"


@blueprint.get("/cohorts/<cohort>/invitations")
@needs(Permission.PEOPLE)
def page(cohort: str) -> str:
    """Every list, and everybody on them, or those who stand where she asks."""
    return guest_lists.shown(cohort, "organizer")


@blueprint.get("/cohorts/<cohort>/invitations/new")
@needs(Permission.MESSAGES)
def new(cohort: str) -> Answer:
    """Whom, in which words, and when."""
    return _form(cohort_head(cohort), InvitationsForm(None))


@blueprint.post("/cohorts/<cohort>/invitations/new")
@needs(Permission.MESSAGES)
def save(cohort: str) -> Answer:
    """Show what would happen; or, once that was looked at, have it happen."""
    head, form = cohort_head(cohort), InvitationsForm()
    _offer(head, form)
    if not form.understand() or request.form.get("do") == "change":
        return _form(head, form, 200 if request.form.get("do") == "change" else 400)
    try:
        wanted = form.wanted(head.zone)
        if request.form.get("do") != "send":
            return _check(head, form, invitations.wanted_guests(head.id, wanted))
        with transaction():
            number = invitations.invite(cohort, wanted, actor=staff().actor, now=clock.now())
    except HubError as problem:
        form.refuse(problem)
        return _form(head, form, problem.status)
    flash(f"{number:,} invitations are on their way." if number else "They were on their way already.", "done")
    return redirect(url_for("studio_invitations.page", cohort=cohort), 303)


@blueprint.post(f"{_LIST}/remind")
@needs(Permission.MESSAGES)
def remind(cohort: str, sent: int) -> Redirect:
    """Write once more to whoever has not answered."""
    with transaction():
        number = invitations.remind_list(cohort, sent, actor=staff().actor, now=clock.now())
    flash(f"{number:,} {'person gets' if number == 1 else 'people get'} a reminder.", "done")
    return redirect(url_for("studio_invitations.page", cohort=cohort), 303)


@blueprint.get(f"{_LIST}/end")
@needs(Permission.MESSAGES)
def confirm_end(cohort: str, sent: int) -> str:
    """What ending a list means; nothing happens before the button is pressed."""
    return guest_lists.asked_to_end(cohort, "organizer", sent)


@blueprint.post(f"{_LIST}/end")
@needs(Permission.MESSAGES)
def end(cohort: str, sent: int) -> Redirect:
    """Take back whatever is not answered."""
    return guest_lists.ended(cohort, "organizer", sent)


def _offer(head: CohortHead, form: InvitationsForm) -> None:
    form.offer(queries.earlier_cohorts(head.id, staff().webinars(Permission.PEOPLE)))


def _form(head: CohortHead, form: InvitationsForm, status: int = 200) -> tuple[str, int]:
    _offer(head, form)
    return render_template("studio/registering/invite.html", head=head, form=form), status


def _check(head: CohortHead, form: InvitationsForm, guests: list[Guest]) -> tuple[str, int]:
    named = {guest.key for guest in form.guests if guest.key}
    kept = {guest.key for guest in guests}
    return render_template(
        "studio/registering/invite_check.html", head=head, form=form, guests=guests,
        left_out=[guest for guest in form.guests if guest.key in named - kept], from_earlier=len(kept - named),
    ), 200  # fmt: skip
