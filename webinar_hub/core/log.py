"""Structured logs on standard error, one event a line, in which no personal link can appear."""

import logging
import re
import sys
from collections.abc import Callable, MutableMapping
from contextlib import suppress
from typing import Any, TextIO, cast

import structlog

SECRET_PATHS = re.compile(r"/(me|unsubscribe|d|cal|files|offer)/(?!<)[^/\s?#\"']+")
SECRET_URLS = re.compile(r"(://(?:[^/\s:@]+:)?)[^/\s@]+@")


def without_secrets(text: str) -> str:
    """The text with the token of every personal link and every URL's password or key taken out (ASVS 16.2.5)."""
    return SECRET_URLS.sub(r"\1…@", SECRET_PATHS.sub(r"/\1/…", text))


def _hide_secrets(_: Any, __: str, event: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    return {key: without_secrets(value) if isinstance(value, str) else value for key, value in event.items()}


class Discreet(logging.Formatter):
    """What libraries say, without secrets."""

    def format(self, record: logging.LogRecord) -> str:
        """The line."""
        return without_secrets(super().format(record))


class _StandardError:
    """Standard error, looked up at each line, so that a test or a supervisor may replace it.

    A line that finds no room is dropped: a full disk under the log must not stop what the log tells of (F20).
    """

    def write(self, text: str) -> None:
        """Write what can be written."""
        with suppress(OSError):
            sys.stderr.write(text)

    def flush(self) -> None:
        """Hand over what can be handed over."""
        with suppress(OSError):
            sys.stderr.flush()


_standard_error = cast("TextIO", _StandardError())


def configure(level: str, *, as_json: bool) -> None:
    """Set up logging for this process: `level` by name, JSON for machines or text for people."""
    renderer: Any = (
        structlog.processors.JSONRenderer(ensure_ascii=False)
        if as_json
        else structlog.dev.ConsoleRenderer(colors=False)
    )
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _hide_secrets,
            renderer,
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.PrintLoggerFactory(_standard_error),
        cache_logger_on_first_use=False,
    )
    # Libraries speak through the standard module; only their warnings are of interest to an operator.
    libraries = logging.StreamHandler(sys.stderr)
    libraries.setFormatter(Discreet("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[libraries])
    # A ring that comes while one is under way is answered by it; APScheduler would warn of each.
    logging.getLogger("apscheduler").setLevel(logging.ERROR)


def get_logger(area: str) -> structlog.typing.FilteringBoundLogger:
    """A logger whose lines name the area of the house they come from."""
    logger: structlog.typing.FilteringBoundLogger = structlog.get_logger(area=area)
    return logger


class Seldom:
    """Lets one of many warnings of the same kind through: one a minute of `monotonic` seconds."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._silent_until = float("-inf")

    def __call__(self) -> bool:
        """Whether it is time to say it again."""
        if self._monotonic() < self._silent_until:
            return False
        self._silent_until = self._monotonic() + 60.0
        return True
