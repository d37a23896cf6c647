"""A measured figure, and the table at the end of a run."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Figure:
    """What was measured; `goal` is a bound for `value`, or None for a figure that only stands beside others."""

    name: str
    value: float
    unit: str
    goal: float | None = None
    better: Literal["above", "below"] = "above"

    @property
    def reached(self) -> bool:
        """Whether the goal is reached; a figure without one always is."""
        if self.goal is None:
            return True
        return self.value >= self.goal if self.better == "above" else self.value <= self.goal


def table(figures: Iterable[Figure]) -> str:
    """One line a figure: what, how much, and whether that reaches the goal."""
    return "\n".join(_line(figure) for figure in figures)


def _line(figure: Figure) -> str:
    amount = f"{figure.value:,.2f}" if abs(figure.value) < 100 else f"{figure.value:,.0f}"
    goal = ""
    if figure.goal is not None:
        sign = "≥" if figure.better == "above" else "≤"
        goal = f"goal {sign} {figure.goal:g}: {'reached' if figure.reached else 'MISSED'}"
    return f"{figure.name:<58} {amount:>10} {figure.unit:<10} {goal}".rstrip()
