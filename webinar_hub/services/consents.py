"""Consents: given in the words that were shown, ended at any time; what was agreed to stays on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, CursorResult, insert, select, update

from webinar_hub.core.db import db
from webinar_hub.core.language import lazy_gettext
from webinar_hub.models import Consent, Delivery, Registration
from webinar_hub.services import audit, outbox
from webinar_hub.services.admission import Admitted

BONUS_BOX = lazy_gettext("A mail when a bonus unlocks")
"""What stands beside the box of each place on the page where she chooses her mails."""


@dataclass(frozen=True, slots=True)
class Ticked:
    """The words beside the boxes that were ticked on `page`, "" for those that were not.

    `network` is the address she came from, "" where the owner does not want it kept.
    """

    news: str
    bonuses: str
    page: str
    network: str = ""


def sign_up(admitted: Admitted, ticked: Ticked, *, now: datetime) -> None:
    """Record what was ticked with a sign-up.

    For an address we know anybody could have ticked it. So of the boxes only the one for bonuses counts, which
    belongs to the place that is new; for news its owner has a box on her own page.
    """
    if ticked.news and admitted.is_new:
        give(admitted.person_id, "news", words=ticked.news, page=ticked.page, network=ticked.network, now=now)
    if ticked.bonuses and admitted.registration_id is not None:
        give(
            admitted.person_id, "bonuses", words=ticked.bonuses, page=ticked.page, network=ticked.network, now=now,
            registration=admitted.registration_id,
        )  # fmt: skip


def give(
    person: int,
    topic: str,
    *,
    words: str,
    page: str,
    now: datetime,
    network: str = "",
    registration: int | None = None,
) -> None:
    """Record that she agreed, on `page`, to `words`; what concerns one place only names its registration."""
    consent = Consent(person_id=person, topic=topic, words=words, page=page[:200], given_at=now)
    consent.network, consent.registration_id = network[:64], registration
    db.session.add(consent)


def choose_bonuses(person: int, registrations: Sequence[int], *, wanted: bool, page: str, now: datetime) -> None:
    """Give or withdraw her consent to the bonus mails of these places, where she has just chosen otherwise."""
    if not registrations:
        return
    valid = (Consent.topic == "bonuses", Consent.registration_id.in_(registrations), Consent.withdrawn_at.is_(None))
    if wanted:
        said = {"person_id": person, "topic": "bonuses", "words": str(BONUS_BOX), "page": page[:200]}
        rows = [said | {"registration_id": place, "given_at": now} for place in registrations]
        db.session.execute(insert(Consent), rows)
    else:
        db.session.execute(update(Consent).where(*valid).values(withdrawn_at=now))


def choose_news(person: int, *, wanted: bool, words: str, page: str, now: datetime) -> None:
    """Agree to news or end it on her own page; choosing what is so already changes nothing."""
    if not wanted:
        end_news(person, now=now)
    elif db.session.scalar(select(Consent.id).where(*_news_of(person)).limit(1)) is None:
        give(person, "news", words=words, page=page, now=now)
        audit.note(f"person:{person}", "consent.given", f"person:{person}", now=now)


def end_news(person: int, *, now: datetime) -> None:
    """Withdraw her consent to news, and take out those that are on their way to her."""
    ended = update(Consent).where(*_news_of(person)).values(withdrawn_at=now)
    withdrawn = cast("CursorResult[Any]", db.session.execute(ended)).rowcount
    hers = select(Registration.id).where(Registration.person_id == person)
    outbox.cancel(Delivery.registration_id.in_(hers), Delivery.kind == "news")
    if withdrawn:
        audit.note(f"person:{person}", "consent.withdrawn", f"person:{person}", now=now)


def _news_of(person: int) -> tuple[ColumnElement[bool], ...]:
    """What she has agreed to, and still does."""
    return Consent.person_id == person, Consent.topic == "news", Consent.withdrawn_at.is_(None)
