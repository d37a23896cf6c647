"""The server all send to: Postfix's smtp-sink, counting as it goes, and writing down what came where asked to."""

import re
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.processes import ROOT, free_port, wait_for_port

_COUNT = re.compile(rb"mesg=\s*(\d+)\r")


@dataclass(slots=True)
class Sink:
    """`received` mails so far, and the moments (monotonic) at which that was seen, a few hundred a second."""

    port: int
    dump: Path | None
    received: int = 0
    seen: list[tuple[float, int]] = field(default_factory=list)

    def references(self) -> Counter[str]:
        """How often each X-Entity-Ref-ID was received; only where it writes down what came."""
        if self.dump is None or not self.dump.exists():
            return Counter()
        return Counter(re.findall("(?m)^X-Entity-Ref-ID: *(\\S+)", self.dump.read_text("utf-8", "replace")))

    def moment_of(self, mails: int) -> float:
        """When so many were received."""
        return next(moment for moment, count in self.seen if count >= mails)


@contextmanager
def sink(folder: Path, *, writes: bool = False) -> Iterator[Sink]:
    """A server of its own on a free port; with `writes` it keeps every mail, which makes it a little slower."""
    port = free_port()
    dump = folder / "received" if writes else None
    folder.chmod(0o777)
    options = ["-D", str(dump)] if dump else []
    command = ["/usr/sbin/smtp-sink", "-c", *options, "-u", "nobody", f"127.0.0.1:{port}", "100"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE)
    server = Sink(port, dump)
    reader = threading.Thread(target=_count, args=(process, server), daemon=True)
    reader.start()
    try:
        wait_for_port(port)
        yield server
    finally:
        process.terminate()
        process.wait()
        reader.join()


def _count(process: "subprocess.Popen[bytes]", server: Sink) -> None:
    assert process.stdout is not None
    kept = b""
    while some := process.stdout.read1(65536):
        counts = _COUNT.findall(kept + some)
        kept = (kept + some)[-40:]
        if counts and int(counts[-1]) != server.received:
            server.received = int(counts[-1])
            server.seen.append((time.monotonic(), server.received))
        # So that counting takes no time from those who send.
        time.sleep(0.004)
