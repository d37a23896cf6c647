"""Three people and what each may see: Ann is registered, Bea is registered in another cohort, Cleo is a stranger.

Every personal page has a test in which Ann comes in and the other two are refused. What they are registered for is
built next door (building.py); their links are read from the mails they were really sent.
"""

import re
from dataclasses import dataclass
from pathlib import Path

from flask import Flask
from flask.testing import FlaskClient

from tests.building import KEY, given_cohort, sign_up
from webinar_hub.adapters.mail.eml import MailboxMessage
from webinar_hub.adapters.mail.mailbox import Mailbox
from webinar_hub.adapters.mail.opening import open_transport
from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.core.db import transaction
from webinar_hub.services import broadcasts
from webinar_hub.worker.breaker import Breaker
from webinar_hub.worker.drain import Desk, drain
from webinar_hub.worker.recorder import Recorder


@dataclass(frozen=True, slots=True)
class Person:
    """Somebody as the sign-up form knows her."""

    name: str
    email: str


ANN = Person("Ann Lee", "ann@x.example")
BEA = Person("Bea Moss", "bea@x.example")
CLEO = Person("Cleo Park", "cleo@x.example")

# Bea's cohort belongs to another webinar and another year.
BEAS_COHORT = {
    f'key = "{KEY}"': 'key = "spring"',
    'slug = "baby-massage"': 'slug = "feeding"',
    'title = "Tuesday evenings"': 'title = "Spring evenings"',
    "first = 2026-12-08T19:00:00": "first = 2027-04-06T19:00:00",
    "releases = 2026-12-12T08:00:00": "releases = 2027-04-10T08:00:00",
}


class People:
    """Ann and Bea after they have signed up and got their confirmations; Cleo has done nothing."""

    def __init__(self, app: Flask, folder: Path) -> None:
        self._app = app
        self.anns_cohort = given_cohort(app, folder)
        self.beas_cohort = given_cohort(app, folder, BEAS_COHORT)
        sign_up(app, self.anns_cohort, ANN.email, ANN.name)
        sign_up(app, self.beas_cohort, BEA.email, BEA.name)
        send_what_is_due(app)

    def link(self, person: Person) -> str:
        """The path of her personal link, from the newest of her mails."""
        found = re.search(r"/me/[^/\s]+", mails_to(self._app, person)[0].text)
        assert found, f"no personal link in the mail to {person.name}"
        return found[0]

    def browser(self, person: Person) -> FlaskClient:
        """A browser in which she has followed her link; a stranger has none to follow."""
        client = self._app.test_client()
        if person != CLEO:
            assert client.get(self.link(person)).status_code == 303
        return client


def mails_to(app: Flask, person: Person) -> list[MailboxMessage]:
    """What she was sent, newest first."""
    settings: Settings = app.extensions["settings"]
    mailbox = Mailbox(settings.mailbox_folder)
    return [mailbox.read(entry.id) for entry in mailbox.list() if person.email in entry.to]


def send_what_is_due(app: Flask) -> None:
    """Do a worker's work in this thread until nothing is due at the present moment."""
    settings: Settings = app.extensions["settings"]
    desk = Desk(
        composer=app.extensions["composer"],
        hub=app.extensions["hub"],
        recorder=Recorder(),
        breaker=Breaker(clock.monotonic),
        lease=settings.lease,
        mail_timeout=settings.mail_timeout,
        stopping=lambda: False,
    )
    with app.app_context():
        while _expand():
            pass
    transport = open_transport(settings.mail_address)
    while drain(app, desk, transport, limit=50):
        pass
    transport.close()


def _expand() -> bool:
    with transaction():
        return broadcasts.expand_next(clock.now()).more
