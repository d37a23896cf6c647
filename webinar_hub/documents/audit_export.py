"""The audit log as a file: CSV that no spreadsheet takes for formulas, or JSON, one entry a line."""

import csv
import io
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from webinar_hub.documents.people_table import safe
from webinar_hub.rules.audit_words import masked

COLUMNS = ("entry", "at (UTC)", "who", "actor", "action", "subject", "detail", "place in the chain", "digest")


@dataclass(frozen=True, slots=True)
class Exported:
    """One entry as it is stored, with who it was in words; `at` is aware."""

    id: int
    at: datetime
    who: str
    actor: str
    action: str
    subject: str
    detail: dict[str, Any]
    position: int | None
    digest: str | None


def as_csv(rows: Iterable[Exported], *, mask: bool) -> Iterator[str]:
    """The lines of the file; a byte order mark first, so that Excel reads it as UTF-8."""
    yield "\ufeff" + _line(COLUMNS)
    for row in rows:
        yield _line(_values(row, mask))


def as_json(rows: Iterable[Exported], *, mask: bool) -> Iterator[str]:
    """One JSON object a line."""
    for row in rows:
        values = _values(row, mask)
        values[6] = masked(row.detail) if mask else row.detail
        yield json.dumps(dict(zip(COLUMNS, values, strict=True)), ensure_ascii=False) + "\n"


def _values(row: Exported, mask: bool) -> list[Any]:
    detail = masked(row.detail) if mask else row.detail
    at = row.at.astimezone(UTC).isoformat(timespec="seconds")
    said = json.dumps(detail, ensure_ascii=False, sort_keys=True)
    who = row.actor if mask else row.who
    return [row.id, at, who, row.actor, row.action, row.subject, said, row.position, row.digest]


def _line(values: Iterable[Any]) -> str:
    written = io.StringIO()
    csv.writer(written).writerow([safe(value) for value in values])
    return written.getvalue()
