"""What a change of a bonus would do, found out by doing it and undoing it, for a page to show first."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from webinar_hub.core import clock
from webinar_hub.core.db import rehearsal
from webinar_hub.queries import changes as seen
from webinar_hub.queries import drops as queries
from webinar_hub.queries.studio import CohortHead

_MOMENTS = (" opens", " follows")
_MAIL = re.compile(r"mail: bonus drop \((\S+)\)")


@dataclass(frozen=True, slots=True)
class Effect:
    """The lines that differ, and the mails that leave at once; `names` are titles by what lines call them."""

    changes: tuple[seen.Change, ...]
    announcements: tuple[seen.Announcement, ...]
    names: Mapping[str, str]

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

    @property
    def lines(self) -> list[seen.Change]:
        """The changes as somebody reads them who has never seen a key: with titles in their places."""
        return [
            seen.Change(
                self._spoken(_MAIL.sub(r"mail about bonus \1", line.what)) or "",
                self._spoken(line.before) if line.what.endswith(" follows") else line.before,
                self._spoken(line.after) if line.what.endswith(" follows") else line.after,
            )
            for line in self.changes
        ]

    def _spoken(self, text: str | None) -> str | None:
        if text is None:
            return None
        return re.sub(r"(bonus|session) [a-z0-9-]+", lambda found: self.names.get(found[0], found[0]), text)


def effect_of(head: CohortHead, verb: Callable[[datetime], object]) -> Effect:
    """Rehearse a call of one service. Raises what it raises."""
    now = clock.now()
    with rehearsal():
        before = seen.snapshot(head.key)
        verb(now)
        after = seen.snapshot(head.key)
        changes, mails = seen.differences(before, after), seen.announcements(head.key, now)
        return Effect(tuple(changes), tuple(mails), queries.names(head))
