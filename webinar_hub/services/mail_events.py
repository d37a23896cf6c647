"""Keeps what came back about a mail, once, and draws the consequences for the person it was sent to."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

from sqlalchemy import func, select

from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_new
from webinar_hub.models import Delivery, DeliveryEvent, Person, Registration
from webinar_hub.rules.mail_events import (
    LONGEST_DETAIL,
    LONGEST_ID,
    EventKind,
    MailEvent,
    named_delivery,
    refusal_of,
)
from webinar_hub.rules.suppression import Told, ends_topics, soft_bounces_since, suppression_reason
from webinar_hub.services import consents, invitations, preferences, suppressions, tasks
from webinar_hub.services.address_change import was_to_a_former_address
from webinar_hub.services.outbox import Result

Recorded = Literal["new", "known", "unmatched"]
BOUNCES = ("bounced_hard", "bounced_soft", "blocked")
WITHOUT_CONSEQUENCE = ("delivered", "deferred")


def record(event: MailEvent, *, now: datetime) -> Recorded:
    """Store one fact: "known" when it was told before, "unmatched" when nothing says which mail it is about.

    Facts may come in any order and any number of times. One from the future is taken for one of now.
    """
    delivery = _delivery(event)
    happened_at = min(event.happened_at, now)
    values = {
        "delivery_id": delivery.id if delivery else None, "provider": event.provider,
        "event_id": event.event_id[:LONGEST_ID], "kind": event.kind, "happened_at": happened_at,
        "recorded_at": now, "detail": event.detail[:LONGEST_DETAIL],
    }  # fmt: skip
    if insert_new(DeliveryEvent, values, "id") is None:
        return "known"
    if delivery is None:
        return "unmatched"
    _follow(delivery, event.kind, happened_at, event.detail, now)
    return "new"


def is_about_ours(event: MailEvent) -> bool:
    """Whether it says, as far as it has to prove that, which mail of ours it is about."""
    return _delivery(event) is not None


def _delivery(event: MailEvent) -> Delivery | None:
    """The mail that is meant: by its id or key, else by our Message-ID with both of its numbers right."""
    if event.delivery:
        return db.session.get(Delivery, event.delivery)
    if event.key:
        return db.session.scalars(select(Delivery).where(Delivery.key == event.key)).first()
    named = named_delivery(event.message_id)
    if named is None:
        return None
    found = db.session.get(Delivery, named[0]) if named[0] < 2**31 else None
    written = datetime.fromtimestamp(0, UTC) + timedelta(microseconds=named[1])
    # The one that wrote the Message-ID rounded through a float: a microsecond more or less is the same.
    exact = found is not None and abs(found.created_at - written) <= timedelta(microseconds=1)
    return found if exact else None


def _follow(delivery: Delivery, kind: EventKind, happened_at: datetime, detail: str, now: datetime) -> None:
    if kind in WITHOUT_CONSEQUENCE or delivery.registration_id is None:
        # Of a notice the outbox keeps what came back; nobody of the staff is suppressed by it.
        if kind not in WITHOUT_CONSEQUENCE and kind != "bounced_soft":
            invitations.came_back(delivery.key, unwanted=ends_topics(kind), now=now)
        return
    if was_to_a_former_address(delivery):
        return
    (person,) = suppressions.hold([delivery.registration_id])
    if kind in BOUNCES:
        tasks.ask_to_call([delivery.id], now=now)
    soft = _soft_bounces(person, now) if kind == "bounced_soft" else 0
    reason = suppression_reason(Told(kind, happened_at, detail, soft, person.suppression_lifted_at))
    if reason:
        suppressions.begin(person, reason, now=now)
    if kind == "unsubscribed" and delivery.kind == "news":
        consents.end_news(person.id, now=now)
    elif ends_topics(kind):
        only = delivery.registration_id if kind == "unsubscribed" else None
        preferences.end_topics(person.id, now=now, registration=only)


def _soft_bounces(person: Person, now: datetime) -> int:
    """How many different mails to her bounced softly within the window."""
    since = soft_bounces_since(now, person.suppression_lifted_at)
    found: int | None = db.session.scalar(
        select(func.count(func.distinct(DeliveryEvent.delivery_id)))
        .join(Delivery, Delivery.id == DeliveryEvent.delivery_id)
        .join(Registration, Registration.id == Delivery.registration_id)
        .where(
            Registration.person_id == person.id,
            DeliveryEvent.kind == "bounced_soft",
            DeliveryEvent.happened_at > since,
        )
    )
    return found or 0


def before_recording(results: Sequence[Result]) -> None:
    """Hold the rows of those whose address was refused, before their deliveries are touched.

    Whoever changes a person, her registrations and her deliveries takes them in this order, or two transactions
    could wait for each other, and mails that were sent would not be recorded. Costs nothing where none was refused.
    """
    refused = [r.claimed.registration_id for r in results if r.claimed.registration_id and _refusal(r)]
    if refused:
        suppressions.hold(refused)


def after_sending(results: Sequence[Result], *, now: datetime) -> None:
    """What follows from mails that did not get out: a refused address counts, and nobody is left untold.

    Costs nothing where every mail was sent.
    """
    tasks.ask_to_call([r.claimed.id for r in results if r.state in ("failed", "suppressed")], now=now)
    for result in results:
        kind, item = _refusal(result), result.claimed
        if kind is not None:
            name = f"{item.id}:{item.attempts}"
            record(MailEvent("smtp", name, kind, now, result.reply, delivery=item.id), now=now)


def _refusal(result: Result) -> EventKind | None:
    return refusal_of(result.reply) if result.state == "failed" else None
