"""What she changes on her own page: her answers, what her license says, what she needs, a file."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.models import (
    Accommodation,
    AnswerFile,
    Cohort,
    CreditDetails,
    Person,
    Registration,
    Session,
    Webinar,
)
from webinar_hub.rules.accommodations import Wish
from webinar_hub.rules.answers import Typed, changes_end
from webinar_hub.rules.credit_details import Details
from webinar_hub.rules.places import GONE
from webinar_hub.rules.publishing import asks_credit
from webinar_hub.rules.questions import Asks, Kind, of_row
from webinar_hub.services import allowances, answers, audit, materials, place_facts, registrations, settling
from webinar_hub.services.materials import Bytes

FILES_AN_HOUR = 20


def change(person: int, registration: str, typed: Typed, *, now: datetime) -> bool:
    """Save what she wrote; whether the organizer decides on her again (`services/settling.py`).

    Raises NotFound, WrongAnswers, Conflict once it is too late.
    """
    row = registrations.hers(person, registration)
    asked = asked_of(row, now)
    profession = db.session.scalars(select(Person.profession).where(Person.id == person)).one()
    files = select(AnswerFile.key).where(AnswerFile.registration_id == row.id)
    told = answers.read(asked, typed, profession, has_file=frozenset(db.session.scalars(files)))
    changed = _keep_answers(row, told.stored, asked, now)
    if told.credit is not None:
        keep_credit(person, told.credit, actor=f"person:{person}", now=now)
    _keep_wish(row, told.wish, now)
    return changed and settling.review_again(row, now)


def asked_of(row: Registration, now: datetime) -> Asks:
    """What her cohort asks. Raises Conflict once it is too late to change an answer."""
    cohort = db.session.get_one(Cohort, row.cohort_id)
    ends = select(func.max(Session.ends_at)).where(Session.cohort_id == cohort.id, Session.state == "scheduled")
    gone = row.state in GONE
    if gone or changes_end(cohort.changes_close_at, db.session.scalar(ends), now):
        raise Conflict(_("Your answers can no longer be changed. Write to the organizer if something is wrong."))
    promised = db.session.scalars(select(Webinar.credit).where(Webinar.id == cohort.webinar_id)).one()
    questions = tuple(of_row(one) for one in answers.of_cohort(cohort.id))
    return Asks(questions, asks_credit(cohort.asks_credit, promised))


def _keep_answers(row: Registration, told: Mapping[str, Any], asked: Asks, now: datetime) -> bool:
    """Whether any is another one than before. An answer to what is no longer asked stays.

    The audit log has which ones changed, and not the words.
    """
    of_archived = {one.key for one in asked.questions if one.archived}
    stays = {key: answer for key, answer in row.answers.items() if key in of_archived}
    after = {**stays, **told}
    changed = sorted(key for key in {*row.answers, *after} if row.answers.get(key) != after.get(key))
    if changed:
        row.answers = after
        audit.note(
            f"person:{row.person_id}", "registration.answered", f"registration:{row.id}", now=now, changed=changed
        )
    return bool(changed)


def keep_credit(person: int, details: Details, *, actor: str, now: datetime) -> None:
    """What her license says, as she has seen it on her own page; the audit log has which fields changed."""
    row = db.session.get(CreditDetails, person, with_for_update=True)
    if row is None:
        row = CreditDetails(person_id=person, changed_at=now)
        db.session.add(row)
    changed = [
        each.name for each in fields(Details) if (getattr(row, each.name) or "") != getattr(details, each.name)
    ]
    for name, value in asdict(details).items():
        setattr(row, name, value)
    if changed:
        row.changed_at = now
        audit.note(actor, "details.licence_changed", f"person:{person}", now=now, changed=changed)
    db.session.flush()


def _keep_wish(row: Registration, wish: Wish, now: datetime) -> None:
    """Something else than before is to be arranged again; nothing at all any more, not at all."""
    known = db.session.scalars(
        select(Accommodation).where(Accommodation.registration_id == row.id).with_for_update()
    ).first()
    if known is not None and (tuple(known.needs), known.words) == (wish.needs, wish.words):
        return
    if known is not None:
        times = known.times
        db.session.delete(known)
        db.session.flush()
    if wish:
        answers.ask_for(wish, row.id, place_facts.next_session(row.cohort_id, now), now)
        if known is not None:
            again = select(Accommodation).where(Accommodation.registration_id == row.id)
            db.session.scalars(again).one().times = times
    if known is not None or wish:
        audit.note(f"person:{row.person_id}", "accommodation.asked", f"registration:{row.id}", now=now)


def put_file(person: int, registration: str, question: str, title: str, file: Bytes, *, now: datetime) -> None:
    """Answer with a file that lies in storage; one she sent before goes. Raises NotFound, Conflict."""
    row = registrations.hers(person, registration)
    demand_file_question(asked_of(row, now), question)
    _let_go(row.id, question, now)
    stored = file.stored
    db.session.add(
        AnswerFile(
            registration_id=row.id, key=question, title=title[:150], extension=file.extension,
            stored_name=stored.name, media_type=stored.media_type, size=stored.size, sha256=stored.sha256,
            created_at=now,
        )
    )  # fmt: skip
    materials.forget_file(stored.name)
    audit.note(f"person:{person}", "registration.answered", f"registration:{row.id}", now=now, changed=[question])


def demand_few_files(person: int, *, now: datetime) -> None:
    """Raises TooMany for whoever sends file after file: what is replaced lies in storage for a while."""
    allowances.spend("answer-file", str(person), limit=FILES_AN_HOUR, window=timedelta(hours=1), now=now)


def demand_file_question(asked: Asks, question: str) -> None:
    """Raises NotFound where no such file is asked for."""
    if not any(one.key == question and one.kind is Kind.FILE and not one.archived for one in asked.questions):
        raise NotFound()


def take_file_away(person: int, registration: str, question: str, *, now: datetime) -> None:
    """Remove her file. Raises NotFound, Conflict."""
    row = registrations.hers(person, registration)
    asked_of(row, now)
    if _let_go(row.id, question, now):
        audit.note(
            f"person:{person}", "registration.answered", f"registration:{row.id}", now=now, changed=[question]
        )


def _let_go(registration: int, question: str, now: datetime) -> bool:
    """Whether there was one; its bytes are removed by the worker that tidies up."""
    known = select(AnswerFile).where(AnswerFile.registration_id == registration, AnswerFile.key == question)
    row = db.session.scalars(known.with_for_update()).first()
    if row is None:
        return False
    materials.expect_file(row.stored_name, now=now)
    db.session.delete(row)
    db.session.flush()
    return True
