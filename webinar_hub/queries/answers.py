"""What people answered, for the staff: on one person's page, as filters and columns, and the files."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Accommodation,
    AnswerFile,
    AskedQuestion,
    Cohort,
    CreditDetails,
    Organizer,
    Registration,
)
from webinar_hub.rules.accommodations import in_words as wish_in_words
from webinar_hub.rules.answers import in_words
from webinar_hub.rules.credit_details import FIELDS
from webinar_hub.rules.questions import CREDIT, DECIDES, Kind

_CREDIT_LABELS = {
    "legal_name": "Name on the license",
    "licence_number": "License",
    "licence_place": "State or country",
    "asha_number": "ASHA",
    "nbcot_number": "NBCOT",
}


@dataclass(frozen=True, slots=True)
class AnswerLine:
    """One answer in words; `file` is the public id of a file."""

    label: str
    words: str
    file: str = ""


@dataclass(frozen=True, slots=True)
class WishView:
    """What she needs to take part fully; `arranged_at` is None while it waits."""

    what: str
    due_at: datetime
    arranged_at: datetime | None
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class PlaceAnswers:
    """What somebody told for one place."""

    wants_credit: bool
    lines: tuple[AnswerLine, ...]
    wish: WishView | None


@dataclass(frozen=True, slots=True)
class AboutHer:
    """What somebody told, by place; `license` as label and value."""

    places: Mapping[int, PlaceAnswers]
    license: tuple[tuple[str, str], ...]


def about(person: int, places: Collection[int], desk: Collection[int] | None) -> AboutHer:
    """What she told for these places (ids of registrations); four statements.

    What she needs to take part is read only where the webinar is among `desk` (None: all).
    """
    rows = db.session.execute(
        select(Registration, Cohort.webinar_id, Accommodation, Organizer.name)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .outerjoin(Accommodation, Accommodation.registration_id == Registration.id)
        .outerjoin(Organizer, Organizer.id == Accommodation.arranged_by)
        .where(Registration.id.in_(places))
    ).all()
    asked: dict[int, list[AskedQuestion]] = {}
    in_order = (AskedQuestion.position, AskedQuestion.id)
    cohorts = {place.cohort_id for place, *_ in rows}
    for question in db.session.scalars(
        select(AskedQuestion).where(AskedQuestion.cohort_id.in_(cohorts)).order_by(*in_order)
    ):
        asked.setdefault(question.cohort_id, []).append(question)
    files = {
        (file.registration_id, file.key): file
        for file in db.session.scalars(select(AnswerFile).where(AnswerFile.registration_id.in_(places)))
    }
    return AboutHer(
        {
            place.id: PlaceAnswers(
                CREDIT in place.answers,
                tuple(_lines(place, asked.get(place.cohort_id, ()), files)),
                _wish(wish, by) if wish is not None and (desk is None or webinar in desk) else None,
            )
            for place, webinar, wish, by in rows
        },
        _license(person),
    )


def _lines(
    place: Registration, questions: Sequence[AskedQuestion], files: Mapping[tuple[int, str], AnswerFile]
) -> list[AnswerLine]:
    lines = []
    for question in questions:
        file = files.get((place.id, question.key))
        words = in_words(place.answers.get(question.key))
        if file is not None:
            lines.append(AnswerLine(question.label, f"{file.title}.{file.extension}", file.public_id))
        elif words:
            lines.append(AnswerLine(question.label, words))
    return lines


def _wish(wish: Accommodation, by: str | None) -> WishView:
    return WishView(wish_in_words(wish.needs, wish.words), wish.due_at, wish.arranged_at, by or "", wish.note)


def _license(person: int) -> tuple[tuple[str, str], ...]:
    row = db.session.get(CreditDetails, person)
    if row is None:
        return ()
    told = ((_CREDIT_LABELS[name], getattr(row, name)) for name in FIELDS)
    return tuple((label, value) for label, value in told if value)


@dataclass(frozen=True, slots=True)
class StoredAnswer:
    """A file somebody answered with, as it lies in storage."""

    title: str
    extension: str
    file: StoredFile


def file_of(cohort: int, public_id: str) -> StoredAnswer:
    """A file of somebody in this cohort. Raises NotFound."""
    row = db.session.scalars(
        select(AnswerFile)
        .join(Registration, Registration.id == AnswerFile.registration_id)
        .where(AnswerFile.public_id == public_id, Registration.cohort_id == cohort)
    ).first()
    if row is None:
        raise NotFound()
    return StoredAnswer(row.title, row.extension, StoredFile(row.stored_name, row.size, row.sha256, row.media_type))


@dataclass(frozen=True, slots=True)
class AnswerChoices:
    """A question by whose answers people are found: its label, and each answer as "key:answer" with its words."""

    label: str
    answers: tuple[tuple[str, str], ...]


def to_find_by(cohort: int) -> list[AnswerChoices]:
    """The questions of a cohort that have choices, archived ones too; one statement."""
    deciding = AskedQuestion.kind.in_([str(kind) for kind in DECIDES])
    rows = db.session.scalars(AskedQuestion.of_cohort(cohort).where(deciding))
    return [
        AnswerChoices(
            row.label,
            tuple((f"{row.key}:{answer}", answer) for answer in _answers(row)),
        )
        for row in rows
    ]


def _answers(row: AskedQuestion) -> Sequence[str]:
    return ("yes", "no") if row.kind == Kind.YES_NO else row.choices


def columns(cohort: int) -> dict[str, str]:
    """What an export of a cohort can have besides: a column for each question, and for what a license says."""
    answered = AskedQuestion.of_cohort(cohort).where(AskedQuestion.kind != str(Kind.SECTION))
    asked = {f"q:{row.key}": row.label for row in db.session.scalars(answered)}
    return (
        asked | {"credit": "Wants CE credit"} | {f"licence:{name}": words for name, words in _CREDIT_LABELS.items()}
    )
