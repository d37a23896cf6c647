"""A network that swallows packets: a namespace of its own behind a virtual cable, on this machine only."""

import ctypes
import os
import socket
import subprocess
import threading
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

CLONE_NEWNET = 0x40000000


@dataclass(frozen=True, slots=True)
class BrokenNetwork:
    """`listener` is a socket at the far end; connections made to it survive that nothing comes through."""

    listener: socket.socket
    name: str
    near: str

    def swallow(self) -> None:
        """From now on nothing comes back from the far end, and nobody is told."""
        _ip("-n", self.name, "route", "add", "blackhole", f"{self.near}/32")

    def restore(self) -> None:
        """Let everything through again."""
        _ip("-n", self.name, "route", "del", "blackhole", f"{self.near}/32")


def _ip(*arguments: str) -> None:
    subprocess.run(["ip", *arguments], check=True, capture_output=True)


def _listen(name: str, address: str, found: list[socket.socket]) -> None:
    # A namespace belongs to a thread; the socket stays in it when the thread has ended.
    with Path(f"/run/netns/{name}").open() as namespace:
        libc = ctypes.CDLL(None, use_errno=True)
        if libc.setns(namespace.fileno(), CLONE_NEWNET):
            raise OSError(ctypes.get_errno(), "setns")
    found.append(socket.create_server((address, 0)))


@contextmanager
def broken_network() -> Iterator[BrokenNetwork]:
    """A cable between this network and another one, for the time of a test; skips it without the right to."""
    name, cable = f"hub-{os.getpid()}", f"hub{os.getpid() % 100000}"
    near, far = (f"10.231.{os.getpid() % 250}.{last}" for last in (1, 2))
    try:
        _ip("netns", "add", name)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("needs `ip` and the right to make a network namespace")
    try:
        _ip("link", "add", f"{cable}a", "type", "veth", "peer", "name", f"{cable}b", "netns", name)
        _ip("addr", "add", f"{near}/30", "dev", f"{cable}a")
        _ip("link", "set", f"{cable}a", "up")
        _ip("-n", name, "addr", "add", f"{far}/30", "dev", f"{cable}b")
        _ip("-n", name, "link", "set", f"{cable}b", "up")
        found: list[socket.socket] = []
        thread = threading.Thread(target=_listen, args=(name, far, found))
        thread.start()
        thread.join()
        yield BrokenNetwork(found[0], name, near)
    finally:
        with suppress(subprocess.CalledProcessError):
            _ip("netns", "del", name)
