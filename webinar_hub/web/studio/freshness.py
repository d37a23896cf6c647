"""Asks for the password again before what decides who comes in is changed: a browser may have been left alone."""

from functools import wraps
from typing import Any, cast

from flask import current_app, redirect, request, url_for
from flask_security.utils import check_and_update_authn_fresh

from webinar_hub.web.studio.access import View


def fresh(view: View) -> View:
    """Stands below `needs` or `own_account`, directly above the function."""

    @wraps(view)
    def guarded(*args: Any, **named: Any) -> Any:
        config = current_app.config
        if check_and_update_authn_fresh(
            config["SECURITY_FRESHNESS"], config["SECURITY_FRESHNESS_GRACE_PERIOD"], "session"
        ):
            return view(*args, **named)
        # What was posted cannot be kept across the question; pages with such forms ask before they are shown.
        back = request.full_path.rstrip("?") if request.method == "GET" else url_for("studio_account.page")
        return redirect(url_for("security.verify", next=back), 303)

    return cast(View, guarded)
