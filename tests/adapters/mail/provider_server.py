"""A real HTTP server on loopback that answers as a provider would, or as a script says for the next calls."""

import json
import socket
import ssl
import threading
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple

from webinar_hub.adapters.mail.providers import Provider


class Call(NamedTuple):
    """What was asked; header names in any case."""

    method: str
    path: str
    headers: "Message[str, str]"
    body: bytes


class Reply(NamedTuple):
    """What is answered: a text, or an object that becomes JSON."""

    status: int
    content: Any
    headers: dict[str, str] = {}  # noqa: RUF012  never changed

    @property
    def body(self) -> bytes:
        return self.content.encode() if isinstance(self.content, str) else json.dumps(self.content).encode()


class Rejected(Exception):
    """Raised where a provider would say no."""

    def __init__(self, status: int, content: Any) -> None:
        super().__init__(status, content)
        self.reply = Reply(status, content)


Deed = Callable[[socket.socket], None]
"""Does what it likes with the connection instead of answering; the connection is closed afterwards."""


@dataclass
class ProviderServer:
    """Runs in threads on a free port; `answers` is the provider's own conduct."""

    answers: Callable[[Call], Reply]
    tls: ssl.SSLContext | None = None
    calls: list[Call] = field(default_factory=list)
    script: deque[Reply | Deed] = field(default_factory=deque)

    def __post_init__(self) -> None:
        self.connections: list[socket.socket] = []
        self.stopping = threading.Event()
        server = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"
            # An answer in two segments would wait 40 ms for the client's acknowledgement.
            disable_nagle_algorithm = True

            def setup(self) -> None:
                super().setup()
                server.connections.append(self.connection)

            def answer(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                call = Call(self.command, self.path, self.headers, body)
                server.calls.append(call)
                reply = server.script.popleft() if server.script else server.answers(call)
                if not isinstance(reply, Reply):
                    reply(self.connection)
                    self.close_connection = True
                    return
                self.send_response(reply.status)
                for name, value in {"Content-Length": str(len(reply.body)), **reply.headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(reply.body)

            do_GET = do_POST = answer

            def log_message(self, *_: Any) -> None:
                pass

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self._server.handle_error = lambda *_: None  # type: ignore[method-assign,assignment]  broken on purpose
        if self.tls:
            self._server.socket = self.tls.wrap_socket(self._server.socket, server_side=True)
        self.url = f"http{'s' if self.tls else ''}://127.0.0.1:{self._server.server_address[1]}"
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Close the door, and every connection behind it."""
        self.stopping.set()
        self._server.shutdown()
        self._server.server_close()
        self.drop_everybody()
        self._thread.join()

    def drop_everybody(self) -> None:
        for connection in self.connections:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue


class Conduct:
    """How one provider behaves; `taken` is what it has taken over, `delivered` the same as the test's own bytes."""

    key = "se+cret/key-0123456789"

    def __init__(self) -> None:
        self.taken: list[Any] = []

    def answers(self, call: Call) -> Reply:
        try:
            return self.answer(call)
        except Rejected as no:
            return no.reply

    def answer(self, call: Call) -> Reply:
        raise NotImplementedError

    def provider(self, url: str) -> Provider:
        """The adapter that is to be tested against this."""
        raise NotImplementedError

    def setting(self, url: str) -> str:
        """The same as an operator writes it."""
        raise NotImplementedError

    def delivered(self) -> list[bytes]:
        raise NotImplementedError

    def said_no(self, words: str) -> Reply:
        """How the provider refuses one message."""
        raise NotImplementedError

    def key_of(self, number: int) -> str:
        """Which delivery the message belongs to, as its webhook would tell."""
        raise NotImplementedError
