"""Takes what a provider's webhook told, all of it or nothing."""

from collections import Counter
from datetime import datetime, timedelta

from webinar_hub.adapters.webhooks import Received, Stale
from webinar_hub.core.errors import TooMany
from webinar_hub.core.log import get_logger
from webinar_hub.services import allowances, mail_events, tasks

ONCE_IN = timedelta(days=1)

log = get_logger("mail")


def take(provider: str, received: Received, *, now: datetime) -> dict[str, int]:
    """Store every event once and follow it; how many were "new", "known" or "unmatched".

    Raises Stale for a request that may be taken once only and was.
    """
    if received.once:
        try:
            allowances.spend(f"webhook-{provider}", received.once, limit=1, window=ONCE_IN, now=now)
        except TooMany as again:
            raise Stale("This was taken before.") from again
    if received.visit:
        tasks.ask(
            f"confirm:{provider}:{received.visit[-100:]}",
            "confirm_subscription",
            f"Open this address once, so that {provider} begins to tell us about bounces: {received.visit}",
            now=now,
        )
    found: Counter[str] = Counter()
    for event in received.events:
        outcome = mail_events.record(event, now=now)
        found[outcome] += 1
        if outcome == "unmatched":
            log.warning("event about no mail of ours", provider=provider, kind=event.kind, event_id=event.event_id)
    return dict(found)
