"""A session moves, or somebody leaves, while mails are queued and on the wire (F23, F24)."""

import re
import threading
from collections.abc import Callable
from email import message_from_bytes

import pytest
from figures import Figures
from hub_processes import until
from seeding import DAY, KEY, Hub
from smtp_server import SmtpServer, Stored
from sqlalchemy import select

from webinar_hub.core import clock
from webinar_hub.core.db import db, transaction
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Person, Registration
from webinar_hub.services import broadcasts, preferences, registrations, sessions

CONNECTIONS = 2


def reschedule(hub: Hub) -> None:
    """Move the first session by a day."""
    with hub.app.app_context(), transaction():
        cohort, session = sessions.find(KEY, "week-1")
        later = (session.starts_at + DAY).replace(tzinfo=None)
        sessions.reschedule(cohort, session, later, 60, actor="test", now=clock.now())


def her_registration(email: str) -> Registration:
    """The registration of the person with this address."""
    return db.session.scalars(
        select(Registration).join(Person, Person.id == Registration.person_id).where(Person.email == email)
    ).one()


def unsubscribe(hub: Hub, email: str) -> None:
    """Follow the unsubscribe link of this person."""
    with hub.app.app_context(), transaction():
        row = her_registration(email)
        tokens: Tokens = hub.app.extensions["tokens"]
        preferences.unsubscribe(tokens, tokens.sign("unsubscribe", row.id, row.nonce), now=clock.now())


def leave(hub: Hub, email: str) -> None:
    """Give this person's place back."""
    with hub.app.app_context(), transaction():
        row = her_registration(email)
        registrations.cancel(row.person_id, row.public_id, now=clock.now())


def cancel_session(hub: Hub) -> None:
    """Cancel the first session."""
    with hub.app.app_context(), transaction():
        sessions.cancel(*sessions.find(KEY, "week-1"), actor="test", now=clock.now())


@pytest.mark.parametrize(
    ("change", "kind"), [(reschedule, "session_changed"), (cancel_session, "session_cancelled")]
)
def test_after_a_change_nothing_old_begins(
    hub: Hub, smtp: SmtpServer, figures: Figures, change: Callable[[Hub], None], kind: str
) -> None:
    """F23: while one mail is at RCPT the session moves; only what was on the wire still tells the old time."""
    people = 30
    hub.people(people)
    hub.make_due()
    stored_before: list[int] = []

    def change_now() -> None:
        change(hub)
        stored_before.append(len(smtp.stored))

    smtp.at("rcpt", change_now, skip=4)
    hub.change(connections=CONNECTIONS)
    with hub.working():
        until(lambda: stored_before)
        until(hub.settled)
    reminders = [message for message in smtp.stored if ":reminder:" in message.key]
    assert len(reminders) <= stored_before[0] + CONNECTIONS
    assert len(reminders) == hub.sent()
    assert hub.states()["cancelled"] == people - len(reminders)
    assert hub.states(kind) == {"sent": people}
    assert max(map(sequence, reminders)) < min(
        sequence(message) for message in smtp.stored if f":{kind}:" in message.key
    )
    figures.note_mails("F23", f"{kind} while reminders go out", hub, [smtp])
    hub.check_invariants()


def sequence(message: Stored) -> int:
    """The SEQUENCE of the invite in a mail."""
    parts = message_from_bytes(message.content).walk()
    [text] = [part.get_payload(decode=True) for part in parts if part.get_content_type() == "text/calendar"]
    found = re.search(rb"SEQUENCE:(\d+)", text)
    assert found
    return int(found[1])


@pytest.mark.parametrize("change", [unsubscribe, leave])
def test_who_leaves_while_her_reminder_waits_does_not_get_it(
    hub: Hub, smtp: SmtpServer, figures: Figures, change: Callable[[Hub, str], None]
) -> None:
    """F24: claimed already, not begun yet: nothing is sent to her after the commit."""
    emails = hub.people(20)
    hub.make_due()
    smtp.at("rcpt", lambda: change(hub, emails[15]), recipient=emails[5])
    hub.change(connections=1)
    with hub.working():
        until(hub.settled)
    reminded = [message.recipient for message in smtp.stored if ":reminder:" in message.key]
    assert sorted(reminded) == sorted(set(emails) - {emails[15]})
    figures.note_mails("F24", f"{change.__name__} while the reminder waits", hub, [smtp])
    hub.check_invariants()


def test_a_change_made_while_the_audience_is_written_out_is_not_overlooked(hub: Hub, smtp: SmtpServer) -> None:
    """F23: the reminders are in the outbox but not committed when the session moves."""
    hub.people(10)
    hub.make_due()
    during_expansion(hub, lambda: reschedule(hub))
    with hub.working():
        until(hub.settled)
    assert [message for message in smtp.stored if ":reminder:" in message.key] == []


def test_leaving_while_the_audience_is_written_out_is_not_overlooked(hub: Hub, smtp: SmtpServer) -> None:
    """F24: her reminder is in the outbox but not committed when she unsubscribes."""
    emails = hub.people(10)
    hub.make_due()
    during_expansion(hub, lambda: unsubscribe(hub, emails[3]))
    with hub.working():
        until(hub.settled)
    assert emails[3] not in {message.recipient for message in smtp.stored}


def during_expansion(hub: Hub, change: Callable[[], None]) -> None:
    """Expand what is due, and begin `change` in another thread before that is committed."""
    other = threading.Thread(target=change)
    with hub.app.app_context(), transaction():
        assert broadcasts.expand_next(clock.now()).more
        other.start()
        # On SQLite it has to wait for us; on PostgreSQL it may be over by now.
        other.join(0.5)
    other.join(20)
    assert not other.is_alive()
