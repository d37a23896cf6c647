"""Reads a whole cohort file and reports every mistake at once; each part is read in a module of its own."""

from webinar_hub.rules.cohort_file.asked import read_questions
from webinar_hub.rules.cohort_file.cohort import read_cohort, read_rhythm
from webinar_hub.rules.cohort_file.drops import DropReader
from webinar_hub.rules.cohort_file.lines import lines_of_keys
from webinar_hub.rules.cohort_file.parts import CohortFile, CohortFileErrors
from webinar_hub.rules.cohort_file.sections import read_messages, read_presenter, read_webinar
from webinar_hub.rules.cohort_file.sessions import SessionReader
from webinar_hub.rules.cohort_file.syntax import parse
from webinar_hub.rules.cohort_file.table import Notebook, Table


def read_cohort_file(text: str) -> CohortFile:
    """Return what the TOML text says, dates resolved to naive wall times in the cohort's zone.

    Raises CohortFileErrors with every mistake, its line and its remedy; a text that is no TOML at all has one.
    Whether the named files exist is for the importer to see.
    """
    text = text.removeprefix("\ufeff")
    values = parse(text)
    notebook = Notebook(lines_of_keys(text))
    cohort_file = _read(Table(values, (), notebook), notebook)
    if notebook.errors():
        raise CohortFileErrors(notebook.errors())
    return cohort_file


def _read(whole: Table, notebook: Notebook) -> CohortFile:
    webinar = read_webinar(_required(whole, "webinar"))
    presenters = tuple(read_presenter(table) for table in whole.tables("presenters"))
    cohort_table = _required(whole, "cohort")
    cohort = read_cohort(cohort_table)
    rhythm = read_rhythm(cohort_table.table("weekly"))
    cohort_table.done()
    sessions = SessionReader(rhythm, cohort, notebook).read(whole.tables("sessions"))
    drop_reader = DropReader(sessions, cohort.zone, notebook)
    drops = tuple(drop_reader.read(table, position) for position, table in enumerate(whole.tables("drops")))
    messages = read_messages(whole.table("messages") or Table({}, ("messages",), notebook))
    asked = read_questions(whole.tables("questions"), notebook)
    whole.done()
    return CohortFile(
        webinar=webinar,
        presenters=presenters,
        cohort=cohort,
        sessions=tuple(session for session in sessions.values() if session),
        drops=drops,
        messages=messages,
        asked=asked if "questions" in whole else None,
        lines=notebook.lines,
    )


def _required(whole: Table, key: str) -> Table:
    """Return the table, or an empty one whose missing keys then say what has to be written."""
    return whole.table(key) or Table({}, (key,), whole.notebook)
