"""Puts dates into the example cohort file, so that the demo always begins next week; reads and writes no file."""

from datetime import date, datetime, time, timedelta

_TUESDAY = 1
_DAYS_AHEAD = 9
"""Enough for the "1 week" reminder still to lie in the future when the demo is started."""
_EVENING = time(19)
_MORNING = time(8)


def example_cohort_text(template: str, today: date) -> str:
    """Return the example file with its @placeholders@ filled in; `today` is the day in the cohort's zone.

    The first session is at 19:00 on the first Tuesday at least nine days after `today`; the week after the
    second session is free, and the surprise comes on its Saturday.
    """
    text = template
    for name, written in _dates(_first_tuesday(today + timedelta(days=_DAYS_AHEAD)), today).items():
        text = text.replace(f"@{name}@", written)
    return text


def _dates(first: date, today: date) -> dict[str, str]:
    practice_week = first + timedelta(weeks=2)
    return {
        "first_session": _moment(first, _EVENING),
        "practice_week": practice_week.isoformat(),
        "enrolment_opens": _moment(today - timedelta(days=7), _MORNING),
        "enrolment_closes": _moment(first + timedelta(weeks=1), _EVENING),
        "welcome_drop": _moment(today - timedelta(days=1), _MORNING),
        "surprise_drop": _moment(practice_week + timedelta(days=4), _MORNING),
    }


def _first_tuesday(earliest: date) -> date:
    return earliest + timedelta(days=(_TUESDAY - earliest.weekday()) % 7)


def _moment(day: date, at: time) -> str:
    return datetime.combine(day, at).isoformat()
