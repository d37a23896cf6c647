"""How the commands write moments, messages and changes on a terminal."""

from collections.abc import Sequence

from webinar_hub.documents.message_words import message_words
from webinar_hub.documents.when import place_of, when_in
from webinar_hub.queries.changes import Announcement, Change
from webinar_hub.queries.plan import CohortPlan, PlanLine

WIDTH = 70


def plan_lines(plan: CohortPlan) -> list[str]:
    """A cohort's plan as a table."""
    lines = [f"{plan.title} (times in {place_of(plan.zone)})", ""]
    lines += [_plan_line(line, plan.zone) for line in plan.lines]
    return lines if plan.lines else [*lines, "Nothing is planned."]


def _plan_line(line: PlanLine, zone: str) -> str:
    what = message_words(line.kind, line.lead)
    people = _people(line.people)
    status = {"expanded": f"sent to {line.done} of {people}", "missed": "missed"}.get(line.state, f"to {people}")
    return f"{when_in(line.due_at, zone, year=True):<32} {what:<28} {line.about[:40]:<41} {status}"


def change_lines(changes: Sequence[Change]) -> list[str]:
    """What differs, old above new."""
    lines = []
    for change in changes:
        if change.before is None:
            lines.append(f"  + {change.what}: {_short(change.after)}")
        elif change.after is None:
            lines.append(f"  - {change.what}: {_short(change.before)}")
        else:
            lines.append(f"  ~ {change.what}: {_short(change.before)}")
            lines.append(f"    {'becomes':>{len(change.what)}}: {_short(change.after)}")
    return lines


def announcement_lines(announcements: Sequence[Announcement]) -> list[str]:
    """Who will be mailed at once."""
    if not announcements:
        return ["Nobody is mailed because of this."]
    return [
        f"Mailed at once: {message_words(item.kind)} “{item.about}” to {_people(item.people)}."
        for item in announcements
    ]


def _people(number: int) -> str:
    return f"{number} {'person' if number == 1 else 'people'}"


def _short(text: str | None) -> str:
    text = " ".join((text or "").split())
    return text if len(text) <= WIDTH else text[: WIDTH - 1] + "…"
