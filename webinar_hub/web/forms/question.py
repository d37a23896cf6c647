"""One question of a cohort as its organizer writes it."""

from collections.abc import Sequence
from typing import Any

from wtforms import BooleanField, HiddenField, SelectField, SelectMultipleField, StringField, TextAreaField
from wtforms.fields.choices import SelectChoice

from webinar_hub.models import AskedQuestion
from webinar_hub.rules.people import PROFESSIONS
from webinar_hub.rules.questions import (
    CHOOSING,
    CREDIT,
    LONGEST_HINT,
    LONGEST_LABEL,
    NO,
    PROFESSION,
    YES,
    Condition,
    Kind,
    condition_of,
    of_row,
)
from webinar_hub.services.questions import Draft, WrongQuestion
from webinar_hub.web.forms.numbers import whole
from webinar_hub.web.forms.studio_form import StudioForm, lines, says

KINDS = (
    SelectChoice(Kind.SHORT, "Short text, on one line"),
    SelectChoice(Kind.LONG, "Long text"),
    SelectChoice(Kind.ONE, "One choice from a list"),
    SelectChoice(Kind.SEVERAL, "Several choices from a list"),
    SelectChoice(Kind.YES_NO, "Yes or no"),
    SelectChoice(Kind.DATE, "A date"),
    SelectChoice(Kind.NUMBER, "A number"),
    SelectChoice(Kind.FILE, "A file (sent from her own page)"),
    SelectChoice(Kind.SECTION, "A heading: what follows belongs together"),
)
_WORDS = {YES: "Yes", NO: "No"}

Group = tuple[str, list[tuple[str, str]]]
"""A heading, and what can be ticked below it: value and words."""


class QuestionForm(StudioForm):
    """What is asked, how it is answered, and of whom; `when` holds "of:value" for each answer that shows it."""

    version = HiddenField(default="0")
    kind = SelectField("How it is answered", choices=list(KINDS), default=Kind.SHORT, validate_choice=False)
    label = StringField("Question", [says(LONGEST_LABEL, required="Write what you want to know.")])
    hint = StringField("Hint", [says(LONGEST_HINT)])
    required = BooleanField("Everybody who sees it has to answer")
    choices = TextAreaField("Choices")
    when = SelectMultipleField("Show it only if", validate_choice=False)

    groups: Sequence[Group] = ()

    def offer(self, earlier: Sequence[AskedQuestion]) -> None:
        """Whatever a condition may ask for: credit, professions, answers to the questions before."""
        known = [of_row(row) for row in earlier if row.archived_at is None]
        self.groups = [
            ("CE credit", [(f"{CREDIT}:{YES}", "She wants CE credit"), (f"{CREDIT}:{NO}", "She wants none")]),
            ("Profession", [(f"{PROFESSION}:{one}", one) for one in PROFESSIONS]),
            *(
                (one.label, [(f"{one.key}:{answer}", _WORDS.get(answer, answer)) for answer in one.answers])
                for one in known
                if one.answers
            ),
        ]

    def show(self, row: AskedQuestion) -> None:
        """Fill it with what is stored."""
        self.version.data, self.kind.data, self.label.data = str(row.version), row.kind, row.label
        self.hint.data, self.required.data = row.hint, row.required
        self.choices.data = "\n".join(row.choices)
        condition = condition_of(row.show_if)
        self.when.data = [f"{condition.of}:{value}" for value in condition.values] if condition else []

    def draft(self, kind: str = "") -> Draft:
        """What was typed; `kind` stands for that of the form. Raises WrongQuestion."""
        chosen = kind or self.kind.data or ""
        if chosen not in list(Kind):
            raise WrongQuestion({"kind": "Choose how it is answered."})
        choices = tuple(line.strip() for line in lines(self.choices.data).split("\n") if line.strip())
        return Draft(
            Kind(chosen), (self.label.data or "").strip(), (self.hint.data or "").strip(),
            bool(self.required.data) and chosen != Kind.SECTION, choices if Kind(chosen) in CHOOSING else (),
            self._condition(),
        )  # fmt: skip

    def _condition(self) -> Condition | None:
        pairs = [one.partition(":")[::2] for one in self.when.data or []]
        named = {of for of, _ in pairs}
        if len(named) > 1:
            raise WrongQuestion({"when": "Check answers below one heading only: a question depends on one thing."})
        return Condition(named.pop(), tuple(value for _, value in pairs)) if named else None

    @property
    def seen(self) -> int:
        """The version she saw."""
        return whole(self.version.data) or 0

    def refuse_all(self, problem: WrongQuestion) -> None:
        """Show what a service said, each beside its field."""
        for name, words in problem.problems.items():
            field: Any = self._fields.get("when" if name == "show_if" else name)
            if field is None:
                self.problem = words
            else:
                field.errors = [words]
