"""What a change of a bonus would do, found out by doing it and undoing it, for a page to show first."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from webinar_hub.core import clock
from webinar_hub.core.db import rehearsal
from webinar_hub.queries import changes as seen

_MOMENTS = (" opens", " follows")


@dataclass(frozen=True, slots=True)
class Effect:
    """The lines that differ, and the mails that leave at once."""

    changes: tuple[seen.Change, ...]
    announcements: tuple[seen.Announcement, ...]

    @property
    def moves_something(self) -> bool:
        """Whether a moment or a mail changes, and not only words."""
        return bool(self.announcements) or any(
            change.what.startswith("mail:") or change.what.endswith(_MOMENTS) for change in self.changes
        )

    @property
    def fingerprint(self) -> str:
        """Told apart from what another change, or the same one a while later, would do."""
        lines = [(change.what, change.before, change.after) for change in self.changes]
        return sha256(repr((lines, [about.kind for about in self.announcements])).encode()).hexdigest()[:16]


def effect_of(cohort: str, verb: Callable[[datetime], object]) -> Effect:
    """Rehearse a call of one service. Raises what it raises."""
    now = clock.now()
    with rehearsal():
        before = seen.snapshot(cohort)
        verb(now)
        after = seen.snapshot(cohort)
        return Effect(tuple(seen.differences(before, after)), tuple(seen.announcements(cohort, now)))
