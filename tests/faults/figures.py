"""What was lost, what came twice and how long it took to work again: measured in each run, one table at the end.

A test notes its figures with the fixture `figures`. What is lost or repeated is held to its limit in every run, how
many seconds it took only with `--figures`, as `make faults` runs it: on a busy machine a second is no second.
"""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from seeding import Hub
from smtp_server import SmtpServer, Stored

PROPERTY = "fault figures"
COLUMNS = ("fault", "what happened", "runs", "lost", "repeated", "allowed", "seconds", "limit")


@dataclass(frozen=True, slots=True)
class Figure:
    """One run; `seconds` until it worked again, `limit` what they are held to, `allowed` as many repeats."""

    fault: str
    happened: str
    lost: int
    repeated: int
    allowed: int = 0
    seconds: float | None = None
    limit: float | None = None


@dataclass(slots=True)
class Figures:
    """Keeps a test's figures with its report, and holds them to their limits; the times only if `hold_times`."""

    properties: list[tuple[str, object]]
    hold_times: bool
    too_slow: list[str] = field(default_factory=list)

    def note(self, fault: str, happened: str, **values: Any) -> None:
        """One figure of one run; fails the test when something was lost, or repeated beyond what is allowed."""
        figure = Figure(fault, happened, **values)
        self.properties.append((PROPERTY, asdict(figure)))
        assert figure.lost == 0, figure
        assert figure.repeated <= figure.allowed, figure
        if self.hold_times and figure.limit is not None and (figure.seconds or 0.0) > figure.limit:
            self.too_slow.append(f"{fault}, {happened}: {figure.seconds:.1f} s, the limit is {figure.limit:g} s")

    def note_mails(self, fault: str, happened: str, hub: Hub, servers: Sequence[SmtpServer], **values: Any) -> None:
        """The same, with lost and repeated counted from what the outbox holds and what the servers were given."""
        copies = copies_of(servers)
        self.note(fault, happened, lost=lost(hub, copies), repeated=repeated(copies), **values)


def copies_of(servers: Iterable[SmtpServer]) -> dict[str, list[Stored]]:
    """Every mail the servers took, by its delivery's key; each copy must be the same to the byte."""
    copies: dict[str, list[Stored]] = defaultdict(list)
    for server in servers:
        for message in tuple(server.stored):
            copies[message.key].append(message)
    for messages in copies.values():
        assert len({message.header("Message-ID") for message in messages}) == 1
        assert len({message.content for message in messages}) == 1
    return copies


def repeated(copies: dict[str, list[Stored]]) -> int:
    """How many mails came once more than they should."""
    return sum(len(messages) - 1 for messages in copies.values())


def lost(hub: Hub, copies: dict[str, list[Stored]]) -> int:
    """How many deliveries say that they were sent and no server has them, or have not come to any end."""
    rows = hub.deliveries()
    missing = [row for row in rows if row.state == "sent" and row.key not in copies]
    return len(missing) + sum(row.state in ("queued", "sending") for row in rows)


def table(figures: Iterable[dict[str, Any]]) -> list[str]:
    """The lines of a Markdown table: one row for each thing that happened, the worst of its runs."""
    rows: dict[tuple[str, str], list[Figure]] = defaultdict(list)
    for values in figures:
        figure = Figure(**values)
        rows[figure.fault, figure.happened].append(figure)
    cells = [COLUMNS, *(_row(runs) for _, runs in sorted(rows.items(), key=_in_order))]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    lines = ["| " + " | ".join(map(str.ljust, row, widths)) + " |" for row in cells]
    return [lines[0], "|" + "|".join("-" * (width + 2) for width in widths) + "|", *lines[1:]]


def _in_order(entry: tuple[tuple[str, str], list[Figure]]) -> tuple[int, str]:
    (fault, happened), _ = entry
    return int(fault.removeprefix("F")), happened


def _row(runs: Sequence[Figure]) -> tuple[str, ...]:
    seconds = [run.seconds for run in runs if run.seconds is not None]
    limit = runs[0].limit
    return (
        runs[0].fault,
        runs[0].happened,
        str(len(runs)),
        str(sum(run.lost for run in runs)),
        str(sum(run.repeated for run in runs)),
        str(sum(run.allowed for run in runs)),
        f"{max(seconds):.1f}" if seconds else "",
        f"{limit:g}" if limit is not None else "",
    )
