"""Whether what somebody typed answers a cohort's questions: what is kept, and what she is told to mend.

What is asked, and whether it is shown at all, is decided next door, in `questions.py`.
"""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from webinar_hub.core.language import gettext as _
from webinar_hub.core.language import ngettext
from webinar_hub.rules.questions import CREDIT, NO, YES, Condition, Facts, Kind, Question, is_met, with_headings

LONGEST_SHORT = 200
LONGEST_LONG = 4000
_YEARS = range(1900, 2201)
_NUMBER = re.compile(r"[-+]?\d{1,12}(?:\.\d{1,6})?")

Typed = Mapping[str, Sequence[str]]
"""What the form sent, by the name of the field; a question's field is `field_name(key)`."""


@dataclass(frozen=True, slots=True)
class Read:
    """`kept` are answers by the question's key, `problems` what to mend, by the question's key."""

    kept: dict[str, Any] = field(default_factory=dict)
    problems: dict[str, str] = field(default_factory=dict)


def field_name(key: str) -> str:
    """What the field of a question is called in forms."""
    return f"q-{key}"


def read(
    questions: Sequence[Question], typed: Typed, facts: Facts, *, has_file: frozenset[str] | None = None
) -> Read:
    """Check every answer; what stands under a condition that is not met is dropped, and not required.

    `has_file` names the questions that a file is there for; None: files are asked for later, so none is missing.
    """
    found = Read()
    for question, conditions in with_headings(questions):
        if question.kind is Kind.SECTION or not all(is_met(one, found.kept, facts) for one in conditions):
            continue
        if question.kind is Kind.FILE:
            if question.required and has_file is not None and question.key not in has_file:
                found.problems[question.key] = _("“%(question)s”: choose a file.", question=question.label)
            continue
        try:
            answer = _CHECKS[question.kind](question, list(typed.get(field_name(question.key), ())))
        except ValueError as problem:
            found.problems[question.key] = str(problem)
            continue
        if answer:
            found.kept[question.key] = answer
        elif question.required:
            found.problems[question.key] = _required(question)
    return found


def _required(question: Question) -> str:
    if question.kind is Kind.YES_NO:
        return _("“%(question)s”: choose yes or no.", question=question.label)
    if question.kind is Kind.ONE:
        return _("“%(question)s”: choose one from the list.", question=question.label)
    if question.kind is Kind.SEVERAL:
        return _("“%(question)s”: check at least one.", question=question.label)
    return _("“%(question)s”: write an answer.", question=question.label)


def _text(question: Question, typed: list[str], longest: int, harmless: str = "") -> str:
    answer = (typed[0] if typed else "").replace("\r\n", "\n").strip()
    if len(answer) > longest:
        raise ValueError(
            ngettext(
                "“%(question)s”: at most %(num)s character fits here.",
                "“%(question)s”: at most %(num)s characters fit here.",
                longest,
                question=question.label,
            )
        )
    if any(not sign.isprintable() and sign not in harmless for sign in answer):
        raise ValueError(
            _(
                "“%(question)s”: there is an invisible character in it. Type it again by hand.",
                question=question.label,
            )
        )
    return answer


# Blanks that a keyboard may give and joiners that names and emoji need; none of them ends a line or turns it round.
_BLANKS = "\t\u00a0\u200c\u200d"


def _short(question: Question, typed: list[str]) -> str:
    return _text(question, typed, LONGEST_SHORT, _BLANKS)


def _long(question: Question, typed: list[str]) -> str:
    return _text(question, typed, LONGEST_LONG, f"\n{_BLANKS}")


def _one(question: Question, typed: list[str]) -> str:
    answer = typed[0] if typed else ""
    if answer and answer not in question.answers:
        raise ValueError(_required(question))
    return answer


def _several(question: Question, typed: list[str]) -> list[str]:
    if any(one not in question.answers for one in typed):
        raise ValueError(_("“%(question)s”: choose only what is in the list.", question=question.label))
    return [choice for choice in question.answers if choice in typed]


def _date(question: Question, typed: list[str]) -> str:
    answer = typed[0].strip() if typed else ""
    if not answer:
        return ""
    try:
        day = date.fromisoformat(answer) if len(answer) == len("2026-12-08") else None
    except ValueError:
        day = None
    if day is None or day.year not in _YEARS:
        raise ValueError(_("“%(question)s”: write a day that there is, like 2026-12-08.", question=question.label))
    return day.isoformat()


def _number(question: Question, typed: list[str]) -> str:
    answer = typed[0].strip() if typed else ""
    if answer and not (answer.isascii() and _NUMBER.fullmatch(answer)):
        raise ValueError(_("“%(question)s”: write a number, like 12 or 2.5.", question=question.label))
    return answer.removeprefix("+")


_CHECKS: dict[Kind, Callable[[Question, list[str]], Any]] = {
    Kind.SHORT: _short,
    Kind.LONG: _long,
    Kind.ONE: _one,
    Kind.SEVERAL: _several,
    Kind.YES_NO: _one,
    Kind.DATE: _date,
    Kind.NUMBER: _number,
}


def in_words(answer: Any) -> str:
    """An answer on one line, for lists and tables."""
    if isinstance(answer, list):
        return ", ".join(str(one) for one in answer)
    return str(answer) if isinstance(answer, str) else ""


def condition_in_words(condition: Condition, questions: Mapping[str, Question]) -> str:
    """What stands above a question that not everybody needs to answer."""
    values = ", ".join(_said(value) for value in condition.values)
    if condition.of == CREDIT:
        return _("Only if you want CE credit") if YES in condition.values else _("Only if you want no CE credit")
    if condition.of in questions:
        return _(
            "Only if you answered “%(question)s” with: %(values)s",
            question=questions[condition.of].label, values=values,
        )  # fmt: skip
    return _("Only for: %(values)s", values=values)


def _said(value: str) -> str:
    return {YES: _("yes"), NO: _("no")}.get(value, value)


def changes_end(closes_at: datetime | None, last_end: datetime | None, now: datetime) -> bool:
    """Whether it is too late for her to change what she answered: past the organizer's day, or all is over."""
    end = closes_at or last_end
    return end is None or now >= end
