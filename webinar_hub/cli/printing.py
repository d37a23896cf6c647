"""How the commands write moments, messages and changes on a terminal."""

from collections.abc import Sequence
from datetime import timedelta

from webinar_hub.documents.message_words import message_words
from webinar_hub.documents.when import duration_in_words, place_of, time_range, when_in
from webinar_hub.queries.changes import Announcement, Change
from webinar_hub.queries.plan import CohortPlan, PlanLine
from webinar_hub.rules.head_start import ON_TIME, Run
from webinar_hub.rules.pacing import BULK_SHARE

WIDTH = 70
# A message that leaves within so long is not said to take time.
NOTEWORTHY = timedelta(minutes=1)


def plan_lines(plan: CohortPlan) -> list[str]:
    """A cohort's plan as a table."""
    lines = [f"{plan.title} (times in {place_of(plan.zone)})", ""]
    lines += [_plan_line(line, plan.zone) for line in plan.lines]
    return lines if plan.lines else [*lines, "Nothing is planned."]


def _plan_line(line: PlanLine, zone: str) -> str:
    people = _people(line.people)
    status = {"expanded": f"sent to {line.done} of {people}", "missed": "missed"}.get(line.state, f"to {people}")
    if line.own:
        status = f"sent to {line.done} so far"
    if line.run and line.run.ends_at - line.run.starts_at >= NOTEWORTHY:
        status += f", {time_range(line.run.starts_at, line.run.ends_at, zone)}"
    moment = "on each one's own clock" if line.own else when_in(line.due_at, zone, year=True)
    about = line.about if line.own else line.about[:40]
    return f"{moment:<32} {_what(line):<28} {about:<41} {status}"


def _what(line: PlanLine) -> str:
    return message_words(line.kind, line.lead)


def warning_lines(plan: CohortPlan) -> list[str]:
    """What the limits do not allow, and what to do about it; of messages that are alike the first one only."""
    slow: dict[str, list[tuple[PlanLine, Run]]] = {}
    for line in plan.lines:
        if line.at_most and (line.at_most.late or line.at_most.left_out):
            slow.setdefault(_what(line), []).append((line, line.at_most))
    lines = [_too_slow(what, *alike[0], len(alike) - 1, plan) for what, alike in slow.items()]
    busiest = max((line.places for line in plan.lines if line.run), default=0)
    bulk = int(plan.limits.daily * BULK_SHARE)
    if plan.limits.daily and busiest > bulk:
        lines.append(
            f"Warning: a message may go to {_people(busiest)}, and WEBINAR_HUB_DAILY_LIMIT leaves {bulk} a day for"
            " such messages. The rest waits for the next day; where that is too late it is not sent."
        )
    return ["", *lines] if lines else []


def _too_slow(what: str, line: PlanLine, run: Run, others: int, plan: CohortPlan) -> str:
    takes, rate = duration_in_words(timedelta(seconds=line.places / plan.limits.rate)), f"{plan.limits.rate:g}"
    words = [
        f"Warning: “{what}” of {when_in(line.due_at, plan.zone)}{f' and {others} more like it' if others else ''}:",
        f"at {rate} {'mail' if rate == '1' else 'mails'} a second it takes {takes} to write to",
        f"{_people(line.places)}.",
    ]
    if run.late:
        minutes = -(-(run.late + ON_TIME) // timedelta(minutes=1))
        words.append(f"The last ones get it {minutes} minutes after its moment.")
    if run.left_out:
        words.append(f"{_people(run.left_out).capitalize()} would not get it before it has lost its sense.")
    words.append(f"With WEBINAR_HUB_MAIL_RATE={run.rate_needed} it is on time, if your provider allows so many.")
    return " ".join(words)


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
