"""The part of a form that a cohort decides: its own questions, what a certificate needs, what somebody needs.

Which fields there are is known only when the cohort is; so they are laid out here and not as WTForms fields.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from flask import Request
from werkzeug.datastructures import MultiDict

from webinar_hub.core.language import lazy_gettext
from webinar_hub.queries.questions import AnswerFileView
from webinar_hub.rules import credit_details
from webinar_hub.rules.accommodations import NEEDS
from webinar_hub.rules.answers import LONGEST_LONG, LONGEST_SHORT, condition_in_words, field_name
from webinar_hub.rules.questions import (
    CREDIT,
    NO,
    PROFESSION,
    YES,
    Asks,
    Condition,
    Kind,
    Question,
    with_headings,
)

_OTHERS = frozenset({CREDIT, "needs", "needs_words", *credit_details.FIELDS})
_NO_FILES: Mapping[str, AnswerFileView] = {}
_YES_NO = {YES: lazy_gettext("Yes"), NO: lazy_gettext("No")}
_MOST_VALUES = 100
ROOM = 512 * 1024
"""Bytes of a form with answers: ten long texts fit, each sign of them written as nine."""


def make_room(request: Request) -> None:
    """Let this form be larger than the few typed lines of any other; to be said before it is read."""
    request.max_content_length = request.max_form_memory_size = ROOM


def typed_of(form: MultiDict[str, str]) -> dict[str, tuple[str, ...]]:
    """Everything a form sent that belongs here, by field."""
    return {
        name: tuple(form.getlist(name)[:_MOST_VALUES]) for name in form if name in _OTHERS or name.startswith("q-")
    }


@dataclass(frozen=True, slots=True)
class AskedField:
    """One field as a template shows it; `conditions` in words and `shown_if` for the script."""

    id: str
    kind: str
    label: str
    hint: str
    required: bool
    longest: int
    choices: tuple[tuple[str, str], ...]
    values: tuple[str, ...]
    errors: tuple[str, ...]
    conditions: tuple[str, ...]
    shown_if: str
    file: AnswerFileView | None = None
    key: str = ""

    @property
    def value(self) -> str:
        """The one value of a field that has one."""
        return self.values[0] if self.values else ""


class AskedPart:
    """The fields of a cohort, with what was typed into them and what is wrong with it."""

    def __init__(
        self,
        asks: Asks,
        typed: Mapping[str, Sequence[str]],
        problems: Mapping[str, str] | None = None,
        files: Mapping[str, AnswerFileView] = _NO_FILES,
        *,
        takes_files: bool = False,
    ) -> None:
        self.takes_files = takes_files
        self.asks = asks
        self._typed = typed
        self._problems = problems or {}
        self._files = files
        self._by_key = {question.key: question for question in asks.questions}

    def fields(self) -> Iterator[AskedField]:
        """The questions in their order."""
        for question, conditions in with_headings(self.asks.questions):
            yield self._field(question, conditions)

    def credit_fields(self) -> Iterator[AskedField]:
        """What a certificate needs."""
        for name in credit_details.FIELDS:
            condition = credit_details.CONDITIONS.get(name)
            yield AskedField(
                id=name, kind=Kind.SHORT, label=str(credit_details.LABELS[name]),
                hint=str(credit_details.HINTS[name]), required=False, longest=credit_details.LONGEST[name],
                choices=(), values=tuple(self._typed.get(name, ())), errors=self._errors(name),
                conditions=self._words((condition,) if condition else ()),
                shown_if=_for_script((condition,) if condition else ()),
            )  # fmt: skip

    @property
    def wants_credit(self) -> bool:
        """Whether the box is ticked."""
        return bool(self._typed.get(CREDIT))

    @property
    def needs(self) -> list[tuple[str, str, bool]]:
        """What can be ticked of what somebody may need: value, words, whether it is."""
        ticked = self._typed.get("needs", ())
        return [(name, str(words), name in ticked) for name, words in NEEDS.items()]

    @property
    def needs_words(self) -> str:
        """What she wrote about it."""
        return "".join(self._typed.get("needs_words", ())[:1])

    @property
    def needs_errors(self) -> tuple[str, ...]:
        """What is wrong with that."""
        return self._errors("needs_words")

    @property
    def problems(self) -> list[tuple[str, str]]:
        """Everything to mend as the id of its field and what to do, for the list above the form."""
        order = [*(field.id for field in self.fields()), *credit_details.FIELDS, "needs_words"]
        return [(id_, self._problems[id_]) for id_ in order if id_ in self._problems]

    def _field(self, question: Question, conditions: tuple[Condition, ...]) -> AskedField:
        id_ = field_name(question.key)
        choices = tuple(
            (one, str(_YES_NO[one]) if question.kind is Kind.YES_NO else one) for one in question.answers
        )
        return AskedField(
            id=id_, kind=question.kind, label=question.label, hint=question.hint, required=question.required,
            longest=LONGEST_LONG if question.kind is Kind.LONG else LONGEST_SHORT, choices=choices,
            values=tuple(self._typed.get(id_, ())), errors=self._errors(id_), conditions=self._words(conditions),
            shown_if=_for_script(conditions), file=self._files.get(question.key), key=question.key,
        )  # fmt: skip

    def _errors(self, id_: str) -> tuple[str, ...]:
        return (self._problems[id_],) if id_ in self._problems else ()

    def _words(self, conditions: Sequence[Condition]) -> tuple[str, ...]:
        """Without a script each field says for whom it is; the section's words stand at its heading."""
        return tuple(condition_in_words(one, self._by_key) for one in conditions[-1:])


def _for_script(conditions: Sequence[Condition]) -> str:
    """The conditions as the script reads them: names of fields, and the values one of which must be there."""
    fields = {PROFESSION: PROFESSION, CREDIT: CREDIT}
    rules = [{"of": fields.get(one.of, field_name(one.of)), "is": list(one.values)} for one in conditions]
    return json.dumps(rules) if rules else ""
