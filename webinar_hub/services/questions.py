"""What a cohort asks: written, put in order, ended, and copied to the next run."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from sqlalchemy import delete, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, HubError, NotFound
from webinar_hub.core.tokens import public_id
from webinar_hub.models import AnswerFile, AskedQuestion, Cohort, Registration
from webinar_hub.rules.questions import (
    Condition,
    Kind,
    Question,
    condition_data,
    condition_of,
    dependents,
    of_row,
    problems,
)
from webinar_hub.services import answers, audit, sessions
from webinar_hub.services.editing import edit


class WrongQuestion(HubError):
    """A question that cannot be asked so; `problems` says by field what to mend, "" for the form as a whole."""

    status = 422

    def __init__(self, found: Mapping[str, str]) -> None:
        super().__init__(next(iter(found.values())))
        self.problems = found


@dataclass(frozen=True, slots=True)
class Draft:
    """A question as it is written down."""

    kind: Kind
    label: str
    hint: str = ""
    required: bool = False
    choices: tuple[str, ...] = ()
    show_if: Condition | None = None


def add(cohort: str, draft: Draft, *, files: bool, actor: str, now: datetime) -> str:
    """Ask one more, after all others; its key. Raises NotFound, WrongQuestion."""
    row = sessions.find_cohort(cohort)
    known = answers.of_cohort(row.id)
    new = AskedQuestion(cohort_id=row.id, key=f"q{public_id()[:10]}", position=len(known), kind=draft.kind)
    _write(new, draft)
    _demand_sound([*known, new], new, files)
    db.session.add(new)
    db.session.flush()
    audit.note(actor, "question.added", f"cohort:{row.id}", now=now, after=_told(new))
    return new.key


def change(cohort: str, key: str, draft: Draft, *, seen: int, files: bool, actor: str, now: datetime) -> None:
    """Word a question anew; its kind stays. Raises NotFound, EditedMeanwhile, WrongQuestion."""
    row = sessions.find_cohort(cohort)
    known = answers.of_cohort(row.id)
    question = _one(known, key)
    before = _told(question)
    edit(question, seen)
    with db.session.no_autoflush:
        _write(question, replace(draft, kind=Kind(question.kind)))
        _demand_sound(known, question, files)
    audit.note(actor, "question.changed", f"cohort:{row.id}", now=now, before=before, after=_told(question))


def shift(cohort: str, key: str, by: int, *, actor: str, now: datetime) -> None:
    """Move a question one place up (-1) or down (+1) among those asked. Raises NotFound, Conflict."""
    row = sessions.find_cohort(cohort)
    keys = [one.key for one in answers.of_cohort(row.id) if one.archived_at is None]
    if key not in keys:
        raise NotFound()
    at = keys.index(key)
    to = min(max(at + by, 0), len(keys) - 1)
    keys.insert(to, keys.pop(at))
    _arrange(row, keys, actor, now)


def arrange(cohort: str, keys: Sequence[str], *, actor: str, now: datetime) -> None:
    """Put those asked into this order. Raises NotFound, and Conflict where one would stand before what it needs."""
    _arrange(sessions.find_cohort(cohort), keys, actor, now)


def _arrange(cohort: Cohort, keys: Sequence[str], actor: str, now: datetime) -> None:
    known = {one.key: one for one in answers.of_cohort(cohort.id)}
    asked = [key for key, one in known.items() if one.archived_at is None]
    if sorted(keys) != sorted(asked):
        raise Conflict("Somebody has changed the questions meanwhile. Load the page again.")
    if list(keys) == asked:
        return
    in_order = [*(known[key] for key in keys), *(one for one in known.values() if one.archived_at is not None)]
    wrong = problems([of_row(one) for one in in_order], files=True)
    if wrong:
        raise Conflict(f"“{in_order[wrong[0].position].label}” depends on a question that has to stand before it.")
    for position, one in enumerate(in_order):
        one.position = position
    audit.note(actor, "question.moved", f"cohort:{cohort.id}", now=now, before=asked, after=list(keys))


def end(cohort: str, key: str, *, actor: str, now: datetime) -> bool:
    """Ask it no more; whether it was kept for its answers. One that nobody has answered is deleted.

    Raises NotFound, and Conflict while another question depends on it.
    """
    row = sessions.find_cohort(cohort)
    known = answers.of_cohort(row.id)
    question = _one(known, key)
    waiting = dependents([of_row(one) for one in known], key)
    if waiting:
        raise Conflict(f"“{waiting[0].label}” is shown only for some of its answers. Change that question first.")
    kept = is_answered(row.id, key)
    if kept:
        question.archived_at = now
    else:
        db.session.delete(question)
    what = "question.archived" if kept else "question.deleted"
    audit.note(actor, what, f"cohort:{row.id}", now=now, before=_told(question))
    return kept


def bring_back(cohort: str, key: str, *, files: bool, actor: str, now: datetime) -> None:
    """Ask it again, after all others. Raises NotFound, Conflict."""
    row = sessions.find_cohort(cohort)
    known = answers.of_cohort(row.id)
    question = _one(known, key)
    if question.archived_at is None:
        return
    question.archived_at, question.position = None, max(one.position for one in known) + 1
    in_order = sorted(known, key=lambda one: one.position)
    found = problems([of_row(one) for one in in_order], files=files)
    if wrong := [one for one in found if one.position >= len(in_order) or in_order[one.position] is question]:
        raise Conflict(f"{wrong[0].words} Until then it cannot be asked again.")
    audit.note(actor, "question.brought_back", f"cohort:{row.id}", now=now, after=_told(question))


def ask_credit(cohort: str, wish: bool | None, *, actor: str, now: datetime) -> None:
    """Ask for what a certificate needs, or not; None asks where the webinar promises credit. Raises NotFound."""
    row = sessions.find_cohort(cohort)
    before, after = {"asks_credit": row.asks_credit}, {"asks_credit": wish}
    row.asks_credit = wish
    if after != before:
        audit.note(actor, "cohort.changed", f"cohort:{row.id}", now=now, before=before, after=after)


def is_answered(cohort: int, key: str) -> bool:
    """Whether anybody has."""
    answer = Registration.answers[key].as_string()
    words = select(Registration.id).where(Registration.cohort_id == cohort, answer.is_not(None)).limit(1)
    files = (
        select(AnswerFile.id)
        .join(Registration, Registration.id == AnswerFile.registration_id)
        .where(Registration.cohort_id == cohort, AnswerFile.key == key)
        .limit(1)
    )
    return db.session.scalar(words) is not None or db.session.scalar(files) is not None


def kept(cohort: int) -> list[dict[str, Any]]:
    """What a cohort asks, as it is kept with a program or taken over by the next run."""
    return [
        {"key": one.key, **_told(one)} for one in answers.of_cohort(cohort) if one.archived_at is None
    ]  # fmt: skip


def lay(cohort: int, data: Sequence[Mapping[str, Any]]) -> None:
    """Have a new cohort ask what `kept` gave; keys stay, so that answers of several runs can be put together."""
    for position, one in enumerate(data):
        row = AskedQuestion(cohort_id=cohort, key=one["key"], position=position, kind=one["kind"])
        _write(row, _draft(one))
        db.session.add(row)
    db.session.flush()


def _draft(data: Mapping[str, Any]) -> Draft:
    return Draft(
        Kind(data["kind"]), data["label"], data["hint"], data["required"], tuple(data["choices"]),
        condition_of(data["show_if"]),
    )  # fmt: skip


def settle(cohort: Cohort, wanted: Sequence[Question], *, actor: str, now: datetime) -> None:
    """Make a cohort ask what its file says, in that order; what left the file and was answered is kept aside."""
    known = {one.key: one for one in answers.of_cohort(cohort.id)}
    before = [_told(one) for one in known.values()]
    for position, question in enumerate(wanted):
        row = known.pop(question.key, None)
        if row is None:
            row = AskedQuestion(cohort_id=cohort.id, key=question.key)
            db.session.add(row)
        row.position, row.kind, row.archived_at = position, question.kind, None
        fields = (question.label, question.hint, question.required, question.choices, question.show_if)
        _write(row, Draft(question.kind, *fields))
    db.session.flush()
    for position, row in enumerate(known.values(), start=len(wanted)):
        row.position = position
        if not is_answered(cohort.id, row.key):
            db.session.execute(delete(AskedQuestion).where(AskedQuestion.id == row.id))
        elif row.archived_at is None:
            row.archived_at = now
    after = [_told(one) for one in answers.of_cohort(cohort.id)]
    if before != after:
        audit.note(actor, "question.changed", f"cohort:{cohort.id}", now=now, before=before, after=after)


def _write(row: AskedQuestion, draft: Draft) -> None:
    row.label, row.hint, row.required = draft.label, draft.hint, draft.required
    row.choices, row.show_if = list(draft.choices), condition_data(draft.show_if)


def _demand_sound(rows: Sequence[AskedQuestion], mine: AskedQuestion, files: bool) -> None:
    """Raises WrongQuestion: beside its field, or, where another question no longer fits, above the form."""
    found: dict[str, str] = {}
    for problem in problems([of_row(row) for row in rows], files=files):
        row = rows[problem.position] if problem.position < len(rows) else mine
        if row is mine:
            found.setdefault(problem.field, problem.words)
        elif problem.field == "show_if":
            found.setdefault("", f"“{row.label}” depends on this one. {problem.words}")
    if found:
        raise WrongQuestion(found)


def _one(rows: Sequence[AskedQuestion], key: str) -> AskedQuestion:
    found = next((row for row in rows if row.key == key), None)
    if found is None:
        raise NotFound("There is no such question.")
    return found


def _told(row: AskedQuestion) -> dict[str, Any]:
    return {
        "kind": str(row.kind), "label": row.label, "hint": row.hint, "required": row.required,
        "choices": list(row.choices), "show_if": dict(row.show_if),
    }  # fmt: skip
