"""Clients that post as fast as they are answered, on connections kept open; so light that they do not count."""

import re
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.client import HTTPConnection
from itertools import count
from urllib.parse import urlencode

_serial = count(time.time_ns())


@dataclass(frozen=True, slots=True)
class Load:
    """What came of one round; `latencies` in seconds, sorted, one per answer."""

    per_second: float
    latencies: list[float]
    errors: list[str]


def bare_post(path: str) -> Callable[[], bytes]:
    """The same empty post each time."""
    request = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 0\r\n\r\n".encode()
    return lambda: request


def sign_up_post(port: int, path: str) -> Callable[[], bytes]:
    """A filled-in form of somebody new each time, with token and cookie of a page that was really fetched."""
    connection = HTTPConnection("127.0.0.1", port)
    connection.request("GET", path)
    answer = connection.getresponse()
    page = answer.read().decode()
    cookie = (answer.getheader("Set-Cookie") or "").partition(";")[0]
    found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    if found is None:
        raise ValueError("the page has no form")
    fields = {"csrf_token": found[1], "profession": "OT", "zone": "America/New_York", "leave_empty": ""}

    def request() -> bytes:
        number = next(_serial)
        body = urlencode({**fields, "name": f"Ann {number}", "email": f"ann.{number}@example.net"})
        head = (
            f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nCookie: {cookie}\r\n"
            f"Content-Type: application/x-www-form-urlencoded\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return (head + body).encode()

    return request


def load(port: int, request: Callable[[], bytes], *, wanted: int, clients: int, seconds: float) -> Load:
    """Post from this many clients for so long; an answer that has not the `wanted` status is an error."""
    latencies: list[float] = []
    errors: list[str] = []
    until = time.perf_counter() + seconds
    begun = time.perf_counter()
    threads = [
        threading.Thread(target=_client, args=(port, request, wanted, until, latencies, errors))
        for _ in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return Load(len(latencies) / (time.perf_counter() - begun), sorted(latencies), errors)


def _client(
    port: int, request: Callable[[], bytes], wanted: int, until: float, latencies: list[float], errors: list[str]
) -> None:
    with socket.create_connection(("127.0.0.1", port), timeout=30) as connection:
        while (begun := time.perf_counter()) < until:
            try:
                connection.sendall(request())
                status = _read_answer(connection)
            except OSError as error:
                errors.append(repr(error))
                return
            if status == wanted:
                latencies.append(time.perf_counter() - begun)
            else:
                errors.append(f"status {status}")


def _read_answer(connection: socket.socket) -> int:
    received = b""
    while b"\r\n\r\n" not in received:
        received += _some(connection)
    head, _, body = received.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    missing = int(length[1]) - len(body) if length else 0
    while missing > 0:
        missing -= len(_some(connection))
    return int(head[9:12])


def _some(connection: socket.socket) -> bytes:
    received = connection.recv(65536)
    if not received:
        raise ConnectionError("the server closed the connection")
    return received
