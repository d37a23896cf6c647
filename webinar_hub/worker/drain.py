"""Takes a batch of due deliveries through composing and sending; what runs it, threads or a fleet, is next door."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from flask import Flask

from webinar_hub.adapters.mail import (
    Accepted,
    Deferred,
    Envelope,
    MailTransport,
    Refused,
    Unreachable,
)
from webinar_hub.core import clock, metrics
from webinar_hub.core.db import db, transaction
from webinar_hub.core.log import get_logger
from webinar_hub.documents.email import Composer
from webinar_hub.queries import letters
from webinar_hub.queries.calendars import Hub
from webinar_hub.rules.delivery import Claimed, Retry, Stop, after_compose_error, after_deferral
from webinar_hub.services import outbox
from webinar_hub.services.outbox import Result
from webinar_hub.worker.breaker import Breaker
from webinar_hub.worker.measuring import send_measured
from webinar_hub.worker.recorder import HandedIn, Recorder

log = get_logger("worker")


@dataclass(frozen=True, slots=True)
class Desk:
    """What a sender works with; `lease` and `mail_timeout` in seconds, `stopping` says to send no more."""

    composer: Composer
    hub: Hub
    recorder: Recorder
    breaker: Breaker
    lease: float
    mail_timeout: float
    stopping: Callable[[], bool]


def drain(app: Flask, desk: Desk, transport: MailTransport, *, limit: int) -> int:
    """Claim up to `limit` due deliveries and bring each to an end or back into the queue; how many were claimed.

    Nothing is sent inside a transaction. Before each mail the lease is checked: what cannot be finished in time
    is left for whoever claims it next.
    """
    with app.app_context():
        with transaction():
            claimed = outbox.claim(limit, lease=desk.lease, now=clock.now())
        if not claimed:
            return 0
        metrics.record_rescues(sum(item.is_rescued for item in claimed))
        leased_until = clock.monotonic() + desk.lease - desk.mail_timeout
        batch = letters.batch(claimed, desk.hub)
        # What was read is kept as it is; a rollback would have every mail read it again.
        db.session.close()
        last: HandedIn | None = None
        for position, item in enumerate(claimed):
            if desk.stopping() or clock.monotonic() > leased_until:
                _put_back(desk, claimed[position:], "not begun")
                break
            following = claimed[position + 1 : position + 2]
            mail = _composed(desk, batch, item)
            if not desk.recorder.settle(last):
                mail = Result(item, "cancelled", "Cancelled while it waited for its turn.")
            if isinstance(mail, Result):
                last = desk.recorder.hand_in(mail, following)
                continue
            with desk.recorder.sending():
                outcome = send_measured(app, transport, mail)
            if isinstance(outcome, Unreachable):
                desk.breaker.failed()
                log.warning("mail server unreachable", reason=outcome.reason)
                _put_back(desk, claimed[position:], outcome.reason)
                break
            last = desk.recorder.hand_in(_result(item, outcome), following)
            desk.breaker.worked()
        desk.recorder.settle(last)
        return len(claimed)


def _composed(desk: Desk, batch: letters.Batch, item: Claimed) -> Envelope | Result:
    """One delivery ready to be sent, or what becomes of it where there is nothing to send."""
    try:
        letter, recipient = batch.mail(item)
        content = desk.composer.compose(letter, recipient)
    except letters.NothingToSay as reason:
        return Result(item, "cancelled", reason.message)
    except Exception as error:
        # Whatever is wrong with this one, the next one must go out (F12).
        log.error("mail cannot be composed", delivery=item.key, kind=item.kind, error=repr(error))
        fate = after_compose_error(item.attempts, now=clock.now())
        return _settled(item, fate, f"Cannot be composed: {error!r}")
    return Envelope(letter.from_address, recipient.email, content, item.key)


def _result(item: Claimed, outcome: Accepted | Refused | Deferred) -> Result:
    match outcome:
        case Accepted(reply):
            return Result(item, "sent", reply)
        case Refused(reply):
            log.warning("mail refused", delivery=item.key, reply=reply)
            return Result(item, "failed", reply)
        case Deferred(reply):
            log.info("mail deferred", delivery=item.key, reply=reply, attempts=item.attempts)
            fate = after_deferral(
                item.attempts,
                created_at=item.created_at,
                expires_at=item.expires_at,
                now=clock.now(),
                jitter=random.random(),  # noqa: S311  spreading retries needs no secrecy
            )
            return _settled(item, fate, reply)


def _settled(item: Claimed, fate: Retry | Stop, reply: str) -> Result:
    if isinstance(fate, Retry):
        return Result(item, "queued", reply, due_at=fate.at)
    return Result(item, fate.state, reply)


def _put_back(desk: Desk, items: Sequence[Claimed], reason: str) -> None:
    """Give deliveries back as they were claimed, for them no attempt has been made."""
    with transaction():
        outbox.record([Result(item, "queued", reason, burnt=False) for item in items], now=clock.now())
