"""Mails to members of the staff: each is a notice in the outbox, with the link that it is about."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from webinar_hub.documents.notices import NoticeTemplates
from webinar_hub.models import Organizer
from webinar_hub.services import notices
from webinar_hub.services.notices import Envelope


@dataclass(frozen=True, slots=True)
class Post:
    """What every mail to staff needs: its words, the address it comes from, where the studio is."""

    templates: NoticeTemplates
    sender: str
    base: str

    def sent_by(self, *chosen: str) -> "Post":
        """The same from the first of these addresses that is one; from its own where all are ""."""
        return replace(self, sender=next(filter(None, chosen), self.sender))

    def link(self, token: str) -> str:
        """The page that a one-time link opens."""
        return f"{self.base}/studio/link/{token}"

    def sign_in(self) -> str:
        """The page on which staff sign in."""
        return f"{self.base}/studio/sign-in"


def send(
    post: Post,
    kind: str,
    organizer: Organizer,
    *,
    now: datetime,
    lives: timedelta | None = None,
    to: str = "",
    **facts: object,
) -> None:
    """Write one mail to her, or to another address of hers; without a sense after `lives` it is not sent late."""
    words = post.templates.render(kind, name=organizer.name, sign_in=post.sign_in(), lives=lives, **facts)
    envelope = Envelope(
        to_email=to or organizer.email, to_name=organizer.name, from_email=post.sender, from_name="Webinar Hub"
    )
    notices.write(kind, envelope, words, now=now, expires_at=now + lives if lives else None)
