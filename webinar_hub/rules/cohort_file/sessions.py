"""Reads the sessions and joins them with the weekly rule, which is read in cohort.py."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import pairwise

from webinar_hub.rules.cohort_file.cohort import MOST_SESSIONS, Rhythm, exists_in_zone, livestream_of
from webinar_hub.rules.cohort_file.keys import Keys
from webinar_hub.rules.cohort_file.lines import KeyPath
from webinar_hub.rules.cohort_file.parts import CohortPart, SessionPart
from webinar_hub.rules.cohort_file.sections import SHORT_TEXT, TITLE
from webinar_hub.rules.cohort_file.table import UNREADABLE, Notebook, Table
from webinar_hub.rules.session import overlap_words, plain_title
from webinar_hub.rules.zones import to_utc

_NO_START = "This is missing. Write starts = 2026-12-08T19:00:00, or give the cohort a [cohort.weekly] rule."
_RULE = ("cohort", "weekly")

Sessions = Mapping[str, SessionPart | None]
"""The sessions by key in the order of the file; None stands for one whose start cannot be used."""


class SessionReader:
    """Reads the sessions of one cohort in turn: the rule gives the starts, [[sessions]] words and exceptions."""

    def __init__(self, rhythm: Rhythm, cohort: CohortPart, notebook: Notebook) -> None:
        self._rhythm = rhythm
        self._cohort = cohort
        self._notebook = notebook
        self._keys = Keys(notebook)
        self._paths: dict[str, KeyPath] = {}

    def read(self, tables: Sequence[Table]) -> Sessions:
        """Return one session for each evening of the rule, or for each [[sessions]] when there is no rule."""
        planned = self._rhythm.walls or ()
        sessions: dict[str, SessionPart | None] = {}
        for position, table in enumerate(tables):
            key, session = self._written(table, position, planned[position : position + 1])
            sessions.setdefault(key, session)
        for position in range(len(tables), len(planned)):
            key, session = self._unwritten(position, planned[position])
            sessions.setdefault(key, session)
        self._check_count(len(sessions))
        self._refuse_overlaps([session for session in sessions.values() if session])
        return sessions

    def _written(self, table: Table, position: int, planned: Sequence[datetime]) -> tuple[str, SessionPart | None]:
        key = self._keys.read(table, otherwise=f"week-{position + 1}")
        self._paths.setdefault(key, (*table.path, "starts"))
        starts = self._start(table, planned)
        session = SessionPart(
            key=key,
            title=table.text("title", longest=TITLE) or plain_title(position + 1),
            summary=table.text("summary", longest=SHORT_TEXT, paragraphs=True),
            starts=starts or UNREADABLE,
            minutes=table.number("minutes", least=5, most=24 * 60) or self._rhythm.minutes,
            livestream_url=livestream_of(table) or self._cohort.livestream_url,
            cancelled=table.flag("cancelled", default=False),
        )
        table.done()
        return key, session if starts else None

    def _unwritten(self, position: int, starts: datetime) -> tuple[str, SessionPart | None]:
        key = self._keys.imply(f"week-{position + 1}", _RULE)
        self._paths.setdefault(key, _RULE)
        session = SessionPart(
            key=key,
            title=plain_title(position + 1),
            summary="",
            starts=starts,
            minutes=self._rhythm.minutes,
            livestream_url=self._cohort.livestream_url,
            cancelled=False,
        )
        return key, session if self._exists((*_RULE, "first"), starts) else None

    def _start(self, table: Table, planned: Sequence[datetime]) -> datetime | None:
        """Return when a written session starts if that can be said, after noting why not."""
        own = table.wall("starts")
        if "starts" in table:
            return own if own and self._exists((*table.path, "starts"), own) else None
        if planned:
            return planned[0] if self._exists((*_RULE, "first"), planned[0]) else None
        if self._rhythm.walls:
            self._refuse_surplus(table, len(self._rhythm.walls))
        elif self._rhythm.walls is not None:
            table.refuse("starts", _NO_START)
        return None

    def _exists(self, path: KeyPath, wall: datetime) -> bool:
        return exists_in_zone(self._notebook, path, wall, self._cohort.zone)

    def _refuse_surplus(self, table: Table, weeks: int) -> None:
        message = (
            f"[cohort.weekly] makes {weeks} sessions, and this is one more. "
            "Raise its weeks, give this session its own starts, or delete it."
        )
        self._notebook.note(table.path, message)

    def _check_count(self, count: int) -> None:
        if count == 0 and self._rhythm.walls is not None:
            message = "There is no session yet. Write [cohort.weekly], or [[sessions]] with its starts."
            self._notebook.note(("cohort",), message)
        if count > MOST_SESSIONS:
            self._notebook.note(("sessions",), f"A cohort has at most {MOST_SESSIONS} sessions.")

    def _refuse_overlaps(self, sessions: Sequence[SessionPart]) -> None:
        """Refuse a session that starts while another one is running; cancelled ones are in nobody's way."""
        if not self._cohort.zone:
            return
        held = [session for session in sessions if not session.cancelled]
        held.sort(key=lambda session: to_utc(session.starts, self._cohort.zone))
        for earlier, later in pairwise(held):
            ends = to_utc(earlier.starts, self._cohort.zone) + timedelta(minutes=earlier.minutes)
            if to_utc(later.starts, self._cohort.zone) < ends:
                self._notebook.note(
                    self._paths[later.key], overlap_words(earlier.title, earlier.starts, earlier.minutes)
                )
