"""The bonuses that opened while somebody paused, for the one mail that tells of them all."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from typing import Protocol

from sqlalchemy import select

from webinar_hub.core.db import db
from webinar_hub.documents.letters import LetterDrop
from webinar_hub.models import Cohort, Delivery, Drop, Webinar
from webinar_hub.rules.delivery import Claimed
from webinar_hub.rules.own_clock import clocks, opens_to

# What opened so shortly before a pause may have been waiting for her hour when the pause took its mail away.
WAITED = timedelta(days=3)


class Place(Protocol):
    """A registration as a mail knows it (`queries/letters.py`)."""

    @property
    def cohort_id(self) -> int:
        """Whose bonuses may be hers."""

    @property
    def registered_at(self) -> datetime:
        """When she came in."""


def opened_meanwhile(
    due: Collection[Claimed], places: Mapping[int, Place], cohorts: Mapping[int, tuple[Cohort, Webinar, bool]]
) -> dict[int, tuple[LetterDrop, ...]]:
    """By delivery: what opened to her since it was written, and of which no mail has told; two statements."""
    asked = [row for row in due if row.kind == "catch_up" and row.registration_id in places]
    if not asked:
        return {}
    registrations = {row.registration_id or 0 for row in asked}
    sent = select(Delivery.registration_id, Delivery.drop_id).where(
        Delivery.registration_id.in_(registrations), Delivery.kind == "drop", Delivery.state == "sent"
    )
    told = {(registration, drop) for registration, drop in db.session.execute(sent)}
    drops = defaultdict(list)
    of_cohorts = select(Drop).where(Drop.cohort_id.in_({places[id_].cohort_id for id_ in registrations}))
    for drop in db.session.scalars(of_cohorts):
        drops[drop.cohort_id].append(drop)
    return {row.id: _opened(row, places[row.registration_id or 0], drops, cohorts, told) for row in asked}


def _opened(
    due: Claimed,
    place: Place,
    drops: Mapping[int, Collection[Drop]],
    cohorts: Mapping[int, tuple[Cohort, Webinar, bool]],
    told: set[tuple[int | None, int | None]],
) -> tuple[LetterDrop, ...]:
    hers, late_join = drops.get(place.cohort_id, ()), cohorts[place.cohort_id][0].late_join
    own = clocks(hers)
    found = []
    since = max(place.registered_at, due.created_at - WAITED)
    for drop in hers:
        opens = opens_to(own[drop.id], late_join=late_join, came=place.registered_at)
        meanwhile = opens is not None and since <= opens <= due.composed_at
        if opens is not None and meanwhile and (due.registration_id, drop.id) not in told:
            found.append((opens, drop.id, LetterDrop(drop.public_id, drop.title, drop.surprise)))
    return tuple(letter for *_, letter in sorted(found, key=lambda each: each[:2]))
