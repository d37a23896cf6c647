"""What the leader does at a ring, each thing by itself: one that fails keeps nothing else from being done."""

from collections.abc import Callable
from typing import TypeVar

from webinar_hub.core import metrics
from webinar_hub.core.db import db
from webinar_hub.core.log import get_logger

log = get_logger("clock")
Given = TypeVar("Given")


class Bells:
    """Remembers which of them fail, so that the log says it once and not at every ring."""

    def __init__(self) -> None:
        self._failing: set[str] = set()

    def ring(self, name: str, bell: Callable[[], Given], otherwise: Given) -> Given:
        """What `bell` gives; `otherwise` if it fails, which is counted each time. It opens its own transactions."""
        try:
            given = bell()
        except Exception as error:
            db.session.rollback()
            metrics.record_ring_failure()
            if name not in self._failing:
                log.error("a part of the ring failed", part=name, error=repr(error))
            self._failing.add(name)
            return otherwise
        self._failing.discard(name)
        return given
