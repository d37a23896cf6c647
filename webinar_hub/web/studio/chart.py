"""Bars as SVG: what is drawn where, worked out here, because the pages hold no script and no style."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from webinar_hub.queries.today import DayCount

HEIGHT, GAP = 140.0, 0.25
# Units of the picture: narrow columns for a month, and a picture half as wide for a week.
STEP_OF_MONTH, STEP_OF_WEEK = 24.0, 54.0
SERIES = 5
"""Kinds that are told apart by color and pattern; the rest is "other"."""
OTHER = "other"


@dataclass(frozen=True, slots=True)
class Bar:
    """A piece of a column, in the units of the picture; `series` counts from 1."""

    x: float
    y: float
    width: float
    height: float
    series: int


@dataclass(frozen=True, slots=True)
class Tick:
    """A day below the bars."""

    x: float
    day: date


@dataclass(frozen=True, slots=True)
class Chart:
    """Stacked columns, a day each; `names` are the series in their order, with their totals."""

    names: Sequence[tuple[str, int]]
    bars: Sequence[Bar]
    ticks: Sequence[Tick]
    days: Sequence[DayCount]
    highest: int
    total: int
    width: float
    height: float = HEIGHT


def chart(days: Sequence[DayCount], order: Sequence[str] = (), ticks_every: int = 7) -> Chart:
    """The days as columns; without an `order` the largest series stand first, and small ones become "other"."""
    totals: Counter[str] = Counter()
    for day in days:
        totals.update(day.counts)
    names = list(order) or _largest(totals)
    shown = [DayCount(day.day, _gathered(day, names)) for day in days]
    highest = max((day.total for day in days), default=0)
    step = STEP_OF_WEEK if ticks_every == 1 else STEP_OF_MONTH
    bars = [bar for number, day in enumerate(shown) for bar in _column(day, names, number * step, step, highest)]
    return Chart(
        [(name, sum(day.counts.get(name, 0) for day in shown)) for name in names],
        bars,
        [Tick(number * step, day.day) for number, day in enumerate(days) if number % ticks_every == 0],
        shown,
        highest,
        sum(totals.values()),
        step * len(days),
    )


def _largest(totals: Counter[str]) -> list[str]:
    most = [name for name, _ in totals.most_common()]
    return most if len(most) <= SERIES else [*most[: SERIES - 1], OTHER]


def _gathered(day: DayCount, names: Sequence[str]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for name, number in day.counts.items():
        counts[name if name in names else OTHER] += number
    return counts


def _column(day: DayCount, names: Sequence[str], x: float, step: float, highest: int) -> list[Bar]:
    bars, y = [], HEIGHT
    for series, name in enumerate(names, start=1):
        if number := day.counts.get(name, 0):
            height = max(1.5, HEIGHT * number / highest)
            y -= height
            bars.append(Bar(round(x, 1), round(y, 1), round(step * (1 - GAP), 1), round(height, 1), series))
    return bars
