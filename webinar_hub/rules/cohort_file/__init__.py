"""The cohort file an organizer writes (TOML): what it says, or every mistake in it with line and remedy."""

from webinar_hub.rules.cohort_file.parts import (
    NO_CREDIT,
    AfterSession,
    AgendaItem,
    CodePart,
    CohortFile,
    CohortFileErrors,
    CohortPart,
    DropPart,
    FileError,
    MaterialPart,
    MessagesPart,
    NextStep,
    PresenterPart,
    Question,
    SessionPart,
    WebinarPart,
)
from webinar_hub.rules.cohort_file.reading import read_cohort_file

__all__ = [
    "NO_CREDIT",
    "AfterSession",
    "AgendaItem",
    "CodePart",
    "CohortFile",
    "CohortFileErrors",
    "CohortPart",
    "DropPart",
    "FileError",
    "MaterialPart",
    "MessagesPart",
    "NextStep",
    "PresenterPart",
    "Question",
    "SessionPart",
    "WebinarPart",
    "read_cohort_file",
]
