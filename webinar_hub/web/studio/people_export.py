"""Answers with a list of people as a file, streamed; who took what is in the audit log."""

from collections.abc import Mapping
from typing import Any

from flask import Response, request, stream_with_context
from werkzeug.wsgi import wrap_file

from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.core.errors import Invalid
from webinar_hub.documents.people_table import COLUMNS, csv_lines, xlsx_file
from webinar_hub.queries import answers, people_export
from webinar_hub.queries import people as queries
from webinar_hub.rules.people import Scope
from webinar_hub.services import people_bulk
from webinar_hub.web.studio import people_filters
from webinar_hub.web.studio.access import staff

_XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"


def form(scope: Scope) -> dict[str, Any]:
    """What the page shows on which the columns are chosen."""
    chosen, offered = people_filters.chosen(scope), _offered(scope)
    if not request.values.getlist("who"):
        chosen = type(chosen)(chosen.wanted, scope)
    return {
        "count": queries.count_of(chosen),
        "columns": offered,
        "ticked": request.form.getlist("column") if request.method == "POST" else list(COLUMNS),
        "wanted": chosen.wanted,
        "ids": chosen.ids,
        "query": people_filters.query(chosen.wanted),
    }


def _offered(scope: Scope) -> Mapping[str, str]:
    """The columns of every export, and of a cohort's what people answered."""
    return COLUMNS if scope.cohort is None else {**COLUMNS, **answers.columns(scope.cohort)}


def file(scope: Scope, name: str) -> Response:
    """The file, in the format and with the columns of the form. Raises Invalid where none is chosen."""
    offered = _offered(scope)
    columns = [column for column in offered if column in request.form.getlist("column")]
    if not columns:
        raise Invalid("column", "Choose at least one column.")
    chosen = people_filters.chosen(scope)
    as_xlsx = request.form.get("format") == "xlsx"
    now = clock.now()
    with transaction():
        people_bulk.note_export(chosen, columns, "xlsx" if as_xlsx else "csv", actor=staff().actor, now=now)
    heading, rows = [offered[column] for column in columns], people_export.rows(chosen, columns)
    if as_xlsx:
        answer = Response(wrap_file(request.environ, xlsx_file(heading, rows)), mimetype=_XLSX)
    else:
        lines = csv_lines(heading, rows, bom="bom" in request.form)
        answer = Response(stream_with_context(lines), mimetype="text/csv")
    ending = "xlsx" if as_xlsx else "csv"
    answer.headers["Content-Disposition"] = f'attachment; filename="{name}-{now:%Y-%m-%d}.{ending}"'
    return answer
