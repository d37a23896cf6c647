"""Ways in by a link: the first owner, invitations, signing in by mail, a new password.

Opening a link changes nothing, however often a mail scanner does; the button on the page does (A21).
"""

from collections.abc import Callable
from functools import partial
from typing import cast

from flask import current_app, redirect, render_template, url_for
from flask_security import Security, login_user
from flask_wtf import FlaskForm
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import NotFound
from webinar_hub.models import Organizer
from webinar_hub.queries.one_time_links import LinkView, link_view
from webinar_hub.rules.coming_in import Purpose
from webinar_hub.services import staff_access
from webinar_hub.web.current import staff_post
from webinar_hub.web.forms.staff import AddressForm, NewPasswordForm, OwnerForm, WelcomeForm
from webinar_hub.web.studio import attempts
from webinar_hub.web.studio.access import open_to_all
from webinar_hub.web.studio.area import area

blueprint = area("door")

Page = str | tuple[str, int] | Redirect
WAYS = {"link": Purpose.SIGN_IN, "password": Purpose.RESET}


@blueprint.get("/sign-in/mail/<any(link, password):way>")
@open_to_all
def ask(way: str) -> str:
    """Ask for the address a link is sent to."""
    return render_template("studio/door/ask.html", form=AddressForm(), way=way)


@blueprint.post("/sign-in/mail/<any(link, password):way>")
@open_to_all
def send(way: str) -> Page:
    """Send it, if there is such a member of the staff; the answer is the same if not."""
    form = AddressForm()
    if not form.validate():
        return render_template("studio/door/ask.html", form=form, way=way), 400
    attempts.spend_mail(form.email.data or "")
    with transaction():
        staff_access.mail_link(
            form.email.data or "", WAYS[way], staff_post(), now=clock.now(), real_now=clock.real_now()
        )
    return render_template("studio/door/sent.html", email=form.email.data, way=way)


@blueprint.get("/link/<token>")
@open_to_all
def link(token: str) -> str:
    """What the link will do, and the button that does it."""
    view = link_view(token, real_now=clock.real_now())
    return _page(view, token, _form(view))


@blueprint.post("/link/<token>")
@open_to_all
def use(token: str) -> Page:
    """Do it."""
    attempts.spend("")
    view = link_view(token, real_now=clock.real_now())
    form = _form(view)
    if form is not None and not form.validate():
        return _page(view, token, form), 400
    verb = _verb(view.purpose, token, form)
    with transaction():
        return _sign_in(verb(), way=view.purpose)


def _form(view: LinkView) -> FlaskForm | None:
    match view.purpose:
        case Purpose.OWNER:
            return OwnerForm()
        case Purpose.INVITATION:
            return WelcomeForm(name=view.name, zone=view.zone)
        case Purpose.RESET:
            return NewPasswordForm()
    return None


def _verb(purpose: Purpose, token: str, form: FlaskForm | None) -> Callable[[], Organizer]:
    """The one call of a service; a password is hashed here, before the transaction begins."""
    now, real_now = clock.now(), clock.real_now()
    match form:
        case OwnerForm() | WelcomeForm():
            service = staff_access.create_owner if purpose == Purpose.OWNER else staff_access.accept
            return partial(service, token, **form.answers, now=now, real_now=real_now)
        case NewPasswordForm():
            setting = partial(staff_access.reset_password, token, password=form.hashed_password)
            return partial(setting, post=staff_post(), now=now, real_now=real_now)
    if purpose != Purpose.SIGN_IN:
        raise NotFound()
    return partial(staff_access.sign_in_by_link, token, real_now=real_now)


def _page(view: LinkView, token: str, form: FlaskForm | None) -> str:
    return render_template("studio/door/link.html", link=view, token=token, form=form, Purpose=Purpose)


def _sign_in(organizer: Organizer, *, way: str) -> Redirect:
    """Let her in, or have her second factor first: a link proves no more than a password does."""
    security: Security = current_app.extensions["security"]
    second = security.two_factor_plugins.tf_enter(organizer, False, way, next_loc=None)
    if second is not None:
        return cast(Redirect, second)
    login_user(organizer, authn_via=[way])
    return redirect(url_for("studio_webinars.home"), 303)
