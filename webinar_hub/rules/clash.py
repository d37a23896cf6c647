"""Whether two sessions want one person or one room at the same time (FEATURES B10): a warning, no refusal."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from urllib.parse import urlsplit

from webinar_hub.rules.session import Span


class Slot(NamedTuple):
    """A session as this rule sees it; `presenters` by what they are recognized by, with the name they go by."""

    session_id: int
    cohort_key: str
    cohort_title: str
    title: str
    zone: str
    starts_at: datetime
    ends_at: datetime
    presenters: Mapping[str, str]
    room: str


@dataclass(frozen=True, slots=True)
class Clash:
    """Two sessions that overlap, the earlier one first, and what both of them want."""

    first: Slot
    second: Slot
    presenters: tuple[str, ...]
    same_room: bool

    @property
    def because(self) -> str:
        """What both want, in words: "Mara Lind teaches both, and both use the same livestream link"."""
        reasons = [f"{' and '.join(self.presenters)} teach{'es' if len(self.presenters) == 1 else ''} both"]
        room = "both use the same livestream link"
        return ", and ".join(reasons[: len(self.presenters)] + [room] * self.same_room)


def presenter_keys(name: str, email: str) -> dict[str, str]:
    """What a presenter is recognized by, with her name: her address and, as not every page has that, her name."""
    keys = (" ".join(name.split()).casefold(), email.casefold())
    return {key: name for key in keys if key}


def room_key(livestream_url: str) -> str:
    """A livestream link as it is compared: the scheme, the case of the host and a last slash make no other room."""
    if not livestream_url:
        return ""
    try:
        parts = urlsplit(livestream_url.strip())
    except ValueError:
        return livestream_url
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.netloc.casefold()}{parts.path.rstrip('/')}{query}"


def clashes(slots: Sequence[Slot]) -> list[Clash]:
    """Every two that overlap and want the same, in the order of time."""
    return list(_found(sorted(slots, key=lambda slot: (slot.starts_at, slot.session_id))))


def _found(in_order: Sequence[Slot]) -> Iterator[Clash]:
    running: list[Slot] = []
    for slot in in_order:
        running = [other for other in running if other.ends_at > slot.starts_at]
        for other in running:
            clash = between(other, slot)
            if clash is not None:
                yield clash
        running.append(slot)


def between(first: Slot, second: Slot) -> Clash | None:
    """What two sessions both want while they overlap, or None."""
    if not Span(first.starts_at, first.ends_at).overlaps(Span(second.starts_at, second.ends_at)):
        return None
    names = (name for key, name in first.presenters.items() if key in second.presenters)
    shared = tuple(dict.fromkeys(names))
    same_room = bool(first.room) and first.room == second.room
    return Clash(first, second, shared, same_room) if shared or same_room else None
