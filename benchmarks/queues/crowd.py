"""The worker processes of one queue with everything they start: their memory, their time, their end."""

import os
import signal
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import ROOT, TICKS, resident_megabytes

PATIENCE = 20


@dataclass(slots=True)
class Crowd:
    """Each command runs in a session of its own, by which all its descendants are known."""

    commands: Sequence[Sequence[str]]
    environment: Mapping[str, str]
    leaders: "list[subprocess.Popen[bytes]]" = field(default_factory=list)

    def start(self) -> None:
        """Start every command."""
        everything = {**os.environ, **self.environment}
        self.leaders = [
            subprocess.Popen(
                command, cwd=ROOT, env=everything, start_new_session=True, stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
            )
            for command in self.commands
        ]  # fmt: skip

    def end(self) -> None:
        """SIGTERM, and SIGKILL to who does not listen."""
        self._signal(signal.SIGTERM)
        for leader in self.leaders:
            try:
                leader.wait(PATIENCE)
            except subprocess.TimeoutExpired:
                continue
        self.kill()

    def kill(self) -> None:
        """SIGKILL to all of them at once, as when a machine is switched off."""
        self._signal(signal.SIGKILL)
        for leader in self.leaders:
            leader.wait()
        self.leaders = []

    def memory(self) -> float:
        """Megabytes resident, summed; what forked processes share is counted for each."""
        return sum(resident_megabytes(process) for process in _alive(self._members()))

    def cpu(self) -> float:
        """Seconds of processor, with those of children that have ended."""
        return sum(seconds for _, _, seconds in self._stats())

    def _members(self) -> list[int]:
        return [process for process, _, _ in self._stats()]

    def _stats(self) -> Iterator[tuple[int, int, float]]:
        ours = {leader.pid for leader in self.leaders}
        for entry in os.listdir("/proc"):
            if entry.isdigit() and (stat := _stat(int(entry))) and stat[0] in ours:
                yield int(entry), *stat

    def _signal(self, number: int) -> None:
        for leader in self.leaders:
            # Daemons of a queue may have groups of their own; the session still knows them.
            for process in [leader.pid, *self._members()]:
                try:
                    os.kill(process, number)
                except ProcessLookupError:
                    continue


def _stat(process: int) -> tuple[int, float] | None:
    """Session, and processor time with that of ended children, in seconds."""
    try:
        fields = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return int(fields[3]), sum(int(fields[place]) for place in (11, 12, 13, 14)) / TICKS


def _alive(processes: Sequence[int]) -> list[int]:
    return [process for process in processes if Path(f"/proc/{process}/status").exists()]
