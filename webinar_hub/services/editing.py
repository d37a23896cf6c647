"""Two people edit the same thing: the second is told, and nothing is overwritten in silence."""

from typing import Any, Protocol

from webinar_hub.core.errors import Conflict


class Versioned(Protocol):
    """A row that people edit."""

    version: Any


class EditedMeanwhile(Conflict):
    """Somebody saved another version first; the page shows both and keeps what was typed."""

    def __init__(self) -> None:
        super().__init__(
            "Somebody else has changed this since you opened it. Nothing was overwritten: compare below, "
            "then save again what is to stay."
        )


def edit(row: Versioned, seen: int) -> None:
    """Note that a person edits `row`, of which she saw version `seen`. Raises EditedMeanwhile for an older one."""
    if row.version != seen:
        raise EditedMeanwhile()
    row.version = seen + 1
