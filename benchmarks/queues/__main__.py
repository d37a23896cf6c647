"""The match: `python -m benchmarks.queues [--mails 10000] [--rounds 5] [--only ours-2,huey] [--no-kill]`.
With `--rounds 0` they are only killed.

Every round plays all of them, one after the other, with a part of the mails, so that a machine that grows slower
is slow for all; ratios are taken within a round. Afterwards each is killed with -9 in mid-run.
"""

import argparse
import os
import signal
import sys
from collections.abc import Callable, Sequence
from statistics import median

from benchmarks.figures import Figure, table
from benchmarks.queues.contestants import Contestant, field
from benchmarks.queues.ground import Ground, ground
from benchmarks.queues.match import Killed, Round, kill, play
from benchmarks.queues.words import Words, words

TIMES_THE_BEST = 4.0
SHARE_OF_SMTPLIB = 0.5
SECOND_WORKER = 1.6
Rounds = dict[str, list[Round]]


def main() -> int:
    """Play, print, and say by the exit status whether the goals are reached."""
    asked = _asked()
    # So that whoever ends it early leaves no server behind.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    chosen = {name: one for name, one in field().items() if not asked.only or name in asked.only.split(",")}
    text = words()
    with ground() as below:
        rounds = _rounds(chosen, below, text, asked.mails, asked.rounds)
        killed = {} if asked.no_kill else _killed(chosen, below, text, asked.mails // 5)
    print(_overview(chosen, rounds, killed, asked.mails))
    found = list(_ratios(chosen, rounds)) if asked.rounds else []
    print(table(found))
    return 0 if all(figure.reached for figure in found) else 1


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="benchmarks.queues")
    parser.add_argument("--mails", type=int, default=10_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", default="")
    parser.add_argument("--no-kill", action="store_true")
    return parser.parse_args()


def _rounds(chosen: dict[str, Contestant], below: Ground, text: Words, mails: int, rounds: int) -> Rounds:
    found: Rounds = {name: [] for name in chosen}
    for number in range(rounds):
        for name, contestant in chosen.items():
            # What is fast plays a whole match each round: a second would be too short to measure.
            wanted = mails // rounds if contestant.is_peer else mails
            one = play(contestant, below, text, wanted)
            load = os.getloadavg()[0]
            _tell(f"round {number + 1}, {name}, load {load:.1f}: {one}")
            found[name].append(one)
    return found


def _killed(chosen: dict[str, Contestant], below: Ground, text: Words, mails: int) -> dict[str, Killed]:
    found = {}
    for name, contestant in chosen.items():
        if contestant.recovers:
            found[name] = kill(contestant, below, text, mails)
            _tell(f"killed, {name}: {found[name]}")
    return found


def _tell(line: str) -> None:
    print(line, file=sys.stderr, flush=True)


def _overview(chosen: dict[str, Contestant], rounds: Rounds, killed: dict[str, Killed], mails: int) -> str:
    """A table in Markdown: min–median–max of the rates, the worst of the rest."""
    lines = [
        f"| queue | mails/s (min–median–max) | s to enqueue {mails:,} | most MB | CPU s per 1,000 "
        "| kill -9: lost | repeated |",
        "|---|---|---|---|---|---|---|",
    ]
    for name, contestant in chosen.items():
        rates = sorted(one.rate for one in rounds[name]) or [0.0]
        end = killed.get(name)
        lines.append(
            f"| {contestant.name} | {rates[0]:,.0f}–**{median(rates):,.0f}**–{rates[-1]:,.0f} "
            f"| {_enqueueing(rounds[name], mails):.1f} "
            f"| {max((one.megabytes for one in rounds[name]), default=0):.0f} "
            f"| {median([one.cpu for one in rounds[name]] or [0]):.2f} "
            f"| {end.lost if end else ''} | {end.repeated if end else ''} |"
        )
    return "\n".join(lines)


def _enqueueing(rounds: list[Round], mails: int) -> float:
    return mails * sum(one.enqueueing for one in rounds) / max(1, sum(one.received for one in rounds))


def _ratios(chosen: dict[str, Contestant], rounds: Rounds) -> Sequence[Figure]:
    """Each round has its own ratio; here are their medians, with the lowest and the highest in the name."""
    peers = [name for name, contestant in chosen.items() if contestant.is_peer]
    found = []
    if peers and "ours-2" in chosen:
        best = _ratio(rounds, lambda r, n: r["ours-2"][n].rate / max(r[peer][n].rate for peer in peers))
        found.append(_figure("ours, two workers, to the best of the others", best, TIMES_THE_BEST))
    for processes in ("1", "2"):
        if {f"ours-{processes}", f"bare-{processes}"} <= chosen.keys():
            share = _ratio(rounds, lambda r, n, p=processes: r[f"ours-{p}"][n].rate / r[f"bare-{p}"][n].rate)
            found.append(_figure(f"ours to bare smtplib, {processes} × 4", share, SHARE_OF_SMTPLIB))
    for first, second, goal in (("ours-1", "ours-2", SECOND_WORKER), ("bare-1", "bare-2", None)):
        if {first, second} <= chosen.keys():
            gain = _ratio(rounds, lambda r, n, a=first, b=second: r[b][n].rate / r[a][n].rate)
            found.append(_figure(f"a second process: {second} to {first}", gain, goal))
    return found


def _ratio(rounds: Rounds, of: Callable[[Rounds, int], float]) -> list[float]:
    return sorted(of(rounds, number) for number in range(len(next(iter(rounds.values())))))


def _figure(name: str, ratios: list[float], goal: float | None) -> Figure:
    return Figure(f"{name} ({ratios[0]:.2f} to {ratios[-1]:.2f})", median(ratios), "times", goal)


if __name__ == "__main__":
    sys.exit(main())
