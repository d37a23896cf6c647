"""Which mails she gets: for the page that has all her choices, and before she unsubscribes by a link."""

from typing import Any, cast

from sqlalchemy import Row, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Cohort, Person, Registration, Webinar
from webinar_hub.queries.views import MailChoices, NoNewsView, UnsubscribeView
from webinar_hub.rules.registration import masked
from webinar_hub.rules.segment import wants_news


def places(person: int) -> tuple[MailChoices, ...]:
    """Her places that may still send something, the newest first; one statement."""
    rows = db.session.execute(
        select(Registration, Webinar.title, Cohort.title)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(
            Registration.person_id == person,
            Registration.state.not_in(("cancelled", "declined")),
            Cohort.state != "cancelled",
            Cohort.archived_at.is_(None),
        )
        .order_by(Registration.id.desc())
    )
    return tuple(
        MailChoices(
            place.public_id, webinar, cohort, place.reminders_off_at is None, place.bonuses_off_at is None
        )
        for place, webinar, cohort in rows
    )  # fmt: skip


def news_page(tokens: Tokens, token: str) -> NoNewsView:
    """Whether whoever this link belongs to gets news. Raises NotFound for every other text."""
    row = _named(tokens, token)
    return NoNewsView(masked(row.email), row.news, row.language)


def unsubscribe_page(tokens: Tokens, token: str) -> UnsubscribeView:
    """The choices of the registration an unsubscribe link belongs to. Raises NotFound for every other text."""
    row = _named(tokens, token)
    return UnsubscribeView(
        webinar_title=row.title,
        masked_email=masked(row.email),
        wants_reminders=row.Registration.reminders_off_at is None,
        wants_bonuses=row.Registration.bonuses_off_at is None,
        language=row.language,
    )


def _named(tokens: Tokens, token: str) -> Row[Any]:
    parts = tokens.read("unsubscribe", token, (int, str))
    if parts is None:
        raise NotFound()
    row = db.session.execute(
        select(Registration, Person.email, Person.language, Webinar.title, wants_news().label("news"))
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.id == parts[0])
    ).first()
    if row is None or row.Registration.nonce != parts[1]:
        raise NotFound()
    return cast("Row[Any]", row)
