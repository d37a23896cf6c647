"""One's own account: name, zone and address, how one comes in, and where one is signed in."""

from flask import flash, redirect, render_template, session, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.queries import team as queries
from webinar_hub.services import accounts, sign_ins
from webinar_hub.web.current import staff_post
from webinar_hub.web.forms.staff import AccountForm, AddressForm
from webinar_hub.web.studio import attempts, browsers
from webinar_hub.web.studio.access import own_account, staff
from webinar_hub.web.studio.area import area
from webinar_hub.web.studio.freshness import fresh

blueprint = area("account")

Page = str | tuple[str, int] | Redirect


@blueprint.get("/account")
@own_account
def page() -> str:
    """Everything about it."""
    return _page(AccountForm(name=staff().name, zone=staff().zone), AddressForm(email=staff().email))


@blueprint.post("/account")
@own_account
def change() -> Page:
    """Take the name and zone."""
    form = AccountForm()
    if not form.validate():
        return _page(form, AddressForm(formdata=None, email=staff().email)), 400
    who = staff().id
    with transaction():
        accounts.change_details(who, name=form.clean_name, zone=form.clean_zone, now=clock.now())
    flash("Saved.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/address")
@own_account
@fresh
def ask_for_email() -> Page:
    """Send a link to the new address."""
    form, who = AddressForm(), staff()
    attempts.spend_mail(form.email.data or "")
    try:
        if not form.validate():
            raise Invalid("email", "")
        with transaction():
            accounts.ask_for_email(
                who.id, form.email.data or "", staff_post(), now=clock.now(), real_now=clock.real_now()
            )
    except Invalid:
        return _page(AccountForm(formdata=None, name=who.name, zone=who.zone), form), 400
    flash(f"We have written to {form.email.data}. Open the link in that mail in this browser.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/address/<token>")
@own_account
def change_email(token: str) -> Redirect:
    """Take the address that the link has proved."""
    attempts.spend("")
    with transaction():
        accounts.change_email(token, staff().id, staff_post(), now=clock.now(), real_now=clock.real_now())
    flash("Done: you sign in with your new address from now on.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/browsers/<int:sign_in>/end")
@own_account
def end(sign_in: int) -> Redirect:
    """Sign one browser out."""
    who = staff().id
    with transaction():
        sign_ins.end(who, sign_in)
    flash("That browser is signed out.", "done")
    return redirect(url_for(".page"), 303)


@blueprint.post("/account/browsers/end")
@own_account
def end_others() -> Redirect:
    """Sign out every browser but this one."""
    who = staff().id
    with transaction():
        sign_ins.end_others(who, session[browsers.TOKEN])
    flash("Every other browser is signed out.", "done")
    return redirect(url_for(".page"), 303)


def _page(form: AccountForm, address: AddressForm) -> str:
    view = queries.account(current_user, sign_in_id=browsers.this_one(), real_now=clock.real_now())
    return render_template("studio/account/page.html", account=view, form=form, address=address)
