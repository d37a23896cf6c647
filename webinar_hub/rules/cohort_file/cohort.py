"""Reads the cohort and its weekly rule; the sessions themselves are read in sessions.py."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime

from webinar_hub.rules.access import LONGEST_CODE, normal, problem_with
from webinar_hub.rules.cohort_file import checks
from webinar_hub.rules.cohort_file.lines import KeyPath
from webinar_hub.rules.cohort_file.parts import CodePart, CohortPart, LateJoin
from webinar_hub.rules.cohort_file.sections import TITLE
from webinar_hub.rules.cohort_file.table import Notebook, Table
from webinar_hub.rules.recurrence import weekly
from webinar_hub.rules.zones import NonexistentTime, UnknownZone, day_words, place_meant, to_utc, zone

MOST_SESSIONS = 104
# In minutes: what an offer of a seat may be held for.
LEAST_OFFER, MOST_OFFER = 15, 14 * 24 * 60
_USUAL_MINUTES = 60
_LONGEST_HOLD = 14 * 24
"""Hours."""
_LATE_JOIN: dict[str, LateJoin] = {
    "all past drops": "all past drops",
    "from now on": "from now on",
    "one per day": "one per day",
}


@dataclass(frozen=True, slots=True)
class Rhythm:
    """The weekly rule of a cohort; `walls` None says that one is written but cannot be used."""

    walls: tuple[datetime, ...] | None
    minutes: int


def read_cohort(table: Table) -> CohortPart:
    """Read [cohort] without its [cohort.weekly]."""
    cohort = CohortPart(
        key=table.text("key", longest=80, required=True, check=checks.slug),
        title=table.text("title", longest=TITLE, required=True),
        zone=table.text("zone", longest=60, required=True, check=_zone_name),
        organizer_name=table.text("organizer_name", longest=TITLE, required=True),
        organizer_email=table.text("organizer_email", longest=254, required=True, check=checks.mailbox),
        capacity=table.number("capacity", least=1, most=1_000_000),
        enrolment_opens=table.wall("enrolment_opens"),
        enrolment_closes=table.wall("enrolment_closes"),
        late_join=_LATE_JOIN.get(table.text("late_join", longest=40, check=_late_join), "all past drops"),
        livestream_url=livestream_of(table),
        declined_frees_seat=table.flag("declined_frees_seat", default=False),
        host_url=_host_url(table),
        proves_address=_flag(table, "proves_address"),
        has_waitlist=_flag(table, "has_waitlist"),
        offer_minutes=table.number("offer_minutes", least=LEAST_OFFER, most=MOST_OFFER),
        needs_approval=_flag(table, "needs_approval"),
        approval_again=_flag(table, "approval_again"),
        changes_close=table.wall("changes_close"),
        asks_credit=_flag(table, "asks_credit"),
        needs_code=_flag(table, "needs_code"),
        takes_groups=_flag(table, "takes_groups"),
        group_hold_hours=table.number("group_hold_hours", least=0, most=_LONGEST_HOLD),
        codes=tuple(_code(entry) for entry in table.tables("codes")),
    )
    _check_enrolment(table, cohort)
    return cohort


def read_rhythm(table: Table | None) -> Rhythm:
    """Read [cohort.weekly]; without one the rhythm has no evenings."""
    if table is None:
        return Rhythm(walls=(), minutes=_USUAL_MINUTES)
    first, weeks = table.wall("first"), table.number("weeks", least=1, most=MOST_SESSIONS)
    for key, example in (("first", "2026-12-08T19:00:00"), ("weeks", "4")):
        if key not in table:
            table.refuse(key, f"This is missing. Write {key} = {example} here.")
    skip = table.days("skip")
    minutes = table.number("minutes", least=5, most=24 * 60) or _USUAL_MINUTES
    table.done()
    if first is None or weeks is None:
        return Rhythm(walls=None, minutes=minutes)
    walls = weekly(first, weeks, skip)
    _refuse_idle_skips(table, walls, skip)
    return Rhythm(walls=tuple(walls), minutes=minutes)


def livestream_of(table: Table) -> str | None:
    """Return the address in `livestream_url`, or None."""
    return table.text("livestream_url", longest=checks.LONGEST_ADDRESS, check=checks.web_address) or None


def _flag(table: Table, key: str) -> bool | None:
    """What is written, or None, which leaves what is known."""
    written = table.flag(key, default=False)
    return written if key in table else None


def _code(table: Table) -> CodePart:
    code = CodePart(
        code=table.text("code", longest=2 * LONGEST_CODE, required=True, check=_code_text),
        label=table.text("label", longest=80),
        max_uses=table.number("max_uses", least=1, most=1_000_000),
        expires=table.wall("expires"),
        gives_back=table.flag("gives_back", default=False),
    )
    table.done()
    return code


def _code_text(written: str) -> str:
    if problem := problem_with(written):
        raise ValueError(problem)
    return normal(written)


def _host_url(table: Table) -> str | None:
    written = table.text("host_url", longest=checks.LONGEST_ADDRESS, check=checks.web_address)
    return written if "host_url" in table else None


def exists_in_zone(notebook: Notebook, path: KeyPath, wall: datetime, zone_name: str) -> bool:
    """Tell whether the wall time exists in the zone, and note the remedy at `path` if not.

    A zone that could not be read ("") refuses nothing: that error is noted already.
    """
    if not zone_name:
        return True
    try:
        to_utc(wall, zone_name)
    except NonexistentTime as error:
        notebook.note(path, str(error))
        return False
    return True


def _check_enrolment(table: Table, cohort: CohortPart) -> None:
    opens, closes = cohort.enrolment_opens, cohort.enrolment_closes
    for position, code in enumerate(cohort.codes):
        if code.expires:
            exists_in_zone(table.notebook, (*table.path, "codes", position, "expires"), code.expires, cohort.zone)
    moments = ("enrolment_opens", opens), ("enrolment_closes", closes), ("changes_close", cohort.changes_close)
    for key, wall in moments:
        if wall:
            exists_in_zone(table.notebook, (*table.path, key), wall, cohort.zone)
    if opens and closes and opens >= closes:
        table.refuse("enrolment_closes", "Sign-up closes before it opens. Swap the two or move one.")


def _refuse_idle_skips(table: Table, walls: Sequence[datetime], skip: Sequence[date]) -> None:
    for day in skip:
        weeks_away, rest = divmod((day - walls[0].date()).days, 7)
        if rest or weeks_away < 0 or day > walls[-1].date():
            message = f"No session falls on {day_words(day)}, so there is nothing to skip. Delete it."
            table.refuse("skip", message)


def _zone_name(written: str) -> str:
    meant = place_meant(written)
    if meant:
        raise UnknownZone(f'"{written}" has no summer time or is no zone. Write {meant}.')
    return zone(written).key


def _late_join(written: str) -> str:
    if written not in _LATE_JOIN:
        raise ValueError('Write "all past drops", "one per day" or "from now on".')
    return written
