"""What a cohort asks: for whoever signs up, for her own page, and for the staff who wrote it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Accommodation,
    AnswerFile,
    AskedQuestion,
    Cohort,
    CreditDetails,
    Person,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.rules.answers import changes_end, field_name
from webinar_hub.rules.credit_details import Details
from webinar_hub.rules.places import GONE, State
from webinar_hub.rules.publishing import asks_credit, gives_credit
from webinar_hub.rules.questions import CREDIT, YES, Asks, of_row


@dataclass(frozen=True, slots=True)
class AnswerFileView:
    """A file that answers a question; `size` in bytes."""

    public_id: str
    key: str
    title: str
    extension: str
    size: int


@dataclass(frozen=True, slots=True)
class HerAnswers:
    """Her page of answers: what is asked, and each field as it is stored, by its name."""

    registration: str
    webinar_title: str
    cohort_title: str
    organizer_email: str
    profession: str
    asks: Asks
    typed: Mapping[str, Sequence[str]]
    files: Mapping[str, AnswerFileView]
    is_claimed: bool
    arranged_note: str | None
    too_late: bool
    decided_again: bool
    """Whether a change of hers has the organizer decide again on the place she has."""
    organizer_name: str


def asked_by(cohort: str) -> Asks:
    """What the cohort with this public id asks; one statement. Raises NotFound."""
    rows = db.session.execute(
        select(Cohort.asks_credit, Webinar.credit, AskedQuestion)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .outerjoin(AskedQuestion, AskedQuestion.cohort_id == Cohort.id)
        .where(Cohort.public_id == cohort)
        .order_by(AskedQuestion.position, AskedQuestion.id)
    ).all()
    if not rows:
        raise NotFound()
    return _asks(rows[0].asks_credit, rows[0].credit, [question for *_, question in rows if question is not None])


def _asks(wish: bool | None, credit: str, rows: Sequence[AskedQuestion]) -> Asks:
    return Asks(tuple(of_row(row) for row in rows), asks_credit(wish, credit))


def of_cohort(cohort: int) -> list[AskedQuestion]:
    """The rows of a cohort's questions in their order, archived ones too; one statement."""
    return list(db.session.scalars(AskedQuestion.of_cohort(cohort)))


def credit_wish(cohort: int) -> tuple[bool | None, bool]:
    """What the cohort says about asking for a license (None: as the webinar), and what the webinar would."""
    wish, credit = db.session.execute(
        select(Cohort.asks_credit, Webinar.credit)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Cohort.id == cohort)
    ).one()
    return wish, gives_credit(credit)


def answered(cohort: int, key: str) -> int:
    """How many have answered a question; one statement."""
    count = select(func.count(Registration.answers[key].as_string())).where(Registration.cohort_id == cohort)
    return db.session.scalar(count) or 0


def hers(person: int, registration: str, now: datetime) -> HerAnswers:
    """Her answers in one of her places; three statements. Raises NotFound for anybody else's."""
    ends = (
        select(func.max(Session.ends_at, type_=Session.ends_at.type))
        .where(Session.cohort_id == Cohort.id, Session.state == "scheduled")
        .correlate(Cohort)
        .scalar_subquery()
    )
    row = db.session.execute(
        select(Registration, Cohort, Webinar, Person, CreditDetails, Accommodation, ends)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .join(Person, Person.id == Registration.person_id)
        .outerjoin(CreditDetails, CreditDetails.person_id == Person.id)
        .outerjoin(Accommodation, Accommodation.registration_id == Registration.id)
        .where(Registration.public_id == registration, Registration.person_id == person)
    ).first()
    if row is None:
        raise NotFound()
    place, cohort, webinar, somebody, credit, wish, last_end = row
    late = place.state in GONE or changes_end(cohort.changes_close_at, last_end, now)
    return HerAnswers(
        registration=place.public_id,
        webinar_title=webinar.title,
        cohort_title=cohort.title,
        organizer_email=cohort.organizer_email,
        profession=somebody.profession,
        asks=_asks(cohort.asks_credit, webinar.credit, of_cohort(cohort.id)),
        typed={**_typed(place.answers), **_typed_credit(place, credit), **_typed_wish(wish)},
        files=files_of(place.id),
        is_claimed=credit is None and bool(place.answers.get(CREDIT)),
        arranged_note=wish.note if wish is not None and wish.arranged_at is not None else None,
        too_late=late,
        decided_again=cohort.needs_approval and cohort.approval_again and place.state == State.CONFIRMED,
        organizer_name=cohort.organizer_name,
    )


def files_of(registration: int) -> dict[str, AnswerFileView]:
    """The files of one registration by question; one statement."""
    rows = db.session.scalars(select(AnswerFile).where(AnswerFile.registration_id == registration))
    return {row.key: AnswerFileView(row.public_id, row.key, row.title, row.extension, row.size) for row in rows}


def _typed(answers: Mapping[str, Any]) -> dict[str, list[str]]:
    """Each answer as its field would send it."""
    return {
        field_name(key): [answer] if isinstance(answer, str) else [str(one) for one in answer]
        for key, answer in answers.items()
        if key != CREDIT
    }


def _typed_credit(place: Registration, row: CreditDetails | None) -> dict[str, list[str]]:
    """What her license says, or what somebody typed of it when she signed up."""
    claimed = place.answers.get(CREDIT)
    wants = {CREDIT: [YES]} if claimed is not None else {}
    known = {name: getattr(row, name) for name in asdict(Details())} if row is not None else claimed or {}
    return wants | {name: [str(value)] for name, value in known.items()}


def _typed_wish(wish: Accommodation | None) -> dict[str, list[str]]:
    return {} if wish is None else {"needs": list(wish.needs), "needs_words": [wish.words]}
