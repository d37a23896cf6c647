"""The morning's digest (FEATURES E7): what waits for each organizer, by mail at seven on her own clock."""

from datetime import datetime, timedelta

from flask import Flask

from webinar_hub.documents.notices import NoticeTemplates
from webinar_hub.queries import digests as queries
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.digests import Digest
from webinar_hub.queries.doctor import organizers
from webinar_hub.queries.house import KeptHouse
from webinar_hub.services import notices

# At noon it would speak of a morning that is over.
_LIFE = timedelta(hours=5)


def write_due(app: Flask, now: datetime) -> int:
    """Write the digests whose morning has come, in the transaction under way; how many.

    Called by the leader every ten minutes: what was written is known by its key, so nobody is written to twice.
    Whoever has nothing to be told is looked at again until her morning is over.
    """
    house: KeptHouse = app.extensions["house"]
    hub: Hub = app.extensions["hub"].of(house.now())
    written = 0
    for who in queries.due(now):
        digest = queries.digest(who, now)
        # Without a sender of the installation it comes from the address that the cohorts' mails come from.
        sender = hub.sender or next(iter(organizers()), "")
        if digest.says_something and sender:
            _write(app, digest, sender, now)
            written += 1
    return written


def _write(app: Flask, digest: Digest, sender: str, now: datetime) -> None:
    templates: NoticeTemplates = app.extensions["notice_templates"]
    hub: Hub = app.extensions["hub"]
    words = templates.render("digest", digest=digest, studio=f"{hub.links.base}/studio/today")
    envelope = notices.Envelope(to_email=digest.who.email, to_name=digest.who.name, from_email=sender)
    notices.write("digest", envelope, words, now=now, key=digest.key, expires_at=now + _LIFE)
