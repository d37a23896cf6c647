"""A network of its own for one process, on links that can be cut: a network namespace and two pairs of veth.

Over the inner link it reaches database and broker, over the outer one its mail server; nothing leaves the machine.
"""

import os
import shutil
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field

PIECE = 1 << 16
Target = tuple[str, int] | str
"""A TCP address, or the path of a Unix socket."""


def possible() -> bool:
    """Whether this machine lets us make networks."""
    return os.geteuid() == 0 and shutil.which("ip") is not None


def ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True, timeout=10)


class Relay:
    """Carries bytes between whoever connects to a port of `address` and `target`, until it is closed."""

    def __init__(self, address: str, target: Target) -> None:
        self._target = target
        self._open: set[socket.socket] = set()
        self._listener = socket.create_server((address, 0))
        self.port: int = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._accept, daemon=True)]
        self._threads[0].start()

    def close(self) -> None:
        """End all connections, and wait until that is done."""
        # Closing would not wake a thread that waits.
        for end in (self._listener, *self._open):
            shut(end)
        for thread in self._threads:
            thread.join(5)

    def _accept(self) -> None:
        with self._listener:
            while True:
                try:
                    near, _ = self._listener.accept()
                except OSError:
                    return
                thread = threading.Thread(target=self._connect, args=(near,), daemon=True)
                self._threads.append(thread)
                thread.start()

    def _connect(self, near: socket.socket) -> None:
        is_path = isinstance(self._target, str)
        with near, socket.socket(socket.AF_UNIX if is_path else socket.AF_INET) as far:
            far.connect(self._target)
            self._open |= {near, far}
            back = threading.Thread(target=carry, args=(far, near), daemon=True)
            back.start()
            carry(near, far)
            back.join()
            self._open -= {near, far}


def carry(source: socket.socket, sink: socket.socket) -> None:
    """Carry bytes one way; when one end is gone the other has to go."""
    with suppress(OSError):
        while piece := source.recv(PIECE):
            sink.sendall(piece)
    shut(source)
    shut(sink)


def shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)


@dataclass(slots=True)
class FarSide:
    """A namespace named `name`; `inner` and `outer` are this side's addresses on the two links."""

    name: str
    inner: str
    outer: str
    relays: list[Relay] = field(default_factory=list)

    @property
    def before(self) -> list[str]:
        """What goes in front of a command to run it there."""
        return ["ip", "netns", "exec", self.name]

    def lead(self, address: str, target: Target) -> int:
        """Let the far side reach `target` at `address`; the port."""
        self.relays.append(Relay(address, target))
        return self.relays[-1].port

    def cut(self) -> None:
        """Let every packet on the inner link vanish."""
        ip("link", "set", f"{self.name}i", "down")

    def heal(self) -> None:
        """Bring the inner link back."""
        ip("link", "set", f"{self.name}i", "up")


@contextmanager
def far_side() -> Iterator[FarSide]:
    """A namespace for the time of a test; links and namespace go with it."""
    name, third = f"wh{os.getpid() % 100000}", os.getpid() % 200
    side = FarSide(name, f"10.213.{third}.1", f"10.214.{third}.1")
    with ExitStack() as stack:
        ip("netns", "add", name)
        stack.callback(ip, "netns", "del", name)
        ip("-n", name, "link", "set", "lo", "up")
        for letter, address in (("i", side.inner), ("o", side.outer)):
            ip("link", "add", f"{name}{letter}", "type", "veth", "peer", "name", "far" + letter, "netns", name)
            stack.callback(ip, "link", "del", f"{name}{letter}")
            ip("addr", "add", f"{address}/30", "dev", f"{name}{letter}")
            ip("link", "set", f"{name}{letter}", "up")
            ip("-n", name, "addr", "add", f"{address.removesuffix('1')}2/30", "dev", "far" + letter)
            ip("-n", name, "link", "set", "far" + letter, "up")
        try:
            yield side
        finally:
            for each in side.relays:
                each.close()
