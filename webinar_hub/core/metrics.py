"""What is counted, one `record_…` a fact, and the page a Prometheus reads; the figures live in `meters.py`.

Counting must never be noticed: it takes microseconds, and a count that fails harms nothing, least of all the record
of a mail that has just been sent. Labels only have values from a short list: nobody outside can make the page grow.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache, lru_cache, wraps
from types import ModuleType
from typing import Any, ParamSpec

from webinar_hub.core.log import get_logger

P = ParamSpec("P")

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
_METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})
_CODE = re.compile(r"([2-5])\d\d(?!\d)")


@dataclass(frozen=True, slots=True)
class Reading:
    """A figure read at the moment somebody asks: `values` by label values, in the order of `labels`."""

    name: str
    meaning: str
    values: Mapping[tuple[str, ...], float]
    labels: tuple[str, ...] = ()


def _harmless(record: Callable[P, None]) -> Callable[P, None]:
    """A count that fails, such as for want of its folder, is said once in the log and goes no further."""

    @wraps(record)
    def count(*given: P.args, **named: P.kwargs) -> None:
        try:
            record(*given, **named)
        except Exception as error:
            _complain(record.__name__, repr(error))

    return count


@lru_cache(maxsize=64)
def _complain(count: str, error: str) -> None:
    get_logger("metrics").warning("cannot count", count=count, error=error)


@_harmless
def record_mail(transport: str, outcome: str, reply: str, seconds: float) -> None:
    """One mail was handed to the mail server; `reply` is what it said, of which only the class is counted."""
    _meter("mails", transport, outcome, code_class(reply)).inc()
    _meter("mail_seconds", transport).observe(seconds)


@_harmless
def record_rescues(deliveries: int) -> None:
    """So many deliveries were taken over from a sender that died."""
    if deliveries:
        _meters().lease_rescues.inc(deliveries)


@_harmless
def record_expansion(deliveries: int) -> None:
    """One stretch of an audience became so many deliveries."""
    _meters().expansions.inc()
    _meters().expanded.inc(deliveries)


@_harmless
def record_too_late(messages: int, deliveries: int) -> None:
    """So many messages of the plan and so many deliveries were given up: their sense has passed."""
    _meter("too_late", "message").inc(messages)
    _meter("too_late", "delivery").inc(deliveries)


@_harmless
def record_ring_failure() -> None:
    """The clock could not do its round."""
    _meters().ring_failures.inc()


@_harmless
def record_sign_up() -> None:
    """A sign-up was accepted."""
    _meters().sign_ups.inc()


@_harmless
def record_join() -> None:
    """Somebody went into a session."""
    _meters().joins.inc()


@_harmless
def record_download() -> None:
    """Somebody took a material."""
    _meters().downloads.inc()


@_harmless
def record_request(method: str, route: str, status: int, seconds: float) -> None:
    """One request was answered; `route` is the rule of the address and never the address itself."""
    _meter("requests", method if method in _METHODS else "other", route, str(status)).inc()
    _meters().request_seconds.observe(seconds)


def code_class(reply: str) -> str:
    """Of what a mail server said the class of its code, such as "2xx" (RFC 5321 4.2.1); "none" without one."""
    found = _CODE.match(reply)
    return f"{found[1]}xx" if found else "none"


def page(readings: Iterable[Reading]) -> bytes:
    """All figures in the text form that Prometheus reads."""
    text: bytes = _meters().exposition(_Read(tuple(readings)))
    return text


@dataclass(frozen=True, slots=True, eq=False)
class _Read:
    """Gives readings to prometheus-client."""

    readings: tuple[Reading, ...]

    def collect(self) -> Iterator[Any]:
        from prometheus_client.core import GaugeMetricFamily  # noqa: PLC0415  slow import

        for reading in self.readings:
            family = GaugeMetricFamily(f"webinar_hub_{reading.name}", reading.meaning, labels=reading.labels)
            for labels, value in reading.values.items():
                family.add_metric(labels, value)
            yield family


@cache
def _meters() -> ModuleType:
    from webinar_hub.core import meters  # noqa: PLC0415  slow import

    return meters


@lru_cache(maxsize=1024)
def _meter(name: str, *labels: str) -> Any:
    """The figure with these label values; looking it up here is quicker than in the library."""
    return getattr(_meters(), name).labels(*labels)
