"""The outbox, lived through at random by Hypothesis: whatever happens in whatever order, its invariants hold."""

from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest
import time_machine
from flask import Flask
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule, run_state_machine_as_test
from outbox_world import Received, World
from sqlalchemy import select, update

from tests.building import NOW
from tests.databases import Empty
from webinar_hub.app import CALENDAR_HOST, create_app
from webinar_hub.core import clock
from webinar_hub.core.config import read_settings
from webinar_hub.core.db import db, transaction
from webinar_hub.documents.calendar_session import session_uid
from webinar_hub.models import Delivery, Registration, Session
from webinar_hub.queries import health
from webinar_hub.services import broadcasts

PEOPLE = ("ann", "bea", "cleo")
SESSIONS = ("week-1", "week-2")
HOUR = timedelta(hours=1)
SERVER = st.sampled_from(("ok", "ok", "ok", "later", "never", "away", "dies before", "dies after"))


class OutboxMachine(RuleBasedStateMachine):
    """`world` is made by the test, new for each example."""

    world: World

    @initialize(people=st.lists(st.sampled_from(PEOPLE), unique=True))
    def some_are_there(self, people: list[str]) -> None:
        for person in people:
            self.world.sign_up(person)

    @rule(person=st.sampled_from(PEOPLE))
    def sign_up(self, person: str) -> None:
        self.world.sign_up(person)

    @rule(person=st.sampled_from(PEOPLE))
    def leave(self, person: str) -> None:
        self.world.leave(person)

    @rule(person=st.sampled_from(PEOPLE))
    def come_back(self, person: str) -> None:
        self.world.come_back(person)

    @rule(person=st.sampled_from(PEOPLE))
    def unsubscribe(self, person: str) -> None:
        self.world.unsubscribe(person)

    @rule(person=st.sampled_from(PEOPLE))
    def subscribe_again(self, person: str) -> None:
        self.world.subscribe(person)

    @rule(session=st.sampled_from(SESSIONS), hours=st.integers(1, 24 * 20))
    def reschedule(self, session: str, hours: int) -> None:
        self.world.reschedule(session, hours)

    @rule(session=st.sampled_from(SESSIONS))
    def cancel_session(self, session: str) -> None:
        self.world.cancel_session(session)

    @rule(minutes=st.integers(1, 180))
    def a_while_passes(self, minutes: int) -> None:
        self.world.pass_by(timedelta(minutes=minutes))

    @rule()
    def time_passes_to_the_next_thing_due(self) -> None:
        with self.world.looking():
            due = health.next_due()
        if due is not None and due > clock.now():
            self.world.pass_by(due - clock.now())

    @rule(days=st.integers(1, 6))
    def the_clock_jumps(self, days: int) -> None:
        self.world.pass_by(timedelta(days=days))

    @rule(minutes=st.integers(1, 120))
    def the_clock_jumps_back(self, minutes: int) -> None:
        self.world.pass_by(-timedelta(minutes=minutes))

    @rule(stretches=st.integers(1, 4))
    def the_leader_expands(self, stretches: int) -> None:
        self.world.ring(stretches)

    @rule(steps=st.lists(SERVER, max_size=4))
    def a_worker_sends(self, steps: list[str]) -> None:
        self.world.send(steps)

    @rule(person=st.sampled_from(PEOPLE), change=st.sampled_from(("leave", "unsubscribe", "come_back")))
    def somebody_changes_her_mind_while_mails_go_out(self, person: str, change: str) -> None:
        self.world.send([partial(getattr(self.world, change), person)])

    @rule(session=st.sampled_from(SESSIONS), hours=st.integers(1, 24 * 20))
    def a_session_moves_while_mails_go_out(self, session: str, hours: int) -> None:
        self.world.send([partial(self.world.reschedule, session, hours)])

    @rule(session=st.sampled_from(SESSIONS))
    def a_session_is_cancelled_while_mails_go_out(self, session: str) -> None:
        self.world.send([partial(self.world.cancel_session, session)])

    @rule()
    def another_worker_sends_while_mails_go_out(self) -> None:
        self.world.send([lambda: self.world.send() and None])

    @rule()
    def a_worker_freezes(self) -> None:
        self.world.freeze()

    @rule()
    def the_frozen_worker_goes_on(self) -> None:
        self.world.thaw()

    @rule()
    def leases_run_out(self) -> None:
        self.world.let_leases_run_out()

    @invariant()
    def rows_are_whole(self) -> None:
        self.world.check_rows()

    @invariant()
    def nothing_comes_twice_without_reason(self) -> None:
        self.world.check_copies()

    def teardown(self) -> None:
        """Let everything come to its end, and look whether everybody has got what she should."""
        if not hasattr(self, "world"):
            return
        # What was announced before the clock was put back goes out when it has caught up.
        self.world.pass_by(max(timedelta(0), self.world.latest - clock.now()))
        self.settle()
        self.everybodys_calendar_is_right()
        latest, awaited = self.world.latest, self.messages_ahead()
        self.play_to_the_end()
        self.everybody_was_told(latest, awaited)

    def settle(self) -> None:
        """Everything due goes out, by workers that live and to a server that takes it."""
        self.world.thaw()
        self.world.let_leases_run_out()
        with self.world.app.app_context(), transaction() as session:
            session.execute(update(Delivery).where(Delivery.state == "queued").values(due_at=clock.now()))
        self.finish()

    def finish(self) -> None:
        """Bring what is due at this moment to its end."""
        for _ in range(100):
            self.world.ring()
            self.world.send()
            if not self.world.unfinished():
                return
        raise AssertionError("it never ends")

    def refused(self) -> set[int]:
        """Registrations that some mail could not reach."""
        with self.world.looking():
            return set(db.session.scalars(select(Delivery.registration_id).where(Delivery.state == "failed")))

    def everybodys_calendar_is_right(self) -> None:
        """The highest SEQUENCE says how it is, and all that say it say the same: so the order does not matter."""
        entries: dict[str, list[Received]] = defaultdict(list)
        for received in self.world.received:
            for invite in received.mail.invites:
                entries[invite.uid].append(received)
        refused = self.refused()
        with self.world.looking():
            for hers in db.session.scalars(select(Registration)).all():
                for session in db.session.scalars(select(Session)).all():
                    if hers.id not in refused and self.world.latest < min(session.starts_at, session.ends_at):
                        uid = session_uid(session.public_id, hers.public_id, CALENDAR_HOST)
                        self.entry_is_right(entries[uid], hers, session)

    def entry_is_right(self, mails: list[Received], hers: Registration, session: Session) -> None:
        invites = [invite for received in mails for invite in received.mail.invites]
        highest = max((invite.revision for invite in invites), default=0)
        says = {(invite.method, invite.starts_at) for invite in invites if invite.revision == highest}
        if hers.state == "confirmed" and session.state == "scheduled":
            assert says == {("REQUEST", session.starts_at)}, story(mails, hers, session)
        else:
            assert {method for method, _ in says} <= {"CANCEL"}, story(mails, hers, session)

    def messages_ahead(self) -> list[tuple[str, int, int, datetime]]:
        """What is still to come for everybody who wants it: kind, session, registration, moment."""
        with self.world.looking():
            coming = select(Registration).where(
                Registration.state == "confirmed", Registration.reminders_off_at.is_(None)
            )
            people = db.session.scalars(coming).all()
            ahead = db.session.scalars(select(Session).where(Session.state == "scheduled")).all()
            kinds = [("live", timedelta(0), timedelta(0)), ("reminder", HOUR, HOUR)]
            return [
                (kind, session.id, hers.id, session.starts_at - lead)
                for session in ahead
                for hers in people
                for kind, lead, too_fresh in kinds
                if session.starts_at - lead > self.world.latest
                and hers.registered_at <= session.starts_at - lead - too_fresh
            ]

    def play_to_the_end(self) -> None:
        """Live on from one thing due to the next until nothing is left."""
        for _ in range(300):
            self.finish()
            with self.world.looking():
                due = health.next_due()
            if due is None:
                return
            self.world.pass_by(max(due - clock.now(), timedelta(0)))
        raise AssertionError("it never ends")

    def everybody_was_told(self, latest: datetime, awaited: list[tuple[str, int, int, datetime]]) -> None:
        with self.world.looking():
            rows = db.session.scalars(select(Delivery).where(Delivery.kind.in_(("live", "reminder")))).all()
            got = {
                (row.kind, row.session_id, row.registration_id, row.due_at)
                for row in rows
                if row.state in ("sent", "failed") and row.due_at > latest
            }
            assert set(awaited) <= got, set(awaited) - got
            confirmed = set(db.session.scalars(select(Registration.id).where(Registration.state == "confirmed")))
            told = set(db.session.scalars(select(Delivery.registration_id).where(Delivery.kind == "confirmation")))
            assert confirmed <= told
            assert not {"queued", "sending"} & set(db.session.scalars(select(Delivery.state)))


def story(mails: list[Received], hers: Registration, session: Session) -> str:
    """How a calendar came to be wrong: her deliveries, and what she received about the session."""
    lines = [
        f"now {clock.now():%d %H:%M}, she is {hers.state}, {session.key} is {session.state} {session.starts_at}"
    ]
    rows = select(Delivery).where(Delivery.registration_id == hers.id).order_by(Delivery.id)
    lines += [f"{row.key}: {row.state} {row.sent_at} {row.reply}" for row in db.session.scalars(rows)]
    received = [(mail.at, mail.key, invite) for mail in mails for invite in mail.mail.invites]
    lines += [f"{at:%d %H:%M} {key}: {i.method} {i.revision} {i.starts_at}" for at, key, i in received]
    return "\n".join(lines)


@pytest.fixture
def app_on(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[tuple[Flask, Empty]]:
    """The app on the database the test names, and what empties that."""
    # So few that one broadcast takes several transactions.
    monkeypatch.setattr(broadcasts, "STRETCH", 2)
    empty: Empty = request.getfixturevalue(request.param)
    chosen = read_settings(
        data_folder=tmp_path / "data", database_url=empty(tmp_path), base_url="http://localhost",
        secret_key="only for tests", mail="mailbox:", log_level="error",
    )  # fmt: skip
    app = create_app(chosen)
    yield app, empty
    with app.app_context():
        db.engine.dispose()


@pytest.mark.parametrize(
    ("app_on", "examples"),
    [
        ("sqlite", 6),
        pytest.param("sqlite", 100, marks=pytest.mark.faults),
        pytest.param("postgresql", 20, marks=pytest.mark.faults),
    ],
    indirect=["app_on"],
)
def test_whatever_happens_the_outbox_keeps_its_promises(
    app_on: tuple[Flask, Empty], examples: int, tmp_path: Path
) -> None:
    """Every fault of the matrix that one process can play, in any order; without `faults` always the same runs."""
    app, empty = app_on
    quick = examples < 20

    with time_machine.travel(NOW, tick=False) as traveller:

        def new() -> OutboxMachine:
            with app.app_context():
                db.engine.dispose()
            empty(tmp_path)
            machine = OutboxMachine()
            machine.world = World(app, traveller, tmp_path)
            return machine

        run_state_machine_as_test(
            new,
            settings=settings(
                max_examples=examples, stateful_step_count=30, deadline=None, derandomize=quick, print_blob=True,
                database=None if quick else settings.default.database,
                phases=[Phase.explicit, Phase.reuse, Phase.generate],
                suppress_health_check=list(HealthCheck),
            ),
        )  # fmt: skip
