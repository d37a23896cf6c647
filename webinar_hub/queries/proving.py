"""What the page behind "Is this you?" shows; it tells nobody more than the mail did, but for what she ticked."""

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Cohort, Consent, Person, Registration, Webinar
from webinar_hub.rules.proof import proof_is_open
from webinar_hub.rules.registration import masked


@dataclass(frozen=True, slots=True)
class ProofPage:
    """`agreed` are the words beside the boxes that were ticked. `is_done` says that it was shown before.

    `language` is that of the page she signed up on.
    """

    webinar_slug: str
    webinar_title: str
    cohort_title: str
    masked_email: str
    agreed: tuple[str, ...]
    is_done: bool
    language: str


def is_proven(person: int) -> bool:
    """Whether she has shown that the address is hers."""
    return db.session.scalar(select(Person.proven_at).where(Person.id == person)) is not None


def proof_page(tokens: Tokens, token: str, now: datetime) -> ProofPage:
    """Raises NotFound for a link that says nothing, or nothing any more."""
    parts = tokens.read("prove", token, (int, str, int)) or (0, "", 0)
    row = db.session.execute(
        select(Registration, Person.email, Person.language, Cohort.title, Webinar.slug, Webinar.title)
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.id == parts[0])
    ).first()
    if row is None:
        raise NotFound()
    registration, email, language, cohort, slug, webinar = row
    stored = registration.nonce, registration.revision
    is_done = not proof_is_open(registration.state, stored, parts[1:], asked_at=registration.registered_at, now=now)
    agreed = () if is_done else _agreed(registration)
    return ProofPage(slug, webinar, cohort, masked(email), agreed, is_done, language)


def _agreed(registration: Registration) -> tuple[str, ...]:
    given = select(Consent.words).where(
        Consent.person_id == registration.person_id,
        Consent.withdrawn_at.is_(None),
        Consent.registration_id.is_(None) | (Consent.registration_id == registration.id),
    )
    return tuple(db.session.scalars(given.order_by(Consent.id)))
