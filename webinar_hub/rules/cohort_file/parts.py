"""What a cohort file says, as values: all wall times naive, in the cohort's zone; reading it is in reading.py."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, time, timedelta
from typing import Literal

from webinar_hub.rules import questions
from webinar_hub.rules.access import Visibility
from webinar_hub.rules.cohort_file.lines import KeyPath, line_of
from webinar_hub.rules.hours import Hours

LateJoin = Literal["all past drops", "from now on", "one per day"]

NO_CREDIT = "No CE credit."
"""The statement of credit nobody has to write: a free webinar must not hint at credit it does not give."""


@dataclass(frozen=True, slots=True)
class FileError:
    """One thing to mend: the line (from 1), the field as written in the file, and what to do, in plain words."""

    line: int
    field: str
    message: str


class CohortFileErrors(ValueError):
    """The file cannot be used; `errors` lists everything found, in the order of the lines."""

    def __init__(self, errors: tuple[FileError, ...]) -> None:
        super().__init__("\n".join(_error_words(error) for error in errors))
        self.errors = errors


def _error_words(error: FileError) -> str:
    where = f", {error.field}" if error.field else ""
    return f"Line {error.line}{where}: {error.message}"


@dataclass(frozen=True, slots=True)
class AgendaItem:
    """A stretch of the session in minutes; a break is none of the contact time."""

    minutes: int
    title: str
    is_break: bool


@dataclass(frozen=True, slots=True)
class Question:
    """A frequent question and its answer (Markdown)."""

    question: str
    answer: str


@dataclass(frozen=True, slots=True)
class NextStep:
    """Where the webinar leads on to: a sentence and an http(s) address."""

    text: str
    url: str


@dataclass(frozen=True, slots=True)
class WebinarPart:
    """What the webinar is about; `description` is Markdown, everything else plain text."""

    slug: str
    title: str
    summary: str
    description: str
    audience: str
    level: str
    outcomes: tuple[str, ...]
    agenda: tuple[AgendaItem, ...]
    credit: str
    faq: tuple[Question, ...]
    next_step: NextStep | None
    visibility: Visibility | None = None
    """Who finds it; None leaves what is known."""


@dataclass(frozen=True, slots=True)
class PresenterPart:
    """Who speaks, and what she discloses: `disclosure` of financial interests, `disclosure_other` of the others.

    None says that this is not spoken of here: what is known already stays. With an `email` she gets own invites.
    """

    name: str
    credentials: str
    bio: str
    disclosure: str
    disclosure_other: str | None = None
    email: str | None = None


@dataclass(frozen=True, slots=True)
class CodePart:
    """An access code; `max_uses` and `expires` (wall time) None mean no limit."""

    code: str
    label: str
    max_uses: int | None
    expires: datetime | None
    gives_back: bool


@dataclass(frozen=True, slots=True)
class CohortPart:
    """One dated run of the webinar; `capacity` None means no limit, an enrolment moment None means no limit.

    `host_url` is where presenters start it. It and what follows it leave what is known where they are None;
    `proves_address` is double opt-in, with `asks_credit` people are asked what a certificate needs, and
    `group_hold_hours` 0 keeps no seats.
    """

    key: str
    title: str
    zone: str
    organizer_name: str
    organizer_email: str
    capacity: int | None
    enrolment_opens: datetime | None
    enrolment_closes: datetime | None
    late_join: LateJoin
    livestream_url: str | None
    declined_frees_seat: bool = False
    host_url: str | None = None
    proves_address: bool | None = None
    has_waitlist: bool | None = None
    offer_minutes: int | None = None
    needs_approval: bool | None = None
    approval_again: bool | None = None
    changes_close: datetime | None = None
    asks_credit: bool | None = None
    needs_code: bool | None = None
    takes_groups: bool | None = None
    group_hold_hours: int | None = None
    codes: tuple[CodePart, ...] = ()


@dataclass(frozen=True, slots=True)
class SessionPart:
    """One live session; `key` is what stays the same when the file is read again, `minutes` its length."""

    key: str
    title: str
    summary: str
    starts: datetime
    minutes: int
    livestream_url: str | None
    cancelled: bool


@dataclass(frozen=True, slots=True)
class AfterSession:
    """A release tied to a session: so many days later, at a time of day, or (None) at the hour it ends."""

    session_key: str
    days: int
    at: time | None


@dataclass(frozen=True, slots=True)
class AfterEnrolment:
    """A release on each one's own clock: so many days after she came in, at a time of day, or (None) to the minute.

    `also_past` says that whoever is past it when it is added gets it, too.
    """

    days: int
    at: time | None
    also_past: bool


@dataclass(frozen=True, slots=True)
class MaterialPart:
    """Something to hand out: exactly one of `file`, `handout` (relative paths) and `link` (http or https)."""

    key: str
    title: str
    description: str
    file: str | None
    handout: str | None
    link: str | None


@dataclass(frozen=True, slots=True)
class DropPart:
    """Materials released together at `release`; `after` is the rule it was worked out from, if there is one.

    With `own` each person has a moment of her own, and `release` says nothing.
    """

    key: str
    title: str
    note: str
    surprise: bool
    release: datetime
    after: AfterSession | None
    materials: tuple[MaterialPart, ...]
    own: AfterEnrolment | None = None


@dataclass(frozen=True, slots=True)
class MessagesPart:
    """What is mailed by itself: `reminders` before each session (longest first), thanks after the last one.

    `hours` None leaves what is known.
    """

    reminders: tuple[timedelta, ...]
    live: bool
    thank_you: bool
    thank_you_after: timedelta
    welcome_note: str
    thank_you_note: str
    hours: Hours | None = None


@dataclass(frozen=True, slots=True)
class CohortFile:
    """A cohort file that was read without an error; with `asked` None the cohort's questions stay as they are."""

    webinar: WebinarPart
    presenters: tuple[PresenterPart, ...]
    cohort: CohortPart
    sessions: tuple[SessionPart, ...]
    drops: tuple[DropPart, ...]
    messages: MessagesPart
    asked: tuple[questions.Question, ...] | None = None
    lines: Mapping[KeyPath, int] = field(default_factory=dict, compare=False, repr=False)

    def line_of(self, *path: str | int) -> int:
        """Return the line of a key, such as `line_of("drops", 0, "materials", 1, "file")`, entries from 0."""
        return line_of(self.lines, path)

    def error_at(self, *path: str | int, message: str) -> FileError:
        """Return an error about the key at `path`, for what only the importer can see (a missing file)."""
        return FileError(line=self.line_of(*path), field=field_name(path), message=message)

    def path_of_start(self, position: int) -> KeyPath:
        """Return where it is written when a session starts: in its own table, or in the weekly rule."""
        own = ("sessions", position, "starts")
        return own if own in self.lines else ("cohort", "weekly", "first")


def field_name(path: KeyPath) -> str:
    """Return a key path as people count and read it: "drops #2.materials #1.file"."""
    words = ""
    for part in path:
        if isinstance(part, int):
            words += f" #{part + 1}"
        else:
            words += f".{shown_name(part)}" if words else shown_name(part)
    return words


def shown_name(key: str) -> str:
    """Return a key as it can stand in a message, even if somebody made it of control characters or a novel."""
    return key if key.isprintable() and len(key) <= 40 else "(unreadable name)"
