"""Plays the worker's part at a moment that stands still: expands what is due, sends it, reads what arrived."""

from dataclasses import dataclass
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default

from flask import Flask

from webinar_hub.adapters.mail import Accepted, Envelope, Outcome
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.documents.ics_reading import InviteInWords, invites_in_words
from webinar_hub.services import broadcasts, outbox
from webinar_hub.worker.breaker import Breaker
from webinar_hub.worker.drain import Desk, drain
from webinar_hub.worker.recorder import Recorder


class Post:
    """A way out that keeps what it accepts; `outcomes` are given first, then everything is accepted."""

    def __init__(self, *outcomes: Outcome) -> None:
        self.outcomes = list(outcomes)
        self.tried: list[Envelope] = []

    def send(self, envelope: Envelope) -> Outcome:
        self.tried.append(envelope)
        return self.outcomes.pop(0) if self.outcomes else Accepted("250 kept")

    def close(self) -> None:
        pass


@dataclass(frozen=True)
class Mail:
    """A mail as its reader sees it."""

    message: EmailMessage
    invites: list[InviteInWords]

    @property
    def subject(self) -> str:
        return str(self.message["Subject"])

    @property
    def text(self) -> str:
        body = self.message.get_body(("plain",))
        assert body is not None
        return str(body.get_content())


def read(envelope: Envelope) -> Mail:
    message = message_from_bytes(envelope.content, policy=default)
    assert isinstance(message, EmailMessage)
    calendars = [part for part in message.walk() if part.get_content_type() == "text/calendar"]
    found = [invite for part in calendars for invite in invites_in_words(part.get_payload(decode=True))]
    return Mail(message, found)


def desk(app: Flask) -> Desk:
    return Desk(
        composer=app.extensions["composer"],
        hub=app.extensions["hub"],
        recorder=Recorder(),
        breaker=Breaker(clock.monotonic),
        lease=45,
        mail_timeout=20,
        stopping=lambda: False,
    )


def deliver(app: Flask, post: Post | None = None) -> list[Mail]:
    """Bring everything due at this moment to an end; the mails that went out, in their order."""
    post = post or Post()
    write_out(app)
    while drain(app, desk(app), post, limit=20):
        pass
    return [read(envelope) for envelope in post.tried]


def write_out(app: Flask) -> None:
    """Bring what is due at this moment into the outbox, as the leader does."""
    with app.app_context():
        with transaction():
            broadcasts.miss_expired(clock.now())
            outbox.expire(clock.now())
        more = True
        while more:
            with transaction():
                more = broadcasts.expand_next(clock.now()).more
