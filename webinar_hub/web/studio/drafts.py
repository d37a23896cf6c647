"""What the pages' own script calls while somebody types: keep a draft, show Markdown as it will look."""

from urllib.parse import urlsplit

from flask import Response, redirect, request
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core.db import transaction
from webinar_hub.documents.markdown import to_html
from webinar_hub.rules.cohort_file.sections import LONG_TEXT
from webinar_hub.web.studio import drafting
from webinar_hub.web.studio.access import own_account
from webinar_hub.web.studio.area import area

blueprint = area("drafts")
blueprint.url_value_preprocessor(drafting.allow_long_texts)


@blueprint.post("/drafts/keep")
@own_account
def keep() -> Response:
    """Keep what has been typed so far."""
    with transaction():
        drafting.keep(request)
    return Response(status=204)


@blueprint.post("/drafts/throw-away")
@own_account
def throw_away() -> Redirect:
    """Forget a draft, and show the form as it is saved."""
    with transaction():
        drafting.done(request.form.get("form", ""))
    return redirect(_own_path(request.form.get("back", "")), 303)


@blueprint.post("/preview")
@own_account
def preview() -> str:
    """Markdown as the public page will show it."""
    return str(to_html(request.form.get("text", "")[:LONG_TEXT]))


def _own_path(back: str) -> str:
    """A page of the studio, whatever was sent: nobody is led elsewhere by it."""
    parts = urlsplit(back)
    is_ours = not parts.scheme and not parts.netloc and parts.path.startswith("/studio/") and "\\" not in back
    return parts.path if is_ours else "/studio/"
