"""Reads [[questions]], which a cohort asks whoever signs up; what may be asked is said in `rules/questions.py`."""

from collections.abc import Sequence

from webinar_hub.rules import questions
from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.table import Notebook, Table
from webinar_hub.rules.questions import CREDIT, NO, PROFESSION, YES, Condition, Kind


def read_questions(tables: Sequence[Table], notebook: Notebook) -> tuple[questions.Question, ...]:
    """Read every [[questions]] in its order; whatever cannot be asked is noted with its line.

    Whether files may be asked for is the owner's to say, so that is looked at when the file is read in.
    """
    asked = tuple(_question(table, position) for position, table in enumerate(tables))
    for problem in questions.problems(asked, files=True):
        path = ("questions", min(problem.position, len(asked) - 1), problem.field)
        if not _noted(notebook, path):
            notebook.note(path, problem.words)
    return asked


def _noted(notebook: Notebook, path: tuple[str, int, str]) -> bool:
    """Whether something is wrong there already: one line needs no two remedies."""
    position = f"questions #{path[1] + 1}.{path[2]}"
    return any(error.field == position or error.field.startswith(f"{position} ") for error in notebook.errors())


def _question(table: Table, position: int) -> questions.Question:
    kind = table.text("kind", longest=20, required=True, check=_kind)
    question = questions.Question(
        key=table.text("key", longest=40, check=checks.slug) or f"question-{position + 1}",
        kind=Kind(kind) if kind else Kind.SHORT,
        label=table.text("label", longest=questions.LONGEST_LABEL, required=True),
        hint=table.text("hint", longest=questions.LONGEST_HINT),
        required=table.flag("required", default=False),
        choices=table.texts("choices", longest=questions.LONGEST_CHOICE),
        show_if=_condition(table.table("show_if")),
    )
    table.done()
    return question


def _kind(written: str) -> str:
    if written not in list(Kind):
        raise ValueError(f"Write one of these: {', '.join(Kind)}.")
    return written


def _condition(table: Table | None) -> Condition | None:
    """One of: a question with its answers, professions, or credit = true."""
    if table is None:
        return None
    of = table.text("question", longest=40)
    answers = table.texts("is", longest=questions.LONGEST_CHOICE)
    professions = table.texts("profession", longest=40)
    credit = YES if table.flag("credit", default=True) else NO
    table.done()
    named = [key for key in ("question", PROFESSION, CREDIT) if key in table]
    if len(named) != 1:
        message = (
            'Write one of these here: question = "..." with is = ["..."], profession = ["..."], credit = true.'
        )
        table.notebook.note(table.path, message)
        return None
    if named == ["question"]:
        return Condition(of, answers)
    return Condition(PROFESSION, professions) if named == [PROFESSION] else Condition(CREDIT, (credit,))
