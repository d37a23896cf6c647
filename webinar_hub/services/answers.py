"""Keeps what somebody told when she signed up; what she changes later is next door, in her_answers.py.

Answers lie in her registration, so a sign-up that answers costs as many rows and statements as one that does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select, update

from webinar_hub.core.db import db, once
from webinar_hub.core.errors import HubError, Invalid
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import Accommodation, AnswerFile, AskedQuestion, CreditDetails, Registration, Session
from webinar_hub.rules import accommodations, answers, credit_details
from webinar_hub.rules.accommodations import Wish
from webinar_hub.rules.credit_details import Details
from webinar_hub.rules.questions import CREDIT, Asks, Facts, of_row


class WrongAnswers(HubError):
    """Something she typed cannot be kept; `problems` says by field what to mend, in the order of the form."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__(next(iter(problems.values())))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Told:
    """What she told; `credit` is None for somebody who wants none."""

    answers: dict[str, Any] = field(default_factory=dict)
    credit: Details | None = None
    wish: Wish = field(default_factory=Wish)

    @property
    def stored(self) -> dict[str, Any]:
        """What goes into her registration. Whether she wants credit stands there too, under a key of its own."""
        return self.answers if self.credit is None else {**self.answers, CREDIT: {}}


def told(typed: answers.Typed | None, profession: str, cohort: int, *, questions: bool, credit: bool) -> Told:
    """What she told beside her name; nothing where no form asked her. Raises WrongAnswers."""
    return Told() if typed is None else read(asks(cohort, questions=questions, credit=credit), typed, profession)


def asks(cohort: int, *, questions: bool, credit: bool) -> Asks:
    """What a cohort asks; a statement, shared by those who sign up together, where there are questions."""
    if not questions:
        return Asks(credit=credit)
    rows = once(f"questions:{cohort}", lambda: of_cohort(cohort))
    return Asks(tuple(of_row(row) for row in rows), credit)


def of_cohort(cohort: int) -> Sequence[AskedQuestion]:
    """Every question of a cohort in its order, archived ones too."""
    return db.session.scalars(AskedQuestion.of_cohort(cohort)).all()


def read(asked: Asks, typed: answers.Typed, profession: str, *, has_file: frozenset[str] | None = None) -> Told:
    """What the form says. Raises WrongAnswers with everything that is to be mended."""
    wants = asked.credit and bool(typed.get(CREDIT))
    found = answers.read(asked.questions, typed, Facts(profession, wants), has_file=has_file)
    problems = {answers.field_name(key): words for key, words in found.problems.items()}
    details = None
    if wants:
        one_each = {name: "".join(typed.get(name, ())[:1]) for name in credit_details.FIELDS}
        details, wrong = credit_details.read(one_each, profession)
        problems |= wrong
    wish = Wish()
    try:
        wish = accommodations.read(typed)
    except Invalid as problem:
        problems[problem.field] = problem.message
    if problems:
        raise WrongAnswers(problems)
    return Told(found.kept, details, wish)


def keep(
    told: Told, *, person: int, registration: int, is_new: bool, next_session: int | None, now: datetime
) -> None:
    """Keep what does not lie in the new registration already.

    Of a person we know, a license that anybody may have typed is not believed: it waits in the registration until
    she looks at it on her own page.
    """
    if told.credit is not None and is_new:
        insert_new(CreditDetails, {"person_id": person, "changed_at": now, **asdict(told.credit)}, "person_id")
    elif told.credit is not None:
        claimed = told.stored | {CREDIT: asdict(told.credit)}
        db.session.execute(update(Registration).where(Registration.id == registration).values(answers=claimed))
    if told.wish:
        ask_for(told.wish, registration, next_session, now)


def bring_over(place: Registration, other: Registration) -> None:
    """What was told for one place holds for another of hers as well, as far as she has told nothing there.

    Questions that a copied cohort asks have the same keys, so that their answers fit.
    """
    other.answers = {**place.answers, **other.answers}
    for model in (Accommodation, AnswerFile):
        known: Any = select(model.id).where(model.registration_id == other.id)
        if db.session.scalar(known.limit(1)) is None:
            moved: Any = update(model).where(model.registration_id == place.id).values(registration_id=other.id)
            db.session.execute(moved, execution_options={"synchronize_session": False})
    db.session.flush()


def ask_for(wish: Wish, registration: int, next_session: int | None, now: datetime) -> None:
    """Put what she needs before the organizer, due two weeks before her next session."""
    starts = select(Session.starts_at).where(Session.id == next_session)
    next_start = db.session.scalar(starts) if next_session is not None else None
    values = {
        "registration_id": registration, "needs": list(wish.needs), "words": wish.words, "asked_at": now,
        "due_at": accommodations.due_at(next_start, now), "note": "", "times": 0,
    }  # fmt: skip
    insert_new(Accommodation, values, "id")
