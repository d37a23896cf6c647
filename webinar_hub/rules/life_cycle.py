"""Where a cohort stands in its life (FEATURES B4): what somebody decided, and what the clock says."""

from datetime import datetime
from typing import Literal

Stage = Literal["draft", "open", "running", "completed", "cancelled", "archived"]


def stage(
    state: str,
    *,
    archived: bool,
    first_start: datetime | None,
    last_end: datetime | None,
    now: datetime,
) -> Stage:
    """The stage of a cohort with this stored state; both moments are of sessions that take place, None without."""
    if archived:
        return "archived"
    if state == "cancelled":
        return "cancelled"
    if state == "draft":
        return "draft"
    if last_end is not None and last_end <= now:
        return "completed"
    if first_start is not None and first_start <= now:
        return "running"
    return "open"


def no_unpublishing_because(seats_taken: int, has_begun: bool) -> str:
    """Why a published cohort cannot become a draft again, or ""."""
    if has_begun:
        return "A session of it has begun. What has happened cannot be taken back; archive it when it is over."
    if seats_taken == 1:
        return "One person is registered and would find nothing any more. Cancel the cohort instead: she is told."
    if seats_taken:
        return (
            f"{seats_taken} people are registered and would find nothing any more. "
            "Cancel the cohort instead: everybody is told."
        )
    return ""


def no_archiving_because(where: Stage) -> str:
    """Why a cohort cannot be put away, or ""."""
    if where in ("open", "running"):
        return "It is not over yet. It can be archived after its last session, or once it is cancelled."
    return ""
