"""What the unsubscribe page shows before anything is changed."""

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Cohort, Person, Registration, Webinar
from webinar_hub.queries.views import UnsubscribeView
from webinar_hub.rules.registration import masked


def unsubscribe_page(tokens: Tokens, token: str) -> UnsubscribeView:
    """The choices of the registration an unsubscribe link belongs to. Raises NotFound for every other text."""
    parts = tokens.read("unsubscribe", token, (int, str))
    if parts is None:
        raise NotFound()
    row = db.session.execute(
        select(Registration, Person.email, Webinar.title)
        .join(Person, Person.id == Registration.person_id)
        .join(Cohort, Cohort.id == Registration.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Registration.id == parts[0])
    ).first()
    if row is None or row.Registration.nonce != parts[1]:
        raise NotFound()
    return UnsubscribeView(
        webinar_title=row.title,
        masked_email=masked(row.email),
        wants_reminders=row.Registration.reminders_off_at is None,
        wants_bonuses=row.Registration.bonuses_off_at is None,
    )
