"""Who may open which page of the studio: every view names one permission, and a view that names none is closed."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar, cast

from flask import Flask, current_app, g, redirect, request, url_for
from flask_security import current_user
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core.errors import HubError, NotAllowed, NotFound
from webinar_hub.queries import staff as queries
from webinar_hub.rules.staff import Permission, Staff

View = TypeVar("View", bound=Callable[..., Any])

PREFIX = "studio_"
"""How the names of the studio's blueprints begin."""


class NotSignedIn(HubError):
    """A page of the studio was asked for by nobody in particular."""

    status = 403

    def __init__(self) -> None:
        super().__init__("Please sign in first. What you typed is still there when you go back.")


def staff() -> Staff:
    """Who is signed in. Raises NotSignedIn."""
    if "staff" not in g:
        if not current_user.is_authenticated:
            raise NotSignedIn()
        g.staff = queries.as_staff(current_user)
    return cast(Staff, g.staff)


def needs(permission: Permission) -> Callable[[View], View]:
    """Close a view to everybody who may not do this: stands directly above the function, below the routes.

    Where the address names a `cohort` (its key) or a `webinar` (its slug), it is that one which she must be
    allowed to touch; whoever may not even see it is told that there is no such page (A09). Any other view opens
    to whoever may do this with one webinar at least, and shows only what `staff().webinars(...)` names.
    """

    def closed(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **named: Any) -> Any:
            demand(permission, scope_of(named))
            return view(*args, **named)

        guarded.permission = permission  # type: ignore[attr-defined]
        return cast(View, guarded)

    return closed


def open_to_all(view: View) -> View:
    """Mark a view that must be open before anybody is known: the sign-in itself."""
    view.permission = None  # type: ignore[attr-defined]
    return view


def own_account(view: View) -> View:
    """Close a view to everybody but those signed in, whatever their role: what it shows is their own."""

    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        staff()
        return view(*args, **named)

    guarded.permission = "own account"  # type: ignore[attr-defined]
    return cast(View, guarded)


def demand(permission: Permission, webinar_id: int | None = None) -> None:
    """Raises NotSignedIn, NotFound for a webinar she may not see, NotAllowed for one she may only see."""
    who = staff()
    if webinar_id is not None and not who.may(Permission.SEE, webinar_id):
        raise NotFound()
    if not who.may(permission, webinar_id):
        raise NotAllowed("Your role does not include this. Whoever owns this installation can change that.")


def scope_of(named: dict[str, Any]) -> int | None:
    """The webinar an address is about, where it names one. Raises NotSignedIn, NotFound."""
    staff()
    if "cohort" in named:
        return queries.webinar_of_cohort(named["cohort"])
    if "webinar" in named:
        return queries.webinar_with_slug(named["webinar"])
    return None


def may(permission: Permission, webinar_id: int | None = None) -> bool:
    """For templates: whether to show what leads to something."""
    return staff().may(permission, webinar_id)


def _closed_unless_named() -> None:
    blueprint = request.blueprint or ""
    if blueprint.startswith(PREFIX) and not hasattr(_view(), "permission"):
        raise NotAllowed("This page has not been opened to anybody.")


def _view() -> Callable[..., Any]:
    return current_app.view_functions[request.endpoint or ""]


def _to_the_door(problem: NotSignedIn) -> Redirect | tuple[str, int]:
    wanted = request.full_path.rstrip("?") if request.method in ("GET", "HEAD") else url_for("studio_webinars.home")
    return redirect(url_for("security.login", next=wanted), 303)


def register(app: Flask) -> None:
    """Watch over every page of the studio."""
    app.before_request(_closed_unless_named)
    app.register_error_handler(NotSignedIn, _to_the_door)
    app.jinja_env.globals.update(may=may, Permission=Permission, staff=staff)
