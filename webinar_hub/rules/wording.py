"""Words that organizers give to mails: which placeholders each kind knows, and what is wrong with a text.

A text is Markdown with placeholders such as {name}. It is never a template: what stands in braces is looked up in
the list below or refused, so that nothing anybody types is ever evaluated (FEATURES A34). `documents/own_words.py`
puts the values in.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

LONGEST_SUBJECT = 200
LONGEST_BODY = 20_000

PLACEHOLDERS: Mapping[str, str] = {
    "name": "her name",
    "webinar": "the title of the webinar",
    "cohort": "the title of the cohort",
    "organizer": "the name of the organizer",
    "my_page": "the link to her own page",
    "session": "the title of the session",
    "when": "its day and time, in her zone and yours",
    "join_link": "her link into the session",
    "time_left": "“Tomorrow”, “In 1 hour”: how far away the session is",
    "old_when": "the time it had before",
    "bonus": "the title of the bonus",
    "number": "her number on the waitlist",
    "until": "until when the seat is held, in her zone and yours",
}
"""Every placeholder with what it stands for."""

LINKS = frozenset(("my_page", "join_link"))
"""Those that are links of hers alone; a subject cannot hold them, nor her name (a stranger may have typed it)."""
NOT_IN_SUBJECTS = LINKS | {"name"}

_ALWAYS = ("name", "webinar", "cohort", "organizer", "my_page")
_SESSION = (*_ALWAYS, "session", "when", "join_link")
KINDS: Mapping[str, tuple[str, ...]] = {
    "confirmation": _ALWAYS,
    "invite": (*_ALWAYS, "session", "when"),
    "reminder": (*_SESSION, "time_left"),
    "live": _SESSION,
    "drop": (*_ALWAYS, "bonus"),
    "thank_you": _ALWAYS,
    "session_changed": (*_SESSION, "old_when"),
    "session_added": _SESSION,
    "session_cancelled": (*_ALWAYS, "session", "when"),
    "cohort_cancelled": ("name", "webinar", "cohort", "organizer"),
    "registration_cancelled": _ALWAYS,
    "waitlisted": (*_ALWAYS, "number"),
    "offer": (*_ALWAYS, "until"),
    "offer_over": _ALWAYS,
    "waitlist_left": _ALWAYS,
    "waitlist_over": _ALWAYS,
    "applied": _ALWAYS,
    "declined": _ALWAYS,
    "announcement": _ALWAYS,
}
"""The kinds of mail whose words can be changed, each with the placeholders it knows."""

PLACEHOLDER = re.compile(r"\\[{}]|\{([a-z_]*)\}|[{}]")
"""An escaped brace, a placeholder, or a brace that is neither."""


# Control characters, lone surrogates, and the private-use signs that stand for a recipient's values.
_NEVER_TEXT = re.compile("[\x00-\x08\x0e-\x1b\x7f-\x84\x86-\x9f\ud800-\udfff\ue000-\uf8ff]")


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong: in `field` ("subject" or "body"), in which line, counted from 1, and what to do."""

    field: str
    line: int
    words: str


def problems(kind: str, subject: str, body: str) -> list[Problem]:
    """Everything that keeps these words from being saved; empty when all is well."""
    return [*_of_subject(kind, subject), *_of_body(kind, body)]


def _of_subject(kind: str, subject: str) -> Iterator[Problem]:
    if not subject.strip():
        yield Problem("subject", 1, "Write a subject: it is what people see first.")
    if len(subject) > LONGEST_SUBJECT:
        yield Problem("subject", 1, f"A subject can have at most {LONGEST_SUBJECT} characters.")
    if "\n" in subject or "\r" in subject:
        yield Problem("subject", 1, "A subject is a single line.")
    yield from _invisible("subject", subject)
    yield from _braces("subject", kind, subject)


def _of_body(kind: str, body: str) -> Iterator[Problem]:
    if not body.strip():
        yield Problem("body", 1, "Write what the mail is to say.")
    if len(body) > LONGEST_BODY:
        yield Problem("body", 1, f"A mail can have at most {LONGEST_BODY:,} characters.")
    yield from _invisible("body", body)
    yield from _braces("body", kind, body)


def _invisible(field: str, text: str) -> Iterator[Problem]:
    """What no mail can carry: it would be left out, and nothing but such signs would be no words at all."""
    for number, line in enumerate(text.splitlines(), 1):
        if _NEVER_TEXT.search(line):
            yield Problem(field, number, "There is an invisible character in it. Type the line again by hand.")


def _braces(field: str, kind: str, text: str) -> Iterator[Problem]:
    known = KINDS[kind]
    for number, line in enumerate(re.split(r"\r\n|\r|\n", text), 1):
        for found in PLACEHOLDER.finditer(line):
            words = _fault(field, found, line, known)
            if words:
                yield Problem(field, number, words)
                break


def _fault(field: str, found: re.Match[str], line: str, known: tuple[str, ...]) -> str:
    if found[0].startswith("\\"):
        return ""
    name = found[1]
    if name is None or name == "":
        shown = re.match(r"\{[^}]{0,30}\}?|\}", line[found.start() :])
        return (
            f"“{shown[0] if shown else found[0]}” is no placeholder. Choose one from the list, "
            "or write \\{ and \\} for braces that are to be seen."
        )
    if name not in known:
        return f"{{{name}}} is not known in this mail. Known are: {', '.join(f'{{{one}}}' for one in known)}."
    if field == "subject" and name in NOT_IN_SUBJECTS:
        return f"{{{name}}} cannot stand in a subject: it is hers alone, and subjects are shown on lock screens."
    return ""
