"""What somebody is given of her data: a zip with data.json, a readme in her language, her sessions, her files."""

import json
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, datetime
from shutil import copyfileobj
from tempfile import TemporaryFile
from typing import IO, Any, BinaryIO
from zipfile import ZIP_DEFLATED, ZipFile

from webinar_hub.core.language import gettext as _
from webinar_hub.documents.calendar_session import CalendarEntry
from webinar_hub.documents.ics import calendar_file

FORMAT = "webinar-hub/person/1"
PIECE = 65_536
_NOT_IN_A_NAME = re.compile(r"[^\w.-]+")


def archive(
    parts: Iterable[tuple[str, Iterable[Mapping[str, Any]]]],
    sessions: Iterable[CalendarEntry],
    files: Iterable[tuple[str, Callable[[], BinaryIO]]],
    *,
    service: str,
    made_at: datetime,
) -> Iterator[bytes]:
    """The zip in pieces. It is made on the disk while it is read, so memory holds a row or a piece at a time."""
    with TemporaryFile() as kept:
        with ZipFile(kept, "w", ZIP_DEFLATED) as made:
            made.writestr("README.txt", readme(service))
            _write_data(made, parts, service, made_at)
            for number, entry in enumerate(sessions, start=1):
                name = f"invites/{entry.session.starts_at.astimezone(UTC):%Y-%m-%d}-{number}.ics"
                made.writestr(name, calendar_file([entry], stamped_at=made_at, name=entry.session.title))
            for name, opened in files:
                _write_file(made, f"files/{_NOT_IN_A_NAME.sub('-', name)}", opened)
        kept.seek(0)
        while piece := kept.read(PIECE):
            yield piece


def _write_data(
    made: ZipFile, parts: Iterable[tuple[str, Iterable[Mapping[str, Any]]]], service: str, made_at: datetime
) -> None:
    with made.open("data.json", "w", force_zip64=True) as data:
        head = {"format": FORMAT, "service": service, "made_at": f"{made_at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"}
        data.write(json.dumps(head, ensure_ascii=False, indent=1)[:-2].encode())
        for name, rows in parts:
            data.write(f",\n {json.dumps(name)}: [".encode())
            _write_rows(data, rows)
            data.write(b"]")
        data.write(b"\n}\n")


def _write_rows(data: IO[bytes], rows: Iterable[Mapping[str, Any]]) -> None:
    between = "\n  "
    for row in rows:
        data.write((between + json.dumps(row, ensure_ascii=False)).encode())
        between = ",\n  "


def _write_file(made: ZipFile, name: str, opened: Callable[[], BinaryIO]) -> None:
    """One that is lost must not cost her all the others."""
    try:
        source = opened()
    except FileNotFoundError:
        made.writestr(f"{name}.missing", b"")
        return
    with source, made.open(name, "w", force_zip64=True) as file:
        copyfileobj(source, file, PIECE)


def readme(service: str) -> str:
    """What is in it, in the language of whoever asks."""
    lines = (
        _("Everything %(service)s keeps about you", service=service),
        "",
        _("data.json holds it, table by table, so that other programs can read it. All times are in UTC."),
        _("people: your name, address, profession, time zone and language."),
        _("registrations: your places, what you answered, and which mails you ended."),
        _("consents: what you agreed to, in the words you saw, when and where."),
        _("attendance_segments and downloads: when you came and what you took."),
        _("deliveries and delivery_events: which mails went to you, when, and what became of them."),
        _("person_notes, person_tags and tasks: what the team wrote down about you."),
        _("audit_entries: when something about you was changed."),
        "",
        _("invites holds a calendar file for each session you have a place in."),
        _("files holds what you uploaded, if you did."),
        "",
        _("Parts of links are left out: whoever had them could open your page."),
    )
    return "\r\n".join(lines) + "\r\n"
