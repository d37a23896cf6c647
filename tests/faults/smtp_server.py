"""A mail server on loopback that misbehaves on demand: at any stage of any message it does what a test says.

The stages are connect, ehlo, mail, rcpt, data, dot, stored (accepted, nobody told) and replied (she may know it).
"""

import os
import re
import signal
import socket
import struct
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass

DROP = "drop"
"""Cut the connection without a word."""
HANG = "hang"
"""Say nothing for as long as the server lives."""

Action = str | Callable[[], "str | None"]
"""DROP, HANG, an answer such as "450 later", or something to do first that may return one of these."""

RESET_ON_CLOSE = struct.pack("ii", 1, 0)
ANSWERS = {
    "connect": "220 faulty.example",
    "ehlo": "250 faulty.example",
    "mail": "250 2.1.0 fine",
    "rcpt": "250 2.1.5 fine",
    "data": "354 go on",
    "dot": "250 2.0.0 taken",
}


def killing(pid: int) -> Callable[[], str]:
    """An action: the process dies on the spot, and the connection with it."""

    def kill() -> str:
        os.kill(pid, signal.SIGKILL)
        return DROP

    return kill


def allowing(a_second: int) -> Callable[[], "str | None"]:
    """An action for "mail": a provider's rate limit, which says 450 to what comes beyond so many in a second."""
    lock = threading.Lock()
    left, seen = float(a_second), time.monotonic()

    def count() -> str | None:
        nonlocal left, seen
        with lock:
            now = time.monotonic()
            left, seen = min(float(a_second), left + (now - seen) * a_second), now
            if left < 1:
                return "450 4.7.1 too many mails in a second"
            left -= 1
            return None

    return count


@dataclass(frozen=True, slots=True)
class Stored:
    """A message the server has taken over."""

    recipient: str
    content: bytes
    at: float

    @property
    def key(self) -> str:
        """The delivery's key, which every copy carries."""
        return self.header("X-Entity-Ref-ID")

    def header(self, name: str) -> str:
        """The text of a header, or "" when it is not there."""
        found = re.search(rf"(?im)^{name}: (.*(?:\r\n[ \t].*)*)", self.content.decode("utf-8", "replace"))
        return re.sub(r"\r\n\s?", "", found[1]).strip() if found else ""


@dataclass(slots=True)
class _Order:
    """Do `action` at a stage: after letting `skip` go by, `times` times; for one recipient only, if named."""

    stage: str
    action: Action
    skip: int
    times: int
    recipient: str | None


class _Cut(Exception):
    """The connection ends here."""


@dataclass(slots=True)
class _Dialogue:
    """One connection."""

    peer: socket.socket
    recipient: str | None = None


class SmtpServer:
    """Listens on a port of its own of 127.0.0.1 from the first moment; use it with `serving()`."""

    def __init__(self) -> None:
        self.stored: list[Stored] = []
        self.connected_at: list[float] = []
        self._orders: list[_Order] = []
        self._lock = threading.Lock()
        self._closing = threading.Event()
        self._peers: set[socket.socket] = set()
        self._threads: list[threading.Thread] = []
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._listen()

    @property
    def connections(self) -> int:
        """How many are open."""
        with self._lock:
            return len(self._peers)

    @property
    def url(self) -> str:
        """The mail setting that leads here."""
        return f"smtp://127.0.0.1:{self.port}?security=none&hostname=hub.example"

    def at(
        self, stage: str, action: Action, *, skip: int = 0, times: int = 1, recipient: str | None = None
    ) -> None:
        """From now on: at `stage`, do `action`."""
        with self._lock:
            self._orders.append(_Order(stage, action, skip, times, recipient))

    def behave(self) -> None:
        """Forget all orders."""
        with self._lock:
            self._orders.clear()

    def refuse(self) -> None:
        """Be gone: connections are refused, the open ones end."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._threads[-1].join(5)
        self._cut_all()

    def cut(self) -> None:
        """End the open connections without a word; new ones are welcome."""
        self._cut_all()

    def come_back(self) -> None:
        """Listen on the old port again."""
        self._listener = socket.create_server(("127.0.0.1", self.port))
        self._listen()

    def keys(self) -> list[str]:
        """The keys of everything stored, in order, a repeated one as often as it came."""
        with self._lock:
            return [message.key for message in self.stored]

    def close(self) -> None:
        """End everything."""
        self._closing.set()
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._cut_all()
        for thread in self._threads:
            thread.join(5)

    def _listen(self) -> None:
        self._start(self._accept, self._listener)

    def _start(self, target: Callable[[socket.socket], None], with_: socket.socket) -> None:
        thread = threading.Thread(target=target, args=(with_,), name="smtp-server", daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self, listener: socket.socket) -> None:
        while True:
            try:
                peer, _ = listener.accept()
            except OSError:
                return
            peer.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            with self._lock:
                self.connected_at.append(time.monotonic())
                self._peers.add(peer)
            # The accepting thread stays the last in the list, `refuse` waits for it.
            thread = threading.Thread(target=self._talk, args=(peer,), name="smtp-dialogue", daemon=True)
            self._threads.insert(0, thread)
            thread.start()

    def _cut_all(self) -> None:
        with self._lock:
            peers = tuple(self._peers)
        for peer in peers:
            with suppress(OSError):
                peer.shutdown(socket.SHUT_RDWR)

    def _talk(self, peer: socket.socket) -> None:
        try:
            with suppress(OSError, _Cut):
                self._dialogue(_Dialogue(peer))
        finally:
            with self._lock:
                self._peers.discard(peer)
            peer.close()

    def _dialogue(self, dialogue: _Dialogue) -> None:
        with dialogue.peer.makefile("rb") as lines:
            self._stage(dialogue, "connect")
            while line := lines.readline():
                verb = line[:4].upper().decode("ascii", "replace")
                if verb in ("EHLO", "HELO"):
                    self._stage(dialogue, "ehlo")
                elif verb == "MAIL":
                    self._stage(dialogue, "mail")
                elif verb == "RCPT":
                    dialogue.recipient = line.decode().partition("<")[2].partition(">")[0]
                    self._stage(dialogue, "rcpt")
                elif verb == "DATA":
                    if self._stage(dialogue, "data"):
                        self._receive(dialogue, lines)
                elif verb == "QUIT":
                    dialogue.peer.sendall(b"221 bye\r\n")
                    return
                else:
                    dialogue.peer.sendall(b"250 fine\r\n")

    def _receive(self, dialogue: _Dialogue, lines: Iterator[bytes]) -> None:
        content = bytearray()
        for line in lines:
            if line == b".\r\n":
                break
            content += line[1:] if line.startswith(b".") else line
        else:
            raise _Cut
        answer = self._ordered(dialogue, "dot")
        if answer is None:
            with self._lock:
                self.stored.append(Stored(dialogue.recipient or "", bytes(content), time.monotonic()))
            answer = self._ordered(dialogue, "stored")
        dialogue.peer.sendall(f"{answer or ANSWERS['dot']}\r\n".encode())
        self._ordered(dialogue, "replied")

    def _stage(self, dialogue: _Dialogue, stage: str) -> bool:
        """Answer as usual or as ordered; whether it was as usual."""
        answer = self._ordered(dialogue, stage)
        dialogue.peer.sendall(f"{answer or ANSWERS[stage]}\r\n".encode())
        return answer is None

    def _ordered(self, dialogue: _Dialogue, stage: str) -> str | None:
        """Do what was ordered for this stage; the answer to give, or None for the usual one."""
        action = self._next_order(stage, dialogue.recipient)
        if callable(action):
            action = action()
        if action == HANG:
            self._closing.wait(60)
            raise _Cut
        if action == DROP:
            with suppress(OSError):
                dialogue.peer.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
            raise _Cut
        return action

    def _next_order(self, stage: str, recipient: str | None) -> Action | None:
        with self._lock:
            for order in self._orders:
                if order.stage != stage or order.recipient not in (None, recipient):
                    continue
                if order.skip:
                    order.skip -= 1
                    continue
                order.times -= 1
                if not order.times:
                    self._orders.remove(order)
                return order.action
        return None


@contextmanager
def serving() -> Iterator[SmtpServer]:
    """A server for the time of a test."""
    server = SmtpServer()
    try:
        yield server
    finally:
        server.close()
