"""Dates for the cohorts that make the demo look lived in: one finished, one running, one coming."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

_WEDNESDAY, _THURSDAY = 2, 3
_NOON, _HALF_PAST, _EVENING, _MORNING = time(12), time(12, 30), time(19), time(8)
_WEEK = timedelta(weeks=1)
_TITLES = (
    "The first night at home",
    "Feeding, holding, and hands that are free",
    "Between two appointments",
    "Positions that leave the tubes alone",
    "Brothers, sisters and grandparents",
    "When to do less",
)


@dataclass(frozen=True, slots=True)
class Run:
    """A cohort of the demo: its file, what stands for the file's @signs@, when it was made and how many come.

    `opened` and `closed` are days in the cohort's zone between which people signed up.
    """

    file: str
    key: str
    signs: dict[str, str]
    opened: date
    closed: date
    people: int


def runs(today: date, first_example: date) -> list[Run]:
    """The three of them; `today` in New York, `first_example` the first evening of the example everybody sees.

    The coming hour lies at the same noon as one of the running sessions: a clash for the organizer to find. More
    want to come than it has seats, so it has a line.
    """
    next_noon = today + timedelta(days=1 + (_WEDNESDAY - today.weekday() - 1) % 7)
    a_month_ago = today - timedelta(days=30)
    first_evening = a_month_ago - timedelta(days=(a_month_ago.weekday() - _THURSDAY) % 7) - 3 * _WEEK
    first_noon = next_noon - 3 * _WEEK
    hour = first_example + timedelta(days=1 + (_WEDNESDAY - first_example.weekday() - 1) % 7)
    return [
        _quiet_minutes(
            "demo-thursdays", "Thursday evenings", first_evening, _EVENING, weeks=4, people=115, done=True
        ),
        _quiet_minutes("demo-noons", "Wednesday noons", first_noon, _NOON, weeks=6, people=110, done=False),
        Run(
            "certification.toml",
            "demo-information-hour",
            {"opens": _moment(today - timedelta(days=12), _MORNING), "first": _moment(hour, _HALF_PAST)},
            today - timedelta(days=12),
            today,
            75,
        ),
    ]


def _quiet_minutes(key: str, title: str, first: date, at: time, *, weeks: int, people: int, done: bool) -> Run:
    opened, closed = first - timedelta(days=24), first + timedelta(days=9)
    sessions = (
        f'[[sessions]]\nkey = "week-{number}"\ntitle = "{words}"\n'
        for number, words in enumerate(_TITLES[:weeks], 1)
    )
    drawn = '[[drops.materials]]\nhandout = "materials/session-planner.md"\ntitle = "Ten-minute session planner"'
    signs = {
        "key": key,
        "title": title,
        "opens": _moment(opened, _MORNING),
        "closes": _moment(closed, _EVENING),
        "first": _moment(first, at),
        "weeks": str(weeks),
        "sessions": "\n".join(sessions),
        "positions": drawn if done else "",
    }
    return Run("quiet-minutes.toml", key, signs, opened, closed, people)


def filled(template: str, run: Run) -> str:
    """The run's file with its @signs@ filled in."""
    for name, text in run.signs.items():
        template = template.replace(f"@{name}@", text)
    return template


def _moment(day: date, at: time) -> str:
    return datetime.combine(day, at).isoformat()
