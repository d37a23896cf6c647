"""Reads the bonus drops and works out when each is released; the sessions they follow are read in sessions.py."""

from datetime import datetime, timedelta
from pathlib import PurePosixPath

from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.cohort import exists_in_zone
from webinar_hub.rules.cohort_file.keys import Keys
from webinar_hub.rules.cohort_file.parts import AfterEnrolment, AfterSession, DropPart, MaterialPart, SessionPart
from webinar_hub.rules.cohort_file.sections import SENTENCE, SHORT_TEXT, TITLE
from webinar_hub.rules.cohort_file.sessions import Sessions
from webinar_hub.rules.cohort_file.table import UNREADABLE, Notebook, Table
from webinar_hub.rules.own_clock import LEAST_DAYS, MOST_DAYS
from webinar_hub.rules.release import release_after
from webinar_hub.rules.zones import clock_words, to_utc, zone

_SOURCES = ("file", "handout", "link")
_NO_RELEASE = (
    "This drop has no moment yet. Write releases = 2026-12-10T08:00:00, "
    'or after_session = "week-1" with days = 2 and at = 08:00:00, or days_after_enrolment = 3 with at = 08:00:00.'
)
_ONE_SOURCE = 'Write exactly one: file = "...", handout = "..." (Markdown that we print) or link = "https://..."'


class DropReader:
    """Reads the drops of one cohort in turn."""

    def __init__(self, sessions: Sessions, zone_name: str, notebook: Notebook) -> None:
        self._sessions = sessions
        self._zone_name = zone_name
        self._notebook = notebook
        self._drop_keys = Keys(notebook)
        self._material_keys = Keys(notebook)

    def read(self, table: Table, position: int) -> DropPart:
        """Read one [[drops]] with its materials."""
        own = self._own(table)
        after = None if own else self._after(table)
        drop = DropPart(
            key=self._drop_keys.read(table, otherwise=f"drop-{position + 1}"),
            title=table.text("title", longest=TITLE, required=True),
            note=table.text("note", longest=SHORT_TEXT, paragraphs=True),
            surprise=table.flag("surprise", default=False),
            release=UNREADABLE if own else self._release(table, after) or UNREADABLE,
            after=after,
            materials=tuple(self._material(entry) for entry in table.tables("materials")),
            own=own,
        )
        if not drop.materials and not drop.note and "materials" not in table:
            table.refuse("materials", "This drop is empty. Give it a note or [[drops.materials]].")
        table.done()
        return drop

    def _own(self, table: Table) -> AfterEnrolment | None:
        days = table.number("days_after_enrolment", least=LEAST_DAYS, most=MOST_DAYS)
        also_past = table.flag("also_past", default=False)
        if "days_after_enrolment" not in table:
            if "also_past" in table:
                table.refuse("also_past", "This belongs to days_after_enrolment. Write that beside it.")
            return None
        (
            table.wall("releases"),
            table.text("after_session", longest=80),
            table.number("days", least=0, most=MOST_DAYS),
        )
        for key in ("releases", "after_session", "days"):
            if key in table:
                table.refuse(key, f"There are two moments for this drop. Keep days_after_enrolment or {key}.")
        return AfterEnrolment(days or LEAST_DAYS, table.time_of_day("at"), also_past)

    def _after(self, table: Table) -> AfterSession | None:
        session_key = table.text("after_session", longest=80)
        days, at = table.number("days", least=0, most=MOST_DAYS), table.time_of_day("at")
        if "after_session" not in table:
            for key in ("days", "at"):
                if key in table:
                    table.refuse(key, 'This counts from a session: write after_session = "week-1" beside it.')
            return None
        if session_key not in self._sessions:
            known = ", ".join(self._sessions) or "none yet"
            table.refuse("after_session", f"There is no session with this key. The keys are: {known}.")
        return AfterSession(session_key=session_key, days=days or 0, at=at)

    def _release(self, table: Table, after: AfterSession | None) -> datetime | None:
        """Return the naive wall time of the release if it can be said, after noting why not."""
        written = table.wall("releases")
        if "releases" in table and "after_session" in table:
            table.refuse("releases", "There are two moments for this drop. Keep releases or after_session.")
        elif "releases" in table:
            if written:
                exists_in_zone(self._notebook, (*table.path, "releases"), written, self._zone_name)
            return written
        elif after is None:
            self._notebook.note(table.path, _NO_RELEASE)
        else:
            return self._release_after(table, after)
        return None

    def _release_after(self, table: Table, after: AfterSession) -> datetime | None:
        session = self._sessions.get(after.session_key)
        if session is None or not self._zone_name:
            return None
        ends = _wall_end(session, self._zone_name)
        release = release_after(session.starts, ends, days=after.days, at=after.at)
        if release < ends:
            message = f"This is before the session ends at {clock_words(ends)}. Write a later at, or days = 1."
            table.refuse("at", message)
        exists_in_zone(self._notebook, (*table.path, "at"), release, self._zone_name)
        return release

    def _material(self, table: Table) -> MaterialPart:
        title = table.text("title", longest=TITLE, required=True)
        file = table.text("file", longest=200, check=checks.relative_path) or None
        handout = table.text("handout", longest=200, check=checks.markdown_path) or None
        link = table.text("link", longest=checks.LONGEST_ADDRESS, check=checks.web_address) or None
        if sum(source in table for source in _SOURCES) != 1:
            self._notebook.note(table.path, _ONE_SOURCE)
        stem = PurePosixPath(file or handout or title).stem if file or handout else title
        material = MaterialPart(
            key=self._material_keys.read(table, otherwise=checks.slug_from(stem, "material")),
            title=title,
            description=table.text("description", longest=SENTENCE),
            file=file,
            handout=handout,
            link=link,
        )
        table.done()
        return material


def _wall_end(session: SessionPart, zone_name: str) -> datetime:
    ends = to_utc(session.starts, zone_name) + timedelta(minutes=session.minutes)
    return ends.astimezone(zone(zone_name)).replace(tzinfo=None, fold=0)
