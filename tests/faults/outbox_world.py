"""A world for the outbox: people, an organizer, workers that die, a mail server that remembers; all at will.

It plays in one thread on a clock that stands still until it is moved. `test_outbox_machine.py` plays it at random.
"""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path

from flask import Flask
from sqlalchemy import select, text, update
from time_machine import Traveller

from tests import building
from tests.delivering import Mail, desk, read
from webinar_hub.adapters.mail import Accepted, Deferred, Envelope, Outcome, Refused, Unreachable
from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.errors import HubError
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Delivery, Person, Registration, Session
from webinar_hub.queries import health, letters
from webinar_hub.rules.calendar_mail import CANCELS
from webinar_hub.rules.delivery import Claimed, topic_of
from webinar_hub.services import broadcasts, outbox, preferences, registrations, sessions
from webinar_hub.services.outbox import Result
from webinar_hub.worker.drain import drain

BATCH = 4
# Said about one time of one session: pointless as soon as that has changed.
ABOUT_A_TIME = ("reminder", "live", "invite", "session_changed", "session_added")

Step = str | Callable[[], None]
"""What the server does with a mail: ok, later, never, away, dies before or dies after; or a change meanwhile."""


class Crash(BaseException):
    """The worker's process ends here: no except clause, no clean-up of ours sees it."""


@dataclass(frozen=True, slots=True)
class Received:
    """A mail the server took. `changes` counts the changes its sender could know of."""

    key: str
    recipient: str
    at: datetime
    changes: int
    content: bytes
    mail: Mail


@dataclass(slots=True)
class Held:
    """A mail in the hands of a worker that stands still, composed and not yet sent."""

    item: Claimed
    envelope: Envelope
    changes: int


@dataclass(slots=True)
class World:
    """One installation with its people; every verb of theirs is a method."""

    app: Flask
    traveller: Traveller
    folder: Path
    cohort: str = ""
    received: list[Received] = field(default_factory=list)
    # How often each key may have come once more: its sender died after the server had taken it.
    excused: Counter[str] = field(default_factory=Counter)
    held: list[Held] = field(default_factory=list)
    changes: int = 0
    latest: datetime = building.NOW

    def __post_init__(self) -> None:
        self.traveller.move_to(building.NOW)
        self.cohort = building.given_cohort(self.app, self.folder)

    @contextmanager
    def looking(self) -> Iterator[None]:
        """A look of its own at what is committed, also while a worker is in the middle of something."""
        with self.app.app_context():
            yield
            db.session.remove()

    @contextmanager
    def changing(self) -> Iterator[None]:
        """One request: committed as a whole, or refused in words."""
        self.changes += 1
        with suppress(HubError), self.app.app_context(), transaction():
            yield

    # What people do.

    def sign_up(self, person: str) -> None:
        with suppress(HubError):
            self.changes += 1
            building.sign_up(self.app, self.cohort, f"{person}@x.example", person)

    def registration(self, person: str) -> Registration | None:
        return db.session.scalars(
            select(Registration).join(Person, Person.id == Registration.person_id).where(Person.name == person)
        ).first()

    def leave(self, person: str) -> None:
        with self.changing():
            if row := self.registration(person):
                registrations.cancel(row.person_id, row.public_id, now=clock.now())

    def come_back(self, person: str) -> None:
        with self.changing():
            if row := self.registration(person):
                registrations.come_back(row.person_id, row.public_id, now=clock.now())

    def unsubscribe(self, person: str) -> None:
        with self.changing():
            if row := self.registration(person):
                tokens: Tokens = self.app.extensions["tokens"]
                preferences.unsubscribe(tokens, tokens.sign("unsubscribe", row.id, row.nonce), now=clock.now())

    def subscribe(self, person: str) -> None:
        with self.changing():
            if row := self.registration(person):
                tokens: Tokens = self.app.extensions["tokens"]
                link = tokens.sign("unsubscribe", row.id, row.nonce)
                preferences.unsubscribe(tokens, link, now=clock.now(), reminders=True, bonuses=True)

    # What the organizer does.

    def reschedule(self, session: str, hours: int) -> None:
        with self.changing():
            cohort, row = sessions.find(building.KEY, session)
            wall = (clock.now() + timedelta(hours=hours)).replace(minute=0, second=0, microsecond=0, tzinfo=None)
            sessions.reschedule(cohort, row, wall, 60, actor="test", now=clock.now())
        self._ring_if_put_back()

    def cancel_session(self, session: str) -> None:
        with self.changing():
            sessions.cancel(*sessions.find(building.KEY, session), actor="test", now=clock.now())
        self._ring_if_put_back()

    def _ring_if_put_back(self) -> None:
        # Once a clock that was put back has caught up, nobody can tell who came before an announcement.
        if clock.now() < self.latest:
            self.ring()

    # What time does.

    def pass_by(self, span: timedelta) -> None:
        """Let time go on, or jump back where the span is negative."""
        self.traveller.move_to(clock.now() + span)
        self.latest = max(self.latest, clock.now())

    def let_leases_run_out(self) -> None:
        """Every worker that holds something has been silent for too long, on the database's own clock."""
        with self.app.app_context(), transaction() as session:
            long_ago = building.NOW - timedelta(days=1)
            session.execute(update(Delivery).where(Delivery.state == "sending").values(lease_until=long_ago))

    # What workers do.

    def ring(self, stretches: int = 100) -> None:
        """What the clock's ring does: give up what is pointless, write out what is due, so many stretches of it."""
        with self.app.app_context():
            with transaction():
                broadcasts.miss_expired(clock.now())
                outbox.expire(clock.now())
            for _ in range(stretches):
                with transaction():
                    if not broadcasts.expand_next(clock.now()).more:
                        return

    def send(self, steps: Sequence[Step] = ()) -> int:
        """One worker drains one batch against a server that does `steps`, then takes everything."""
        with suppress(Crash):
            return drain(self.app, desk(self.app), Server(self, list(steps), self.changes), limit=BATCH)
        return BATCH

    def freeze(self) -> None:
        """A worker claims and composes, and then stands still."""
        with self.app.app_context():
            with transaction():
                claimed = outbox.claim(2, lease=45, now=clock.now())
            batch = letters.batch(claimed, self.app.extensions["hub"])
            for item in claimed:
                with suppress(letters.NothingToSay):
                    letter, recipient = batch.mail(item)
                    content = self.app.extensions["composer"].compose(letter, recipient)
                    envelope = Envelope(letter.from_address, recipient.email, content, item.key)
                    self.held.append(Held(item, envelope, self.changes))

    def thaw(self) -> None:
        """It goes on where it stood: what it had on the wire arrives, and it says so."""
        for held in self.held:
            self.excused[held.item.key] += 1
            self.keep(held.envelope, held.changes)
            with self.app.app_context(), transaction():
                outbox.record([Result(held.item, "sent", "250 at last")], now=clock.now())
        self.held.clear()

    def keep(self, envelope: Envelope, changes: int) -> None:
        """The server takes a mail."""
        self.received.append(
            Received(envelope.reference, envelope.recipient, clock.now(), changes, envelope.content, read(envelope))
        )

    # What must hold.

    def demand_sensible(self, envelope: Envelope) -> None:
        """Nobody is sent what she has ended or given back, nor anything about a time that is not so any more."""
        with self.looking():
            row = db.session.scalars(select(Delivery).where(Delivery.key == envelope.reference)).one()
            hers = db.session.get(Registration, row.registration_id)
            session = db.session.get(Session, row.session_id) if row.session_id else None
            assert hers is not None
            assert hers.state == "confirmed" or row.kind in CANCELS, ("she left", row.key)
            off = {"reminders": hers.reminders_off_at, "bonuses": hers.bonuses_off_at}
            assert off.get(topic_of(row.kind)) is None, ("she has ended these", row.key)
            assert row.expires_at is None or clock.now() < row.expires_at, ("too late", row.key)
            if session is None or row.kind not in ABOUT_A_TIME:
                return
            assert session.state == "scheduled", ("of a cancelled session", row.key)
            assert row.kind != "reminder" or clock.now() < session.starts_at, ("it has begun", row.key)
            for invite in read(envelope).invites:
                assert invite.starts_at == session.starts_at, ("the old time", row.key)

    def unfinished(self) -> bool:
        with self.looking():
            return health.unfinished(clock.now())

    def check_rows(self) -> None:
        """Every row in one state, whole, and no more attempts than it was claimed."""
        with self.looking():
            rows = db.session.scalars(select(Delivery)).all()
            keys = [row.key for row in rows]
            assert len(set(keys)) == len(keys)
            for row in rows:
                assert (row.state == "sending") <= (row.lease_until is not None), row.key
                assert row.state != "sent" or (row.sent_at and row.reply and not row.lease_token), row.key
                assert row.attempts >= 0, row.key
            if db.engine.dialect.name == "sqlite":
                assert db.session.execute(text("PRAGMA foreign_key_check")).all() == []

    def check_copies(self) -> None:
        """What came twice was excused, and is the same to the byte unless something changed between."""
        for key, number in Counter(received.key for received in self.received).items():
            assert number <= 1 + self.excused[key], key
            copies = [received for received in self.received if received.key == key]
            assert len({str(copy.mail.message["Message-ID"]) for copy in copies}) == 1, key
            assert len({(copy.changes, copy.content) for copy in copies}) == len({c.changes for c in copies}), key


@dataclass(slots=True)
class Server:
    """The mail server as one worker's connection meets it."""

    world: World
    steps: list[Step]
    changes: int

    def send(self, envelope: Envelope) -> Outcome:
        self.world.demand_sensible(envelope)
        step = self.steps.pop(0) if self.steps else "ok"
        if callable(step):
            step()
        if step == "dies before":
            raise Crash
        if step == "away":
            return Unreachable("connection refused")
        if step == "later":
            return Deferred("450 later")
        if step == "never":
            return Refused("550 no such user")
        self.world.keep(envelope, self.changes)
        if step == "dies after":
            self.world.excused[envelope.reference] += 1
            raise Crash
        return Accepted("250 kept")

    def close(self) -> None:
        pass
