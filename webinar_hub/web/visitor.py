"""Who is looking: the cookie that a personal link is exchanged for. It holds a person's id and nonce, no name.

The nonce is compared with the stored one at every request, so a new nonce ends all cookies at once.
"""

from flask import g, request, session

from webinar_hub.core import clock, language
from webinar_hub.core.errors import HubError
from webinar_hub.core.language import gettext as _
from webinar_hub.queries import me
from webinar_hub.web.current import settings

_KEY = "person"
# What a sign-in to the studio keeps in the same cookie (`studio/browsers.py`): its own list says when it ends.
_OF_THE_STAFF = ("sign_in", "_user_id", "_fresh", "fs_cc", "fs_paa", "fs_gexp")


class NotRecognized(HubError):
    """A personal page was asked for without a cookie that opens it."""

    status = 403

    def __init__(self) -> None:
        super().__init__(
            _("This device does not know you yet. Your page opens with the personal link in our mails to you.")
        )


def remember(person_id: int, nonce: str) -> None:
    """Keep who she is on this device, in a session of its own (ASVS 7.2.4).

    Whoever is signed in to the studio stays so: an organizer opens the link in her own confirmation.
    """
    _clear()
    session[_KEY] = [person_id, nonce]
    session.permanent = True


def forget() -> None:
    """Forget her on this device; a sign-in to the studio ends in the studio."""
    _clear()


def _clear() -> None:
    kept = {name: session[name] for name in _OF_THE_STAFF if name in session}
    session.clear()
    session.update(kept)


def known(person_id: int, nonce: str) -> int | None:
    """The person's id when this nonce still opens her pages, else None; the page then speaks her language."""
    found = me.person_for(person_id, nonce, link_days=settings().link_days, now=clock.now())
    if found is None:
        return None
    person, code = found
    language.speak(code)
    g.language_is_hers = True
    return person


def speaks(code: str) -> None:
    """Have a page that a link in a mail opens speak her language, unless its address names another."""
    if request.args.get("lang") not in language.languages():
        language.speak(code)


def recognized() -> int | None:
    """The id of the person this device belongs to, or None."""
    match session.get(_KEY):
        case [int(person_id), str(nonce)]:
            return known(person_id, nonce)
    return None


def required() -> int:
    """The id of the person this device belongs to. Raises NotRecognized."""
    person = recognized()
    if person is None:
        raise NotRecognized()
    g.acted_as = person
    return person
