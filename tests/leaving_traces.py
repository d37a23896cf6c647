"""Somebody who has left traces everywhere, and a look through every stored text for what is left of them."""

import io
import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

from flask import Flask
from sqlalchemy import JSON, LargeBinary, String, cast, func, or_, select

from tests.building import sign_up
from tests.delivering import Mail, Post, deliver, read
from webinar_hub.core import clock
from webinar_hub.core.db import Base, db, transaction
from webinar_hub.models import (
    Accommodation,
    AddressWish,
    AnswerFile,
    AttendanceSegment,
    Cohort,
    CreditDetails,
    Draft,
    Drop,
    DropGrant,
    FormerAddress,
    Invitation,
    InvitationList,
    InviteReply,
    MergedPerson,
    PeopleImport,
    PeopleView,
    Person,
    Registration,
    Rhythm,
    Session,
    SessionChoice,
    Transfer,
)
from webinar_hub.services import audit, consents, people, suppressions
from webinar_hub.worker import clearing

ANN = "ann.lee@x.example"
OLD = "ann.before@x.example"
NAME = "Ann Leeward"
FORMER = "ann.maiden@x.example"
FILE = "f" * 32
SECRET = "my son is called Quillon"
WORDS = (ANN, OLD, FORMER, NAME, "Leeward", "Quillon", "shy in groups", "cares for twins")


def given_traces(app: Flask, cohort: str, *, organizer: int) -> int:
    """Ann, with something of hers in every table that can hold it; her id."""
    app.extensions["storage"].put(io.BytesIO(b"My years.\n"), filename="cv.txt", name=FILE)
    sign_up(app, cohort, ANN, NAME, news_words="Write to me")
    deliver(app)
    with app.app_context(), transaction() as session:
        now = clock.now()
        ann = session.scalars(select(Person).where(Person.email == ANN)).one()
        place = session.scalars(select(Registration).where(Registration.person_id == ann.id)).one()
        place.answers = {"about": SECRET}
        actor = f"organizer:{organizer}"
        people.note(ann.id, "She cares for twins.", author="Mara", actor=actor, now=now)
        people.tag(ann.id, "shy in groups", actor=actor, now=now)
        old = Person(
            email=OLD, email_key=OLD, name=NAME, profession="OT", zone="UTC", created_at=now, link_nonce="old"
        )
        session.add(old)
        session.flush()
        session.add(MergedPerson(person_id=old.id, into_id=ann.id, merged_at=now))
        held = suppressions.hold([place.id])
        suppressions.begin(held[0], f"550 no such user {ANN}", now=now)
        suppressions.lift(ANN, actor=actor, now=now)
        consents.choose_news(ann.id, wanted=True, words="Yes", page=f"/my?{ANN}", now=now)
        row = session.scalars(select(Cohort).where(Cohort.public_id == cohort)).one()
        drop = session.scalars(select(Drop.id).where(Drop.cohort_id == row.id)).first()
        first = session.scalars(select(Session.id).where(Session.cohort_id == row.id).order_by(Session.id)).first()
        assert drop
        assert first
        session.add(DropGrant(drop_id=drop, registration_id=place.id, granted_at=now, granted_by=actor))
        session.add(
            InviteReply(registration_id=place.id, session_id=first, answer="accepted", sequence=0, replied_at=now)
        )
        cells = [[NAME, ANN.upper()], ["Bea Moss", "bea@x.example"]]
        session.add(
            PeopleImport(
                cohort_id=row.id, organizer_id=organizer, file_name="people.csv", heading=["Name", "Mail"],
                rows=cells, columns={}, uploaded_at=now, result={"wrong": [[2, NAME, ANN, "", ""]]},
            )
        )  # fmt: skip
        session.add(Draft(organizer_id=organizer, form="cohort:x", fields=[["about", ANN]], saved_at=now))
        session.add(PeopleView(organizer_id=organizer, name="her", query=f"words={ANN.replace('@', '%40')}"))
        _in_later_tables(session, ann, place, first, now)
        audit.note(f"person:{ann.id}", "details.changed", f"person:{ann.id}", now=now, was=NAME)
        return ann.id


def _in_later_tables(session: Any, ann: Person, place: Registration, at: int, now: datetime) -> None:
    """What came with a cohort's own questions, with groups, and with changing her mind."""
    later = now + timedelta(days=2)
    groups = [
        InvitationList(
            cohort_id=place.cohort_id, kind="group", form_token=address[::-1], title=f"{who}'s people",
            inviter_name=who, inviter_email=address, created_at=now,
        )
        for who, address in ((NAME, ANN), ("Mia Ray", "manager@x.example"))
    ]  # fmt: skip
    session.add_all(groups)
    session.flush()
    row = {"cohort_id": place.cohort_id, "created_at": now, "due_at": later}
    bea, new = "bea@x.example", f"new.{ANN}"
    session.add_all(
        [
            CreditDetails(person_id=ann.id, legal_name=NAME, licence_number="OT-4711", changed_at=now),
            Accommodation(registration_id=place.id, words=SECRET, asked_at=now, due_at=later),
            AnswerFile(
                registration_id=place.id, key="cv", title=NAME, extension="txt", stored_name=FILE,
                media_type="text/plain", size=9, sha256="0" * 64, created_at=now,
            ),
            AddressWish(person_id=ann.id, email=new, email_key=new, asked_at=now, expires_at=later),
            FormerAddress(person_id=ann.id, email=FORMER, until=later),
            Rhythm(person_id=ann.id, bonus_at=480),
            SessionChoice(registration_id=place.id, session_id=at, out=False, revision=1, changed_at=now),
            Invitation(list_id=groups[0].id, name="Bea Moss", email=bea, email_key=bea, **row),
            Invitation(list_id=groups[1].id, name=NAME, email=ANN, email_key=ANN, **row),
            Transfer(
                registration_id=place.id, name="Cleo Park", email="cleo@x.example", form_token="t", offered_at=now,
                expires_at=later,
            ),
        ]
    )  # fmt: skip


def came(app: Flask, person: int, session_key: str = "week-1") -> None:
    """She was at this session."""
    with app.app_context(), transaction() as session:
        place, at, starts = session.execute(
            select(Registration.id, Session.id, Session.starts_at)
            .join(Session, Session.cohort_id == Registration.cohort_id)
            .where(Registration.person_id == person, Session.key == session_key)
        ).one()
        session.add(
            AttendanceSegment(registration_id=place, session_id=at, source="join", started_at=starts, ended_at=None)
        )


def carried_out(app: Flask) -> list[Mail]:
    """What the worker does until nothing of it is due at this moment; the mails that went out."""
    post = Post()
    for _ in range(20):
        with app.app_context():
            clearing.carry_out(app)
        if not deliver(app, post) or not _still_open(app):
            with app.app_context():
                clearing.carry_out(app)
            break
    return [read(envelope) for envelope in post.tried]


def _still_open(app: Flask) -> bool:
    from webinar_hub.queries import erasures

    with app.app_context():
        return erasures.any_open()


def places_of(app: Flask, *words: str) -> Iterator[str]:
    """Every column of every table in which one of these words stands, in whatever letters."""
    with app.app_context():
        for table in Base.metadata.sorted_tables:
            for column in table.columns:
                if isinstance(column.type, (String, JSON)) and not isinstance(column.type, LargeBinary):
                    text = func.lower(cast(column, String))
                    named = or_(*(text.contains(word.lower(), autoescape=True) for word in words))
                    if db.session.scalar(select(func.count()).select_from(table).where(named)):
                        yield f"{table.name}.{column.name}"


def link_in(mail: Mail) -> str:
    """The link by which she says that it was she."""
    found = re.search(r"http://localhost(/erase/\S+)", mail.text)
    assert found, mail.text
    return found[1]
