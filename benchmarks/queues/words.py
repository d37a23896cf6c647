"""One of our own reminders, and its words as templates for the others, so that everybody sends the same mail."""

from dataclasses import dataclass
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path

from benchmarks.databases import sqlite
from benchmarks.installation import installed, make_due, register
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.queries import letters
from webinar_hub.services import broadcasts, outbox


@dataclass(frozen=True, slots=True)
class Words:
    """The finished mail, and its text and HTML with `{{ name }}`, `{{ me }}` and `{{ unsubscribe }}`."""

    mail: bytes
    text: str
    html: str

    def write(self, folder: Path) -> None:
        """Put them where the others look for them."""
        (folder / "mail.eml").write_bytes(self.mail)
        (folder / "reminder.txt").write_text(self.text, encoding="utf-8")
        (folder / "reminder.html").write_text(self.html, encoding="utf-8")


def words() -> Words:
    """From an installation made for that and thrown away."""
    with sqlite() as url, installed(url) as hub, hub.app.app_context():
        register(hub, 1)
        make_due(hub)
        with transaction():
            while broadcasts.expand_next(clock.now()).more:
                pass
            claimed = outbox.claim(1, lease=60, now=clock.now())
        letter, recipient = letters.batch(claimed, hub.app.extensions["hub"]).mail(claimed[0])
        content: bytes = hub.app.extensions["composer"].compose(letter, recipient)
    message = message_from_bytes(content, policy=policy.default)
    known = {recipient.me_link: "me", recipient.unsubscribe_link: "unsubscribe", recipient.name: "name"}
    return Words(content, *(_template(message, kind, known) for kind in ("plain", "html")))


def _template(message: EmailMessage, kind: str, known: dict[str, str]) -> str:
    part = message.get_body((kind,))
    assert isinstance(part, EmailMessage)
    text: str = part.get_content()
    for value, name in known.items():
        text = text.replace(value, f"{{{{ {name} }}}}")
    return text
