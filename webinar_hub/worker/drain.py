"""Takes a batch of due deliveries through composing and sending; what runs it, threads or a fleet, is next door."""

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

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
from webinar_hub.documents import notices
from webinar_hub.documents.email import Composer
from webinar_hub.queries import letters
from webinar_hub.queries.calendars import Hub
from webinar_hub.rules.delivery import DEATHS, Claimed, Retry, Stop, after_compose_error, after_deferral
from webinar_hub.services import outbox
from webinar_hub.services.outbox import Result
from webinar_hub.worker.breaker import Breaker
from webinar_hub.worker.measuring import send_measured
from webinar_hub.worker.pacer import Pacer, Turn
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
    pacer: Pacer = field(default_factory=Pacer)


def drain(app: Flask, desk: Desk, transport: MailTransport, *, limit: int) -> int:
    """Claim up to `limit` due deliveries and bring each to an end or back into the queue; how many were claimed.

    Nothing is sent inside a transaction. Before each mail the lease is checked: what cannot be finished in time
    is left for whoever claims it next, and so is what the limits do not allow now.
    """
    with app.app_context():
        wanted = desk.pacer.batch(1 if desk.breaker.is_open else limit)
        if not wanted:
            return 0
        with transaction():
            claimed = outbox.claim(wanted, *desk.pacer.conditions(), lease=desk.lease, now=clock.now())
        if not claimed:
            return 0
        metrics.record_rescues(sum(item.is_rescued for item in claimed))
        trusted = _set_suspects_apart(desk, claimed)
        leased_until = clock.monotonic() + desk.lease - desk.mail_timeout
        batch = letters.batch(claimed, desk.hub)
        # What was read is kept as it is; a rollback would have every mail read it again.
        db.session.close()
        _go_through(app, desk, transport, batch, desk.pacer.admit(trusted, batch), leased_until)
        return len(claimed)


def _set_suspects_apart(desk: Desk, claimed: Sequence[Claimed]) -> Sequence[Claimed]:
    """Put back what may have killed its senders, each mail for a time of its own; the others.

    So the one that is the reason is soon alone, is tried less and less often, and given up in the end (F12).
    """
    for item in claimed:
        if item.is_suspect:
            log.error("senders died over this mail", delivery=item.key, attempts=item.attempts)
            fate = _later(item, deaths=item.attempts - DEATHS)
            result = _settled(item, fate, f"Its sender died {item.attempts - 1} times.")
            desk.recorder.settle(desk.recorder.hand_in(result, ()))
    return [item for item in claimed if not item.is_suspect]


def _go_through(
    app: Flask, desk: Desk, transport: MailTransport, batch: letters.Batch, turn: Turn, leased_until: float
) -> None:
    """Send one mail after the other, each when the one before is recorded; the rest goes back where it must."""
    last: HandedIn | None = None
    for position, item in enumerate(turn.mails):
        rest = turn.mails[position:]
        if desk.stopping() or clock.monotonic() + turn.longest_wait > leased_until or turn.is_over(position):
            _put_back(desk, rest, "not begun")
            break
        mail = _composed(desk, batch, item)
        if not desk.recorder.settle(last):
            mail = Result(item, "cancelled", "Cancelled while it waited for its turn.")
        if isinstance(mail, Result):
            last = desk.recorder.hand_in(mail, rest[1:2])
            continue
        turn.wait(item)
        if clock.monotonic() > leased_until:
            # Recording the mail before took long: by now this one may be somebody else's.
            _put_back(desk, rest, "not begun")
            break
        with desk.recorder.sending():
            outcome = send_measured(app, transport, mail)
        if isinstance(outcome, Unreachable):
            _found_closed(desk, outcome, rest)
            break
        last = desk.recorder.hand_in(_result(item, outcome), rest[1:2])
        if desk.breaker.worked():
            log.info("mail server answers again")
    desk.recorder.settle(last)


def _found_closed(desk: Desk, outcome: Unreachable, rest: Sequence[Claimed]) -> None:
    if desk.breaker.failed(crowded=outcome.crowded):
        log.warning("mail server unreachable", reason=outcome.reason)
    _put_back(desk, rest, outcome.reason)


def _composed(desk: Desk, batch: letters.Batch, item: Claimed) -> Envelope | Result:
    """One delivery ready to be sent, or what becomes of it where there is nothing to send."""
    try:
        notice = batch.notice(item)
        if notice is not None:
            message_id = letters.message_id(item, notice.from_email)
            content = notices.compose(notice, key=item.key, message_id=message_id, composed_at=item.composed_at)
            return Envelope(notice.from_email, notice.to_email, content, item.key)
        letter, recipient = batch.mail(item)
        content = desk.composer.compose(letter, recipient)
    except letters.NothingToSay as reason:
        return Result(item, reason.state, reason.message)
    except Exception as error:
        # Whatever is wrong with this one, the next one must go out (F12).
        log.error("mail cannot be composed", delivery=item.key, kind=item.kind, error=repr(error))
        fate = after_compose_error(item.attempts, now=clock.now())
        return _settled(item, fate, f"Cannot be composed: {error!r}")
    return Envelope(recipient.return_path or letter.from_address, recipient.email, content, item.key)


def _result(item: Claimed, outcome: Accepted | Refused | Deferred) -> Result:
    match outcome:
        case Accepted(reply):
            return Result(item, "sent", reply)
        case Refused(reply):
            log.warning("mail refused", delivery=item.key, reply=reply)
            return Result(item, "failed", reply)
        case Deferred(reply, retry_after):
            log.info("mail deferred", delivery=item.key, reply=reply, attempts=item.attempts)
            return _settled(item, _later(item, asked=retry_after), reply)


def _later(item: Claimed, *, deaths: int = 0, asked: float | None = None) -> Retry | Stop:
    return after_deferral(
        deaths or item.attempts,
        created_at=item.created_at,
        expires_at=item.expires_at,
        now=clock.now(),
        jitter=random.random(),  # noqa: S311  spreading retries needs no secrecy
        asked=asked,
    )


def _settled(item: Claimed, fate: Retry | Stop, reply: str) -> Result:
    if isinstance(fate, Retry):
        return Result(item, "queued", reply, due_at=fate.at)
    return Result(item, fate.state, reply)


def _put_back(desk: Desk, items: Sequence[Claimed], reason: str) -> None:
    """Give deliveries back as they were claimed, for them no attempt has been made."""
    with transaction():
        outbox.record([Result(item, "queued", reason, burnt=False) for item in items], now=clock.now())
        desk.pacer.refund(len(items))
