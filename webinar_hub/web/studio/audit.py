"""The audit log: who changed what, when, and whether anybody has changed the log."""

from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from flask import Response, flash, redirect, render_template, request, stream_with_context, url_for
from werkzeug.wrappers import Response as Redirect

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents import audit_export
from webinar_hub.queries import audit as queries
from webinar_hub.queries.audit import Wanted
from webinar_hub.rules.audit_words import NOUNS
from webinar_hub.rules.staff import Permission
from webinar_hub.services import audit as services
from webinar_hub.web.studio.access import needs, staff
from webinar_hub.web.studio.area import area

blueprint = area("audit")

FILTER = ("actor", "action", "subject", "since", "until")
FILES = {"csv": (audit_export.as_csv, "text/csv"), "json": (audit_export.as_json, "application/x-ndjson")}


@blueprint.get("/audit")
@needs(Permission.AUDIT)
def page() -> str:
    """The newest entries, or those the filter asks for."""
    lines, older = queries.page(_wanted(), before=request.args.get("before", type=int))
    return render_template(
        "studio/audit/page.html",
        lines=lines,
        older=older,
        asked={name: request.args.get(name, "") for name in FILTER},
        people=queries.actors(),
        nouns=NOUNS,
        chain=queries.chain(),
        zone=staff().zone,
    )


@blueprint.get("/audit/export.<kind>")
@needs(Permission.AUDIT)
def export(kind: str) -> Response:
    """Everything the filter asks for as a file, written while it is read."""
    write, media_type = FILES.get(kind, FILES["csv"])
    lines = write(queries.export(_wanted()), mask="mask" in request.args)
    response = Response(stream_with_context(lines), content_type=f"{media_type}; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="audit-log.{kind if kind in FILES else "csv"}"'
    return response


@blueprint.post("/audit/verify")
@needs(Permission.AUDIT)
def verify() -> Redirect:
    """Look through the whole chain and put on record what was found."""
    verdict = queries.verify()
    with transaction():
        services.keep_check(verdict, now=clock.now())
    if not verdict.fault:
        flash(f"All {verdict.position} entries of the chain are as they were written.", "done")
    return redirect(url_for("studio_audit.page"), 303)


def _wanted() -> Wanted:
    asked = {name: request.args.get(name, "").strip() for name in FILTER}
    noun = asked["action"]
    last = _day(asked["until"])
    return Wanted(
        actor=asked["actor"],
        action=f"{noun}." if noun in NOUNS else noun,
        subject=asked["subject"].lower().replace(" ", ":"),
        since=_begins(_day(asked["since"])),
        until=_begins(last + timedelta(days=1) if last else None),
    )


def _day(text: str) -> date | None:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        return None
    return found if 1970 <= found.year < 9999 else None


def _begins(day: date | None) -> datetime | None:
    return datetime.combine(day, time(), ZoneInfo(staff().zone)) if day else None
