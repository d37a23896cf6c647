"""Deliveries nobody can compose (F12, F13): they stay in sight, and whatever comes behind them goes out."""

import time
from datetime import timedelta

import pytest
from figures import Figures
from hub_processes import until
from seeding import Hub
from smtp_server import SmtpServer
from sqlalchemy import select, update

from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.documents.email import Composer
from webinar_hub.documents.letters import Letter, Recipient
from webinar_hub.models import Person, Registration
from webinar_hub.rules.delivery import COMPOSE_ATTEMPTS, DEATHS
from webinar_hub.services import broadcasts, outbox


def enqueue_unknown(hub: Hub) -> None:
    """What a newer version wrote before it was rolled back: its kind means nothing here."""
    with hub.app.app_context(), transaction():
        registration = db.session.scalars(select(Registration.id).limit(1)).one()
        outbox.enqueue("poison", "kind_of_tomorrow", registration, now=clock.now())


def test_an_unknown_kind_is_kept_and_parked(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F13: tried again in case a deploy brings it back, in the end failed, never deleted; the others flow."""
    hub.people(20)
    enqueue_unknown(hub)
    hub.make_due()
    with hub.working():
        seconds = until(lambda: hub.sent() == 20)
        [row] = hub.deliveries(key="poison")
        assert (row.state, row.attempts) == ("queued", 1)
        assert "Cannot be composed" in row.reply
        while rows := hub.deliveries(state="queued"):
            hub.travel(rows[0].due_at)
            until(hub.settled)
    [row] = hub.deliveries(key="poison")
    assert (row.state, row.attempts) == ("failed", COMPOSE_ATTEMPTS)
    assert len(smtp.stored) == 20
    figures.note_mails("F13", "a kind nobody knows", hub, [smtp], seconds=seconds, limit=2)
    hub.check_invariants()


def test_a_template_that_raises_and_is_mended_costs_a_minute(
    hub: Hub, smtp: SmtpServer, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F12: one recipient's mail cannot be composed, nineteen can; after the next deploy hers goes out too."""
    hub.people(20)
    composer = hub.app.extensions["composer"]
    with monkeypatch.context() as patch:
        patch.setitem(hub.app.extensions, "composer", FailingFor("person7@example.net", composer))
        hub.make_due()
        with hub.working():
            until(hub.settled)
    assert hub.states() == {"sent": 19, "queued": 1}
    with hub.working():
        hub.travel(clock.now() + timedelta(minutes=2))
        until(hub.settled)
    assert hub.states() == {"sent": 20}
    assert len(smtp.stored) == 20
    hub.check_invariants()


class FailingFor:
    """The composer, with a template that breaks for one person."""

    def __init__(self, email: str, composer: Composer) -> None:
        self._email, self._composer = email, composer

    def compose(self, letter: Letter, recipient: Recipient) -> bytes:
        if recipient.email == self._email:
            raise ValueError("a template went wrong")
        return self._composer.compose(letter, recipient)


def test_a_mail_nobody_can_address_fails_at_once(hub: Hub, smtp: SmtpServer, figures: Figures) -> None:
    """F12: an address no server could take, however it got in, never leaves the house."""
    hub.people(5)
    with hub.app.app_context(), transaction() as session:
        session.execute(
            update(Person).where(Person.email == "person2@example.net").values(email="a@b> SIZE=1\r\nRCPT TO:<c@d")
        )
    hub.make_due()
    with hub.working():
        until(hub.settled)
    assert hub.sent() == 4
    assert len(hub.deliveries()) == 5
    figures.note("F12", "an address no server takes", lost=0, repeated=0)
    assert len(smtp.stored) == 4
    [row] = [row for row in hub.deliveries() if row.state != "sent"]
    assert row.state == "failed" or (row.state == "queued" and "Cannot be composed" in row.reply)
    hub.check_invariants()


def test_what_may_have_killed_its_senders_is_set_apart_and_tried_alone(hub: Hub, smtp: SmtpServer) -> None:
    """F12: after three deaths each mail of the batch waits for a time of its own, so the others soon get out."""
    emails = hub.people(5)
    hub.make_due()
    with hub.app.app_context():
        with transaction():
            assert broadcasts.expand_next(clock.now(), {}).deliveries == len(emails)
        for _ in range(DEATHS):
            with transaction():
                assert len(outbox.claim(100, lease=0.01, now=clock.now())) == len(emails)
            time.sleep(0.05)
    with hub.working():
        until(lambda: not any(row.lease_token for row in hub.deliveries(kind="reminder")))
        waiting = hub.deliveries(kind="reminder")
        assert {row.state for row in waiting} == {"queued"}
        assert {row.reply for row in waiting} == {f"Its sender died {DEATHS} times."}
        assert len({row.due_at for row in waiting}) == len(emails)
        assert smtp.stored == []
        hub.travel(clock.now() + timedelta(minutes=2))
        until(hub.settled)
    assert hub.states() == {"sent": len(emails)}
    hub.check_invariants()
