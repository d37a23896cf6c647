"""HTTP connections on which a whole call has a deadline; calling.py makes the calls.

The time-out of a library is for one wait: a server that sends a byte now and then, or has many addresses of which
none answers, could hold a sender beyond its lease, and then two of them would send the same mail.
"""

import io
import socket
from collections.abc import Callable
from http.client import HTTPResponse
from typing import TYPE_CHECKING, Any

from requests.adapters import HTTPAdapter
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer


class Watch:
    """How much time is left for the call that is under way, and whether any of it has left the house."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._deadline = 0.0
        self.went_out = False

    def start(self, seconds: float) -> None:
        """Begin a call that may take this long."""
        self._deadline = self._monotonic() + seconds
        self.went_out = False

    @property
    def is_over(self) -> bool:
        """Whether the time is used up."""
        return self._monotonic() >= self._deadline

    def left(self) -> float:
        """Seconds to wait for whatever comes next; TimeoutError when there are none."""
        left = self._deadline - self._monotonic()
        if left <= 0:
            raise TimeoutError("the time for one message is used up")
        return left


class PunctualAdapter(HTTPAdapter):
    """One connection that is kept open; every wait on it ends when the watch says so. Nothing is tried twice."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        super().__init__(pool_connections=1, pool_maxsize=1, max_retries=0)

    def init_poolmanager(self, *args: Any, **options: Any) -> None:
        """Use connections that look at the watch."""
        super().init_poolmanager(*args, **options)
        response = type("Response", (_PunctualResponse,), {"watch": self._watch})
        members = {"watch": self._watch, "response_class": response}
        plain = type("Plain", (_PunctualConnection,), members)
        encrypted = type("Encrypted", (_PunctualConnection, HTTPSConnection), members)
        self.poolmanager.pool_classes_by_scheme = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("EncryptedPool", (HTTPSConnectionPool,), {"ConnectionCls": encrypted}),
        }


class _PunctualConnection(HTTPConnection):
    watch: Watch

    def connect(self) -> None:
        super().connect()
        # Each address of the host may have been waited for: is there still time to say anything?
        self.watch.left()

    def send(self, data: Any) -> None:
        if self.sock is None:
            self.connect()
        self.sock.settimeout(self.watch.left())
        self.watch.went_out = True
        super().send(data)


class _PunctualResponse(HTTPResponse):
    watch: Watch

    def __init__(self, sock: socket.socket, *args: Any, **options: Any) -> None:
        super().__init__(sock, *args, **options)
        self.fp = io.BufferedReader(_PunctualReader(sock, self.fp.detach(), self.watch))


class _PunctualReader(io.RawIOBase):
    def __init__(self, sock: socket.socket, raw: io.RawIOBase, watch: Watch) -> None:
        self._sock = sock
        self._raw = raw
        self._watch = watch

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int | None:
        self._sock.settimeout(self._watch.left())
        return self._raw.readinto(buffer)

    def close(self) -> None:
        self._raw.close()
        super().close()
