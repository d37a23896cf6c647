"""The team: who may come in and do what; inviting, changing roles, taking access away."""

from flask import flash, redirect, render_template, request, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Conflict, Invalid, NotFound
from webinar_hub.documents.names import inert
from webinar_hub.queries import team as queries
from webinar_hub.queries.team import MemberView
from webinar_hub.rules.coming_in import EVERYWHERE
from webinar_hub.rules.staff import Membership, Permission, Role
from webinar_hub.services import team as services
from webinar_hub.web.current import staff_post
from webinar_hub.web.forms.staff import InvitationForm
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.freshness import fresh

blueprint = area("team")

Page = str | tuple[str, int] | Redirect
ROLE_WORDS = {
    Role.OWNER: "Everything, the settings and this page included.",
    Role.ORGANIZER: "Everything about webinars, people and messages; not the settings, not the team.",
    Role.PRESENTER: "Sees the plan and the materials; nothing about the people.",
    Role.DESK: "Sees who is registered, adds, moves and cancels people.",
    Role.REVIEWER: "Sees people, attendance and certificates, and the audit log.",
    Role.READER: "Looks, and changes nothing.",
}


@blueprint.get("/team")
@needs(Permission.TEAM)
@fresh
def page() -> str:
    """Everybody, with their roles, and the form to invite somebody."""
    return _page(_invitation())


@blueprint.post("/team")
@needs(Permission.TEAM)
@fresh
def invite() -> Page:
    """Invite somebody by mail."""
    form, who = _invitation(), staff()
    if not form.validate():
        return _page(form), 400
    where = None if form.where.data == EVERYWHERE else int(form.where.data or 0)
    try:
        with transaction():
            services.invite(
                form.email.data or "",
                [Membership(Role(form.role.data), where)],
                staff_post(),
                actor=who.actor,
                inviter=inert(who.name),
                zone=who.zone,
                now=clock.now(),
                real_now=clock.real_now(),
            )
    except (Invalid, Conflict) as problem:
        return _page(form, problem.message), problem.status
    flash(f"The invitation is on its way to {form.email.data}. It is valid for 7 days.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.get("/team/<int:organizer>")
@needs(Permission.TEAM)
@fresh
def member(organizer: int) -> str:
    """One of them, and her roles to change."""
    return _member_page(_found(organizer))


@blueprint.post("/team/<int:organizer>")
@needs(Permission.TEAM)
@fresh
def change(organizer: int) -> Page:
    """Give her these roles."""
    actor = staff().actor
    try:
        with transaction():
            services.change_roles(organizer, _typed_roles(), actor=actor, now=clock.now())
    except (Invalid, Conflict) as problem:
        return _member_page(_found(organizer), problem.message), problem.status
    flash("Saved. It holds from the next page she opens.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/team/<int:organizer>/invite")
@needs(Permission.TEAM)
@fresh
def invite_again(organizer: int) -> Redirect:
    """Send the invitation once more."""
    who = staff()
    with transaction():
        services.invite_again(
            organizer,
            staff_post(),
            actor=who.actor,
            inviter=inert(who.name),
            now=clock.now(),
            real_now=clock.real_now(),
        )
    flash("A new invitation is on its way; the link in the old one no longer works.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.get("/team/<int:organizer>/remove")
@needs(Permission.TEAM)
@fresh
def ask_to_remove(organizer: int) -> str:
    """What she would lose."""
    return render_template("studio/team/remove.html", member=_found(organizer))


@blueprint.post("/team/<int:organizer>/remove")
@needs(Permission.TEAM)
@fresh
def remove(organizer: int) -> Page:
    """End her access."""
    actor, name = staff().actor, _found(organizer).called
    try:
        with transaction():
            services.take_away(organizer, actor=actor, now=clock.now())
    except Conflict as problem:
        return _member_page(_found(organizer), problem.message), problem.status
    flash(f"{name} can no longer sign in.", "done")
    return redirect(url_for(".page"), 303)


def _invitation() -> InvitationForm:
    form = InvitationForm()
    form.offer([(str(webinar.id), webinar.title) for webinar in queries.webinar_choices()])
    return form


def _page(form: InvitationForm, problem: str = "") -> str:
    return render_template(
        "studio/team/page.html", team=queries.team(), form=form, problem=problem, role_words=ROLE_WORDS
    )


def _member_page(member: MemberView, problem: str = "") -> str:
    typed = request.form if request.endpoint == "studio_team.change" else None
    return render_template(
        "studio/team/member.html",
        member=member,
        typed=typed,
        webinars=queries.webinar_choices(),
        problem=problem,
        role_words=ROLE_WORDS,
    )


def _typed_roles() -> list[Membership]:
    """The roles that were chosen: `everywhere`, and `webinar-<id>` for each webinar. Raises Invalid."""
    chosen = []
    for name, value in request.form.items():
        where = name.removeprefix("webinar-")
        if not value or not (name == "everywhere" or (name != where and where.isdecimal() and len(where) < 10)):
            continue
        if value not in list(Role):
            raise Invalid(name, "Choose a role from the list.")
        chosen.append(Membership(Role(value), None if name == "everywhere" else int(where)))
    return chosen


def _found(organizer: int) -> MemberView:
    view = queries.member(organizer)
    if view is None:
        raise NotFound("Nobody of this team is on this page, or her access has been taken away.")
    return view
