"""Who may open what: decisions about materials, from facts and `now`."""

from datetime import datetime, timedelta

from webinar_hub.rules.own_clock import DropClock, opens_to


def is_released(release_at: datetime, now: datetime) -> bool:
    """A drop is open from its very second on, by the server's clock (A52)."""
    return now >= release_at


def drop_is_hers(
    drop: DropClock, *, late_join: str, registered_at: datetime, now: datetime, granted: bool = False
) -> bool:
    """Whether a drop is open to somebody who registered then; late joiners get the past as the cohort says.

    What was `granted` to her by hand is hers whatever the time is.
    """
    if granted:
        return True
    opens = opens_to(drop, late_join=late_join, came=registered_at)
    return opens is not None and is_released(opens, now)


def link_is_valid(cohort_end: datetime | None, link_days: int, now: datetime) -> bool:
    """Personal links outlive the cohort by `link_days` days, then they expire."""
    return cohort_end is None or now < cohort_end + timedelta(days=link_days)
