"""How notices to registrants, guests and presenters are written: their words, their links, whom they come from."""

from dataclasses import dataclass

from webinar_hub.core.links import Links
from webinar_hub.documents.notices import NoticeTemplates


@dataclass(frozen=True, slots=True, kw_only=True)
class Voice:
    """What each needs of the installation; `host` ends UIDs, `service` is its name.

    `sender`, `from_name` and `reply_to` may be "": then the organizer's own stand there, and where no organizer is
    known, the address `fallback`.
    """

    templates: NoticeTemplates
    links: Links
    host: str
    service: str
    sender: str
    from_name: str
    reply_to: str
    fallback: str
