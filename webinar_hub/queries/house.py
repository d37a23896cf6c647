"""The installation's settings as every process keeps them: read again after a few seconds, and never in between."""

from collections.abc import Callable
from contextlib import suppress

from sqlalchemy import select
from sqlalchemy.exc import SQLAlchemyError

from webinar_hub.core import clock
from webinar_hub.core.db import at_once, db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import HouseLogo, HouseSettings
from webinar_hub.rules.house import House, house_of

LASTS = 5.0
"""Seconds for which a process goes by what it has read."""
ONLY = 1
"""The id of the one row."""
_STORED = select(HouseSettings.stored, HouseSettings.version).where(HouseSettings.id == ONLY)


def stored() -> House:
    """What the database says now; one statement, on a connection of its own, so that no transaction feels it."""
    rows = at_once(_STORED, {})
    return house_of(rows[0].stored, rows[0].version) if rows else House()


class KeptHouse:
    """What one process knows of the settings; `monotonic` counts seconds.

    Where the database does not answer, what was known goes on.
    """

    def __init__(
        self, read: Callable[[], House] = stored, *, monotonic: Callable[[], float] = clock.monotonic
    ) -> None:
        self._read = read
        self._monotonic = monotonic
        self._known: House | None = None
        self._read_at: float | None = None

    def now(self) -> House:
        """The settings, at most `LASTS` seconds old.

        Raises SQLAlchemyError where they cannot be read and never were: no mail leaves with a sender nobody chose.
        """
        moment = self._monotonic()
        if self._known is None:
            self._known = self._read()
            self._read_at = moment
        elif self._read_at is None or moment - self._read_at >= LASTS:
            # Set first: while one thread reads, the others go on with what is known.
            self._read_at = moment
            with suppress(SQLAlchemyError):
                self._known = self._read()
        return self._known

    def known(self) -> House:
        """What was read last, without asking: an error page needs a name, too."""
        return self._known or House()

    def forget(self) -> None:
        """Have the next look read again: they have just been changed here."""
        self._read_at = None


def logo(digest: str) -> bytes:
    """The picture of this name, as PNG. Raises NotFound."""
    content = db.session.scalar(select(HouseLogo.content).where(HouseLogo.digest == digest))
    if content is None:
        raise NotFound()
    return content
