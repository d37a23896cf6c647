"""What a cohort may ask, and whether a question is shown: definitions, their conditions, their order.

Whether what somebody typed answers a question is decided next door, in `answers.py`.
"""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from webinar_hub.rules.people import PROFESSIONS
from webinar_hub.rules.texts import readable

MOST_QUESTIONS = 60
MOST_LONG = 10
MOST_CHOICES = 40
LONGEST_LABEL = 200
LONGEST_HINT = 300
LONGEST_CHOICE = 120
PROFESSION, CREDIT = "profession", "credit"
YES, NO = "yes", "no"
RESERVED = frozenset({PROFESSION, CREDIT, "new", "order"})
"""What a condition may name besides earlier questions, and words in addresses: no question has such a key."""

_KEY = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")


class Kind(StrEnum):
    """How a question is answered; the values are what a cohort file says."""

    SECTION = "section"
    """No question but a heading; its condition holds for all that follows up to the next one."""
    SHORT = "short text"
    LONG = "long text"
    ONE = "one choice"
    SEVERAL = "several choices"
    YES_NO = "yes or no"
    DATE = "date"
    NUMBER = "number"
    FILE = "file"


CHOOSING = frozenset({Kind.ONE, Kind.SEVERAL})
DECIDES = CHOOSING | {Kind.YES_NO}
"""Kinds on whose answer others may depend, and by which people are found."""


@dataclass(frozen=True, slots=True)
class Condition:
    """Holds where what `of` names (a question's key, "profession" or "credit") is one of `values`."""

    of: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Question:
    """One question as it is asked. `show_if` None asks always; an archived one is asked no more."""

    key: str
    kind: Kind
    label: str
    hint: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    show_if: Condition | None = None
    archived: bool = False

    @property
    def answers(self) -> tuple[str, ...]:
        """What can be chosen."""
        return (YES, NO) if self.kind is Kind.YES_NO else self.choices


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a question: its place in the list from 0, the field, and what to do."""

    position: int
    field: str
    words: str


def of_row(row: Any) -> Question:
    """The question that a row of the table (or another thing with its columns) is."""
    return Question(
        row.key, Kind(row.kind), row.label, row.hint, row.required, tuple(row.choices),
        condition_of(row.show_if), row.archived_at is not None,
    )  # fmt: skip


def condition_of(stored: Mapping[str, Any]) -> Condition | None:
    """The condition that was stored, or None."""
    return Condition(str(stored["of"]), tuple(stored["is"])) if stored else None


def condition_data(condition: Condition | None) -> dict[str, Any]:
    """The condition as it is stored."""
    return {} if condition is None else {"of": condition.of, "is": list(condition.values)}


def problems(questions: Sequence[Question], *, files: bool) -> list[Problem]:
    """Everything that keeps these from being asked in this order; `files` says that files may be asked for.

    A condition leads to earlier questions only, so there are no circles.
    """
    found: list[Problem] = []
    if len([one for one in questions if not one.archived]) > MOST_QUESTIONS:
        found.append(
            Problem(MOST_QUESTIONS, "label", f"At most {MOST_QUESTIONS} questions: people give up before.")
        )
    long = [at for at, one in enumerate(questions) if one.kind is Kind.LONG and not one.archived]
    found += [
        Problem(at, "kind", f"At most {MOST_LONG} long texts: nobody writes more. Make it a short one.")
        for at in long[MOST_LONG:]
    ]
    earlier: dict[str, Question] = {}
    for position, question in enumerate(questions):
        found += [Problem(position, field, words) for field, words in _problems(question, earlier, files)]
        earlier.setdefault(question.key, question)
    return found


def _problems(question: Question, earlier: Mapping[str, Question], files: bool) -> Iterator[tuple[str, str]]:
    if not _KEY.fullmatch(question.key) or len(question.key) > 40 or question.key in RESERVED:
        yield "key", "Use another key: small letters, digits and single hyphens, at most 40."
    elif question.key in earlier:
        yield "key", f'The key "{question.key}" is used by an earlier question. Use another one.'
    yield from _of_text("label", question.label, LONGEST_LABEL, "Write what you want to know.")
    yield from _of_text("hint", question.hint, LONGEST_HINT)
    yield from _of_choices(question)
    if question.kind is Kind.SECTION and question.required:
        yield "required", "A heading is not answered, so it cannot be required."
    if question.kind is Kind.FILE and not files and not question.archived:
        yield "kind", "Files are switched off. The owner can allow them in the settings, under Texts."
    if question.show_if is not None and not question.archived:
        yield from (("show_if", words) for words in _of_condition(question.show_if, earlier))


def _of_text(field: str, text: str, longest: int, empty: str = "") -> Iterator[tuple[str, str]]:
    try:
        kept = readable(text, longest=longest, paragraphs=False)
    except ValueError as error:
        yield field, str(error)
    else:
        if empty and not kept:
            yield field, empty


def _of_choices(question: Question) -> Iterator[tuple[str, str]]:
    if question.kind not in CHOOSING:
        if question.choices:
            yield "choices", "Only a question with choices has a list of them. Leave it out."
        return
    for choice in question.choices:
        yield from _of_text("choices", choice, LONGEST_CHOICE, "One of the choices is empty. Leave it out.")
    if len(set(question.choices)) < len(question.choices):
        yield "choices", "Two of the choices say the same. Leave one out."
    if not 2 <= len(question.choices) <= MOST_CHOICES:
        yield "choices", f"Write from 2 to {MOST_CHOICES} choices, each on a line of its own."


def _of_condition(condition: Condition, earlier: Mapping[str, Question]) -> Iterator[str]:
    if not condition.values:
        yield "Say for which answers it is shown, or show it always."
        return
    offered = _offered(condition.of, earlier)
    if offered is None:
        yield "It depends on a question that does not stand before it. Move it down, or show it always."
    elif not offered:
        yield "It can only depend on a question with choices, or with yes and no."
    elif unknown := [value for value in condition.values if value not in offered]:
        yield f'"{unknown[0]}" is no answer to the question it depends on. Choose among its answers.'


def _offered(of: str, earlier: Mapping[str, Question]) -> Collection[str] | None:
    """The answers a condition may ask for; None where there is no such question before."""
    if of == PROFESSION:
        return PROFESSIONS
    if of == CREDIT:
        return (YES, NO)
    question = earlier.get(of)
    return None if question is None or question.archived else question.answers


def dependents(questions: Sequence[Question], key: str) -> list[Question]:
    """Those asked that depend on this one."""
    return [one for one in questions if not one.archived and one.show_if is not None and one.show_if.of == key]


@dataclass(frozen=True, slots=True)
class Facts:
    """What conditions may ask of somebody besides her answers."""

    profession: str
    wants_credit: bool


def is_met(condition: Condition | None, answers: Mapping[str, Any], facts: Facts) -> bool:
    """Whether something with this condition is shown to somebody who has answered so."""
    if condition is None:
        return True
    if condition.of == PROFESSION:
        return facts.profession in condition.values
    if condition.of == CREDIT:
        return (YES if facts.wants_credit else NO) in condition.values
    answer = answers.get(condition.of, ())
    return not set([answer] if isinstance(answer, str) else answer).isdisjoint(condition.values)


def with_headings(questions: Sequence[Question]) -> Iterator[tuple[Question, tuple[Condition, ...]]]:
    """Each one that is asked, with every condition it stands under: its own, and its section's."""
    section: Condition | None = None
    for question in questions:
        if question.archived:
            continue
        if question.kind is Kind.SECTION:
            section = question.show_if
            yield question, (section,) if section else ()
        else:
            yield question, tuple(one for one in (section, question.show_if) if one is not None)


@dataclass(frozen=True, slots=True)
class Asks:
    """Everything a cohort asks besides name, address, profession and zone."""

    questions: tuple[Question, ...] = ()
    credit: bool = False
