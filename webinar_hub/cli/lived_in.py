"""Makes the demo look lived in: three more cohorts, played from their first sign-up to today by the real services.

Only what comes from outside is set by hand, as nobody outside is there: what mail servers answered, what calendars
said, who joined and who took what.
"""

import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from typing import Any

from flask import Flask
from sqlalchemy import insert, select, update

from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.materials import uploads
from webinar_hub.core.db import db, transaction
from webinar_hub.models import (
    AttendanceSegment,
    Broadcast,
    Cohort,
    Delivery,
    Download,
    Drop,
    DropMaterial,
    InviteReply,
    MaterialVersion,
    Person,
    Registration,
    Session,
)
from webinar_hub.rules.cohort_file import read_cohort_file
from webinar_hub.rules.example_people import ExamplePerson, example_people
from webinar_hub.rules.example_runs import Run, filled, runs
from webinar_hub.rules.mail_events import MailEvent
from webinar_hub.rules.places import State
from webinar_hub.rules.zones import zone
from webinar_hub.services import broadcasts, cohort_files, mail_events, registrations, sessions

_STRETCH = 25
_PAGE = "/w/example"
_LEAVERS, _BOUNCES = 5, 3
_MOVED_AGO = timedelta(days=2)
_GONE = "550 5.1.1 The email account that you tried to reach does not exist"
_FULL = "552 5.2.2 The recipient's inbox is out of storage space"


@dataclass(frozen=True, slots=True)
class _Coming:
    """Somebody and when she signs up (aware UTC)."""

    person: ExamplePerson
    at: datetime


def move_in(app: Flask, folder: Path, home: str, now: datetime) -> None:
    """Add the three cohorts with their people; `home` is the demo's zone, `folder` has the files."""
    dice = random.Random(7)  # noqa: S311  a demo needs no secrecy
    with app.app_context():
        example = db.session.scalars(select(Session.starts_at).order_by(Session.id).limit(1)).one()
        here = zone(home)
        planned = runs(now.astimezone(here).date(), example.astimezone(here).date())
        people = iter(example_people(sum(run.people for run in planned)))
        for run in planned:
            cohort = _open(app, folder, run, datetime.combine(run.opened, time(8), here).astimezone(UTC))
            _play(cohort, list(_arrivals(run, people, home, now, dice)), now)
    # What came back is told when everything has been sent, in the order in which it would have come.
    with app.app_context():
        _move_the_last_noon(planned[1].key, now - _MOVED_AGO)
        _remember_sending(now, dice)
        for run in planned:
            _take_part(run, now, dice)
        _come_back(planned, now)


def _open(app: Flask, folder: Path, run: Run, at: datetime) -> int:
    file = read_cohort_file(filled((folder / run.file).read_text(encoding="utf-8"), run))
    with transaction():
        kept = uploads(file, folder, app.extensions["storage"])
        return cohort_files.apply(file, kept, actor=ACTOR, now=at).id


def _arrivals(
    run: Run, people: Iterator[ExamplePerson], home: str, now: datetime, dice: random.Random
) -> Iterator[_Coming]:
    """Most sign up soon after it opens or in the last days, by day and in the evening."""
    opens = datetime.combine(run.opened, time(9), zone(home)).astimezone(UTC)
    closes = min(datetime.combine(run.closed, time(17), zone(home)).astimezone(UTC), now - timedelta(minutes=20))
    moments = sorted(opens + (closes - opens) * dice.betavariate(0.7, 0.9) for _ in range(run.people))
    for moment in moments:
        yield _Coming(next(people), moment)


def _play(cohort: int, coming: list[_Coming], now: datetime) -> None:
    """Let everybody in at her moment, and what falls due in between come due at its own."""
    while coming:
        due = db.session.scalar(
            select(Broadcast.due_at)
            .where(Broadcast.cohort_id == cohort, Broadcast.state.in_(("planned", "expanding")))
            .order_by(Broadcast.due_at)
            .limit(1)
        )
        before = [each for each in coming[:_STRETCH] if due is None or each.at < due]
        if before:
            _let_in(cohort, before)
            coming = coming[len(before) :]
        elif due is not None:
            _come_due(due)
    for moment in _moments(cohort, now):
        _come_due(moment)


def _let_in(cohort: int, coming: list[_Coming]) -> None:
    with transaction():
        public = db.session.scalars(select(Cohort.public_id).where(Cohort.id == cohort)).one()
        for number, each in enumerate(coming):
            who = each.person
            form = registrations.SignUp(who.name, who.email, who.profession, who.zone, "", _PAGE)
            registrations.sign_up(public, form, network=f"demo-{number}", per_network=1000, now=each.at)


def _moments(cohort: int, now: datetime) -> list[datetime]:
    due = select(Broadcast.due_at).where(
        Broadcast.cohort_id == cohort, Broadcast.state == "planned", Broadcast.due_at <= now
    )
    return sorted(set(db.session.scalars(due)))


def _come_due(moment: datetime) -> None:
    more = True
    while more:
        with transaction():
            more = broadcasts.expand_next(moment).more


def _move_the_last_noon(key: str, at: datetime) -> None:
    with transaction():
        cohort, last = sessions.find(key, "week-6")
        later = datetime.fromisoformat(last.wall_start) + timedelta(minutes=15)
        sessions.reschedule(cohort, last, later, last.minutes, actor=ACTOR, now=at)
    _come_due(at)


def _remember_sending(now: datetime, dice: random.Random) -> None:
    """Say of every mail that is due that it was sent a few seconds later."""
    with transaction():
        due = select(Delivery.id, Delivery.due_at).where(Delivery.state == "queued", Delivery.due_at <= now)
        sent = [
            {
                "id": id_,
                "state": "sent",
                "attempts": 1,
                "composed_at": due_at,
                "sent_at": min(due_at + timedelta(seconds=dice.uniform(1, 50)), now),
                "reply": f"250 2.0.0 Ok: queued as {dice.randrange(16**10):010X}",
            }
            for id_, due_at in db.session.execute(due)
        ]
        db.session.execute(update(Delivery), sent)


def _take_part(run: Run, now: datetime, dice: random.Random) -> None:
    with transaction():
        cohort = db.session.scalars(select(Cohort).where(Cohort.key == run.key)).one()
        people = db.session.execute(
            select(Registration.id, Registration.registered_at).where(
                Registration.cohort_id == cohort.id, Registration.state == State.CONFIRMED.value
            )
        ).all()
        keen = {id_: dice.random() for id_, _ in people}
        held = db.session.scalars(select(Session).where(Session.cohort_id == cohort.id)).all()
        _add(InviteReply, _answers(held, people, keen, now, dice))
        _add(AttendanceSegment, _joins([s for s in held if s.ends_at <= now], people, keen, dice))
        _add(Download, _downloads(cohort.id, people, keen, now, dice))


def _add(model: Any, rows: Iterator[dict[str, Any]]) -> None:
    if listed := list(rows):
        db.session.execute(insert(model), listed)


def _answers(
    held: Any, people: Any, keen: dict[int, float], now: datetime, dice: random.Random
) -> Iterator[dict[str, Any]]:
    """What calendars said about the next session and the one before; many never say anything."""
    coming = [session for session in held if session.ends_at > now][:1]
    past = [session for session in held if session.ends_at <= now][-1:]
    for session in (*past, *coming):
        for registration, registered_at in people:
            if dice.random() > 0.45 or registered_at > session.starts_at:
                continue
            weights = (6, 1, 2) if keen[registration] > 0.3 else (2, 4, 2)
            yield {
                "registration_id": registration,
                "session_id": session.id,
                "answer": dice.choices(("accepted", "declined", "tentative"), weights)[0],
                "sequence": session.revision,
                "replied_at": min(registered_at + timedelta(hours=dice.uniform(0.2, 30)), now),
            }


def _joins(held: Any, people: Any, keen: dict[int, float], dice: random.Random) -> Iterator[dict[str, Any]]:
    """The keen come more often, and every week a few fewer come."""
    for number, session in enumerate(held):
        for registration, registered_at in people:
            if registered_at > session.starts_at or keen[registration] < 0.25 + 0.11 * number + dice.gauss(0, 0.1):
                continue
            yield {
                "registration_id": registration,
                "session_id": session.id,
                "source": "join_button",
                "started_at": session.starts_at + timedelta(minutes=min(40, dice.gauss(-1, 6))),
            }


def _downloads(
    cohort: int, people: Any, keen: dict[int, float], now: datetime, dice: random.Random
) -> Iterator[dict[str, Any]]:
    out = db.session.execute(
        select(Drop.id, Drop.release_at, MaterialVersion.id)
        .join(DropMaterial, DropMaterial.drop_id == Drop.id)
        .join(MaterialVersion, MaterialVersion.material_id == DropMaterial.material_id)
        .where(Drop.cohort_id == cohort, Drop.release_at <= now)
        .order_by(Drop.release_at, MaterialVersion.id)
    ).all()
    for drop, release_at, version in out:
        for registration, registered_at in people:
            if keen[registration] < 0.35 + dice.gauss(0, 0.12):
                continue
            later = max(release_at, registered_at) + timedelta(hours=dice.expovariate(1 / 20))
            if later <= now:
                yield {
                    "registration_id": registration,
                    "drop_id": drop,
                    "material_version_id": version,
                    "downloaded_at": later,
                }


def _come_back(planned: list[Run], now: datetime) -> None:
    """A few addresses that are gone, a full mailbox, a complaint, and some whose seats are offered to the line."""
    running = planned[1].key
    last = _last_mails(running)
    gone, full, complaint = last[:_BOUNCES], last[_BOUNCES], last[_BOUNCES + 1]
    facts = [(delivery, "bounced_hard", _GONE) for delivery in gone]
    facts += [(full, "bounced_soft", _FULL), (complaint, "complained", "abuse")]
    with transaction():
        for (delivery, sent_at), kind, detail in facts:
            at = min(sent_at + timedelta(minutes=3), now)
            name = f"demo-{delivery}-{kind}"
            mail_events.record(MailEvent("mailbox", name, kind, at, detail, delivery=delivery), now=at)  # type: ignore[arg-type]
        for person, registration in _leavers(planned[2].key):
            registrations.cancel(person, registration, now=now - timedelta(minutes=15))
    _remember_sending(now, random.Random(3))  # noqa: S311  a demo needs no secrecy


def _last_mails(cohort: str) -> list[tuple[int, datetime]]:
    """The last mail to each of some people of a cohort, with when it was sent."""
    rows = db.session.execute(
        select(Delivery.id, Delivery.sent_at, Delivery.registration_id)
        .join(Registration, Registration.id == Delivery.registration_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Cohort.key == cohort, Delivery.state == "sent")
        .order_by(Delivery.sent_at.desc(), Delivery.id.desc())
    )
    last: dict[int, tuple[int, datetime]] = {}
    for id_, sent_at, registration in rows:
        if sent_at is not None and registration is not None:
            last.setdefault(registration, (id_, sent_at))
    return list(last.values())[7 :: len(last) // (_BOUNCES + 3)]


def _leavers(cohort: str) -> list[tuple[int, str]]:
    rows = db.session.execute(
        select(Person.id, Registration.public_id)
        .join(Registration, Registration.person_id == Person.id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .where(Cohort.key == cohort)
        .order_by(Registration.id)
    )
    return [(row[0], row[1]) for row in rows][3:60:11][:_LEAVERS]
