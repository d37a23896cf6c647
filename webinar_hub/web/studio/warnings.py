"""What somebody who plans dates may not have thought of: shown once, with a way out, never refused."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256

from webinar_hub.queries import clashes
from webinar_hub.rules.clash import Clash, presenter_keys
from webinar_hub.rules.public_holidays import Holiday, holidays_among
from webinar_hub.rules.staff import Staff
from webinar_hub.rules.zones import to_utc
from webinar_hub.services.creating import QuickWish, checked_walls, just_made


@dataclass(frozen=True, slots=True)
class Warnings:
    """Public holidays and clashes of a wish, with the wish as its ticks make it; `digest` "" says none."""

    holidays: tuple[Holiday, ...]
    clashes: tuple[Clash, ...]
    wish: QuickWish
    digest: str


def warnings_about(wish: QuickWish, who: Staff, now: datetime, *, ticked: Sequence[str]) -> Warnings:
    """Look at the dates that are left once the ticked days are skipped. Raises Invalid for dates that cannot be."""
    skip = wish.skip | {date.fromisoformat(day) for day in ticked if _is_day(day)}
    wish = replace(wish, skip=frozenset(skip))
    walls = checked_walls(wish.walls(), wish.zone, now)
    if just_made(wish, who, now) is not None:
        # She pressed twice: what it would clash with is itself.
        return Warnings((), (), wish, "")
    holidays = tuple(holidays_among([wall.date() for wall in walls], wish.zone))
    found = clashes.of_wish(
        [to_utc(wall, wish.zone) for wall in walls],
        wish.minutes,
        presenters=presenter_keys(who.name, who.email),
        livestream_url=wish.livestream_url,
        now=now,
    )
    said = [holiday.words for holiday in holidays]
    said += [f"{clash.first.session_id} {clash.second.starts_at.isoformat()}" for clash in found]
    digest = sha256("\n".join(said).encode()).hexdigest()[:16] if said else ""
    return Warnings(holidays, tuple(found), wish, digest)


def _is_day(text: str) -> bool:
    try:
        date.fromisoformat(text)
    except ValueError:
        return False
    return True
