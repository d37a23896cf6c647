"""What a person wants to be sent, and the details she may correct herself."""

from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update

from webinar_hub.core import language
from webinar_hub.core.db import db
from webinar_hub.core.errors import Invalid, NotFound
from webinar_hub.core.language import gettext as _
from webinar_hub.core.search_words import search_text
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Consent, Delivery, Person, Registration
from webinar_hub.rules.delivery import TOPICS
from webinar_hub.rules.zones import UnknownZone, zone
from webinar_hub.services import audit, consents, outbox

_ENDED = tuple(kind for kind, topic in TOPICS.items() if topic in ("reminders", "bonuses"))


def unsubscribe(
    tokens: Tokens, token: str, *, now: datetime, reminders: bool = False, bonuses: bool = False
) -> None:
    """Do what an unsubscribe link asks: end what is not kept, at once (RFC 8058). Raises NotFound.

    Service mails (a moved session, a cancellation) still come: she keeps her place.
    """
    row = by_unsubscribe_token(tokens, token)
    _choose(row, reminders=reminders, bonuses=bonuses, now=now)


def unsubscribe_from_news(tokens: Tokens, token: str, *, now: datetime) -> None:
    """End the news of whoever this link belongs to, at once. Raises NotFound."""
    consents.end_news(by_unsubscribe_token(tokens, token).person_id, now=now)


def by_unsubscribe_token(tokens: Tokens, token: str) -> Registration:
    """The registration an unsubscribe link belongs to. Raises NotFound for every other text."""
    parts = tokens.read("unsubscribe", token, (int, str))
    row = db.session.get(Registration, parts[0]) if parts else None
    if row is None or parts is None or row.nonce != parts[1]:
        raise NotFound()
    return row


def _choose(row: Registration, *, reminders: bool, bonuses: bool, now: datetime) -> None:
    row.reminders_off_at = None if reminders else row.reminders_off_at or now
    if bonuses != (row.bonuses_off_at is None):
        consents.choose_bonuses(row.person_id, [row.id], wanted=bonuses, page="/unsubscribe", now=now)
    row.bonuses_off_at = None if bonuses else row.bonuses_off_at or now
    wanted = {"reminders": reminders, "bonuses": bonuses}
    unwanted = [kind for kind, topic in TOPICS.items() if not wanted.get(topic, True)]
    if unwanted:
        outbox.cancel(Delivery.registration_id == row.id, Delivery.kind.in_(unwanted))
    audit.note(f"person:{row.person_id}", "topics.chosen", f"registration:{row.id}", now=now, **wanted)


def _withdraw_bonuses(*whose: ColumnElement[bool], now: datetime) -> None:
    """Note on record that what was agreed to holds no longer; the words stay."""
    valid = (Consent.topic == "bonuses", Consent.withdrawn_at.is_(None))
    db.session.execute(update(Consent).where(*valid, *whose).values(withdrawn_at=now))


def end_topics(person: int, *, now: datetime, registration: int | None = None) -> None:
    """End all reminders and bonuses of a person, or of one registration of hers, because she said so by mail.

    Whoever ends them everywhere wants no news either.
    """
    if registration is None:
        consents.end_news(person, now=now)
    hers = [Registration.person_id == person]
    if registration is not None:
        hers.append(Registration.id == registration)
    moment = Registration.reminders_off_at.type
    db.session.execute(
        update(Registration)
        .where(*hers)
        .values(
            reminders_off_at=func.coalesce(Registration.reminders_off_at, now, type_=moment),
            bonuses_off_at=func.coalesce(Registration.bonuses_off_at, now, type_=moment),
        )
        .execution_options(synchronize_session=False)
    )
    _withdraw_bonuses(Consent.registration_id.in_(select(Registration.id).where(*hers)), now=now)
    outbox.cancel(Delivery.registration_id.in_(select(Registration.id).where(*hers)), Delivery.kind.in_(_ENDED))
    audit.note(f"person:{person}", "topics.ended", f"registration:{registration or 'all'}", now=now)


def choose_language(person: int, code: str, *, now: datetime) -> None:
    """Have her pages and mails speak this language from now on. Raises Invalid where there is no such."""
    if code not in language.languages():
        raise Invalid("language", _("Choose your language from the list."))
    row = db.session.scalars(select(Person).where(Person.id == person)).one()
    if row.language != code:
        audit.note(
            f"person:{person}", "language.chosen", f"person:{person}", now=now,
            before={"language": row.language}, after={"language": code},
        )  # fmt: skip
        row.language = code


def change_details(
    person: int, *, name: str, profession: str, zone_name: str, now: datetime, code: str = ""
) -> None:
    """Correct her name, profession, zone and the code of her language; later mails use them.

    An empty profession or code leaves what is. Raises Invalid for an unknown zone or language.
    """
    try:
        zone(zone_name)
    except UnknownZone as error:
        raise Invalid("zone", _("Choose your time zone from the list.")) from error
    row = db.session.scalars(select(Person).where(Person.id == person)).one()
    row.name, row.profession, row.zone = name, profession or row.profession, zone_name
    row.search = search_text(name, row.email)
    audit.note(f"person:{person}", "details.changed", f"person:{person}", now=now)
    if code:
        choose_language(person, code, now=now)
