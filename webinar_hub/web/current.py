"""What the running app offers to its pages, with types; app.py puts it into `app.extensions`."""

from collections.abc import Callable
from typing import cast

from flask import current_app, g, request

from webinar_hub.adapters.storage import Storage
from webinar_hub.core.config import Settings
from webinar_hub.core.links import Links
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents.notices import NoticeTemplates
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.house import KeptHouse
from webinar_hub.rules.devices import counted_as
from webinar_hub.rules.house import House
from webinar_hub.services.staff_letters import Post
from webinar_hub.services.voice import Voice


def settings() -> Settings:
    """The settings of this process."""
    return cast(Settings, current_app.extensions["settings"])


def links() -> Links:
    """Absolute links, built from the configured base."""
    return cast(Links, current_app.extensions["links"])


def tokens() -> Tokens:
    """Signs and reads personal links."""
    return cast(Tokens, current_app.extensions["tokens"])


def storage() -> Storage:
    """Where the files of materials lie."""
    return cast(Storage, current_app.extensions["storage"])


def hub() -> Hub:
    """What calendar entries say of this installation."""
    return cast(Hub, current_app.extensions["hub"]).of(house())


def kept_house() -> KeptHouse:
    """What this process knows of the owner's settings, to be told when they change."""
    return cast(KeptHouse, current_app.extensions["house"])


def house() -> House:
    """What the owner has set for the installation, a few seconds old at most; on an error page what was known."""
    return kept_house().known() if g.get("asks_nothing") else kept_house().now()


def ask_nothing_more() -> None:
    """The database may be what is wrong: have this request's answer do without it."""
    g.asks_nothing = True


def notice_templates() -> NoticeTemplates:
    """The words of mails to staff."""
    return cast(NoticeTemplates, current_app.extensions["notice_templates"])


def staff_post() -> Post:
    """What mails to staff need; they come from the owner's address, unless the operator has set one."""
    post = cast(Post, current_app.extensions["staff_post"])
    return post.sent_by(settings().mail_sender, house().sender_address)


def voice() -> Voice:
    """How notices to registrants, guests and presenters are written, as the owner has set it by now."""
    return cast(Callable[[], Voice], current_app.extensions["voice"])()


def network() -> str:
    """Where the request comes from, for limits; app.py decides how far forwarded headers are believed.

    Of an IPv6 address only its /64, which is what one household or one rented machine has of them (RFC 6177).
    """
    address = request.remote_addr or "unknown"
    return counted_as(address) if ":" in address else address
