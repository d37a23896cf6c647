"""Calendar files to download and the subscription that calendars fetch; the invites themselves go by mail."""

from datetime import timedelta
from hashlib import sha256

from flask import Blueprint, Response, request

from webinar_hub.core import clock, language
from webinar_hub.core.language import gettext as _
from webinar_hub.documents.calendar_session import CalendarEntry
from webinar_hub.queries import calendars as queries
from webinar_hub.queries import public
from webinar_hub.web import visitor
from webinar_hub.web.current import hub, tokens

blueprint = Blueprint("calendars", __name__)

MEDIA_TYPE = "text/calendar; charset=utf-8"
REFRESH = timedelta(hours=1)
# A change of how feeds are written changes the tag of each of them.
_LOOK = 1


@blueprint.get("/w/<slug>/<cohort>.ics")
def cohort_file(slug: str, cohort: str) -> Response:
    """Every session of a cohort, for anybody's calendar."""
    webinar, _ = public.sign_up_page(slug, cohort, clock.now())
    return _file(queries.public_cohort(cohort, hub()), name=webinar.title, filename=f"{slug}.ics")


@blueprint.get("/join/<session>.ics")
def session_file(session: str) -> Response:
    """One session, for anybody's calendar."""
    entries = queries.public_session(session, hub())
    return _file(entries, name=entries[0].session.title, filename="session.ics")


@blueprint.get("/my/session/<session>.ics")
def personal_file(session: str) -> Response:
    """One session of hers under the UID of her invite, so that it is not in her calendar twice."""
    entries = queries.personal(visitor.required(), hub(), session)
    return _file(entries, name=entries[0].session.title if entries else _("Webinar"), filename="session.ics")


@blueprint.get("/cal/<token>.ics")
def feed(token: str) -> Response:
    """The calendar she has subscribed to; answers 304 until one of her sessions changes."""
    person, code = queries.feed_owner(tokens(), token)
    language.speak(code)
    entries = queries.personal(person, hub())
    response = Response(content_type=MEDIA_TYPE)
    response.headers["Cache-Control"] = "private, no-cache"
    # Calendars ask all day long: what the feed is made from tells whether it changed, without making it.
    response.set_etag(sha256(repr((_LOOK, code, entries)).encode()).hexdigest())
    if request.if_none_match.contains(response.get_etag()[0] or ""):
        response.status_code = 304
    else:
        from webinar_hub.documents.ics import calendar_feed  # noqa: PLC0415  slow import

        response.data = calendar_feed(
            entries, name=_("My webinars"), description=_("The live sessions I have a place in."), refresh=REFRESH
        )
    return response


def _file(entries: list[CalendarEntry], *, name: str, filename: str) -> Response:
    from webinar_hub.documents.ics import calendar_file  # noqa: PLC0415  slow import

    response = Response(calendar_file(entries, stamped_at=clock.now(), name=name), content_type=MEDIA_TYPE)
    response.headers["Content-Disposition"] = f'attachment; filename="{filename}"'
    return response
