"""Which browsers are signed in to the studio: the cookie holds a token, a row in the database says that it counts.

Ending the row ends the sign-in at the next request, whatever the cookie says.
"""

from typing import Any

from flask import Flask, Response, g, redirect, request, session, url_for
from flask_login import LoginManager, user_logged_in, user_logged_out
from flask_security import password_changed
from flask_security.utils import set_request_attr
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock, db
from webinar_hub.core.tokens import hashed
from webinar_hub.models import Organizer
from webinar_hub.queries import staff as queries
from webinar_hub.services import sign_ins
from webinar_hub.web.current import network

TOKEN = "sign_in"  # noqa: S105  the name of a key


def register(app: Flask, manager: LoginManager) -> None:
    """Take the place of what Flask-Login does by itself: a session cookie alone, and one to remember by."""
    manager.user_loader(_load)
    # Tokens in headers are no way into pages.
    manager.request_loader(_nobody)
    manager.session_protection = None
    # It would look into the session with every answer, the public pages' included.
    app.after_request_funcs[None].remove(manager._update_remember_cookie)
    user_logged_in.connect(_began, app)
    user_logged_out.connect(_ended, app)
    password_changed.connect(_password_changed, app)
    app.before_request(_spare_from_signing_out)
    app.after_request(_write_down_that_it_was_seen)


def _spare_from_signing_out() -> Redirect | None:
    """Opening the page for a code again, from the history or a link somewhere, must not sign anybody out.

    The library takes it for an attack where no code was asked for.
    """
    asks = request.endpoint == "security.two_factor_token_validation" and request.method in ("GET", "HEAD")
    if asks and TOKEN in session and "tf_state" not in session:
        return redirect(url_for("studio_webinars.home"), 303)
    return None


def this_one() -> int:
    """The id of the sign-in this request belongs to; 0 when nobody is signed in."""
    return int(g.get("sign_in_id", 0))


def _load(user_id: str) -> Organizer | None:
    token = session.get(TOKEN)
    if not isinstance(token, str):
        return None
    found = queries.signed_in(user_id, hashed(token), real_now=clock.real_now())
    if found is None:
        return None
    g.sign_in_id, g.sign_in_is_news = found.sign_in_id, found.is_news
    set_request_attr("fs_authn_via", "session")
    set_request_attr("fs_paa", session.get("fs_paa", 0))
    return found.organizer


def _nobody(_: Any) -> None:
    return None


def _began(_: Flask, user: Organizer) -> None:
    """A new token with each sign-in, and one against forged requests: what was known before is worth nothing."""
    db.begin_to_write()
    if isinstance(old := session.pop(TOKEN, None), str):
        sign_ins.end_with(old)
    # Flask-Login's own way to remember would be a second cookie that no list shows.
    stays = session.pop("_remember", None) == "set"
    for left in ("csrf_token", "_id"):
        session.pop(left, None)
    g.pop("csrf_token", None)
    session[TOKEN] = sign_ins.begin(
        user.id,
        user_agent=request.user_agent.string,
        network=network(),
        stays=stays,
        now=clock.real_now(),
    )
    if stays:
        session.permanent = True


def _ended(_: Flask, user: Organizer) -> None:
    if isinstance(old := session.pop(TOKEN, None), str):
        db.begin_to_write()
        sign_ins.end_with(old)
        db.commit_late()


def _password_changed(_: Flask, user: Organizer, **__: Any) -> None:
    db.begin_to_write()
    sign_ins.end_others(user.id, session.get(TOKEN, ""))


def _write_down_that_it_was_seen(response: Response) -> Response:
    if g.pop("sign_in_is_news", False):
        with db.transaction():
            sign_ins.seen(this_one(), now=clock.real_now())
    return response
