"""Every figure this process counts, as prometheus-client keeps it; `metrics.py` next door is how others count.

Importing this decides whether the processes of a machine add up: the library decides it when it makes a figure.
"""

from pathlib import Path
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Histogram, generate_latest, values
from prometheus_client.multiprocess import MultiProcessCollector
from prometheus_client.registry import Collector

from webinar_hub.core.config import share_metrics

# A folder in which each process keeps its figures in a file of its own, or None: only this process counts.
SHARED: Path | None = share_metrics()
if SHARED:
    values.ValueClass = values.MultiProcessValue()  # type: ignore[no-untyped-call]

_OURS = CollectorRegistry()
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 20, 45)


def _counter(name: str, meaning: str, *labels: str) -> Counter:
    return Counter(f"webinar_hub_{name}", meaning, labels, registry=_OURS)


mails = _counter(
    "mails", "Mails handed to the mail server, by what became of them.", "transport", "outcome", "code"
)
mail_seconds = Histogram(
    "webinar_hub_mail_seconds",
    "Seconds the mail server took for one mail.",
    ["transport"],
    buckets=_SECONDS,
    registry=_OURS,
)
lease_rescues = _counter("lease_rescues", "Deliveries taken over from a sender whose lease had run out.")
expansions = _counter("expansions", "Stretches of an audience written into the outbox.")
expanded = _counter("expanded_deliveries", "Deliveries written by expanding broadcasts.")
too_late = _counter("too_late", "Given up because their sense had passed.", "what")
ring_failures = _counter("ring_failures", "Times the clock could not do its round, for want of the database.")
sign_ups = _counter("sign_ups", "Sign-up forms that were accepted.")
joins = _counter("joins", 'Times somebody pressed "Join".')
downloads = _counter("downloads", "Materials taken on a personal page.")
requests = _counter("requests", "Pages asked for, by the route and never by the path.", "method", "route", "status")
request_seconds = Histogram("webinar_hub_request_seconds", "Seconds a page took.", buckets=_SECONDS, registry=_OURS)


def exposition(*others: Collector) -> bytes:
    """Everything counted, by all processes where they share a folder, and what `others` read, as text."""
    shown: Any = CollectorRegistry()
    if SHARED:
        MultiProcessCollector(shown, path=str(SHARED))  # type: ignore[no-untyped-call]
    else:
        shown.register(_OURS)
    for other in others:
        shown.register(other)
    return generate_latest(shown)
