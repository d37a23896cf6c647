"""Who is looking: the cookie that a personal link is exchanged for. It holds a person's id and nonce, no name.

The nonce is compared with the stored one at every request, so a new nonce ends all cookies at once.
"""

from flask import session

from webinar_hub.core import clock
from webinar_hub.core.errors import HubError
from webinar_hub.queries import me
from webinar_hub.web.current import settings

_KEY = "person"


class NotRecognised(HubError):
    """A personal page was asked for without a cookie that opens it."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            "This device does not know you yet. Your page opens with the personal link in our mails to you."
        )


def remember(person_id: int, nonce: str) -> None:
    """Keep who she is on this device, in a session of its own (ASVS 7.2.4)."""
    session.clear()
    session[_KEY] = [person_id, nonce]
    session.permanent = True


def forget() -> None:
    """Forget her on this device."""
    session.clear()


def known(person_id: int, nonce: str) -> int | None:
    """The person's id when this nonce still opens her pages, else None."""
    return me.person_for(person_id, nonce, link_days=settings().link_days, now=clock.now())


def recognised() -> int | None:
    """The id of the person this device belongs to, or None."""
    match session.get(_KEY):
        case [int(person_id), str(nonce)]:
            return known(person_id, nonce)
    return None


def required() -> int:
    """The id of the person this device belongs to. Raises NotRecognised."""
    person = recognised()
    if person is None:
        raise NotRecognised()
    return person
