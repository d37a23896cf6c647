"""A breaking proxy in front of PostgreSQL: it reads enough of the protocol to know which COMMIT goes by.

At a COMMIT it does what a test says, before the server has seen it or after the server has done it and before the
client hears of it. PostgreSQL's documentation, chapter "Message Formats", says what the messages look like.
"""

import re
import socket
import struct
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Literal

from psycopg.conninfo import conninfo_to_dict
from smtp_server import RESET_ON_CLOSE

When = Literal["before", "after"]
Action = Callable[[], object]
"""Done at the COMMIT; afterwards both sides of the connection are reset."""

TYPE_AND_LENGTH = struct.Struct("!cI")
LENGTH = struct.Struct("!I")
# The tag of the server's CommandComplete, of a COMMIT or of a statement that is a transaction of its own.
COMMITTED = re.compile(rb"COMMIT\x00|SELECT \d+\x00")


def nothing_else() -> None:
    """The connection is reset at that moment, and that is all."""


@dataclass(slots=True)
class _Order:
    """At a COMMIT of a transaction in which a statement matched `within`."""

    when: When
    within: re.Pattern[bytes]
    action: Action
    skip: int
    done: bool = False


@dataclass(slots=True, eq=False)
class _Pair:
    """One client and its own connection to the server."""

    client: socket.socket
    server: socket.socket
    statements: dict[bytes, bytes] = field(default_factory=dict)
    said: bytes = b""
    in_transaction: bool = False
    after_commit: Action | None = None

    def reset(self) -> None:
        """End both sides at once, as a broken network does."""
        with suppress(OSError):
            self.client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
        for side in (self.client, self.server):
            with suppress(OSError):
                side.shutdown(socket.SHUT_RDWR)
            side.close()


class PostgresProxy:
    """Listens on a port of its own of 127.0.0.1, or on `listener`, and leads to the server behind `url`."""

    def __init__(self, url: str, listener: socket.socket | None = None) -> None:
        self._target = {key: str(value) for key, value in conninfo_to_dict(url).items()}
        self._listener = listener or socket.create_server(("127.0.0.1", 0))
        self._host, self._port = self._listener.getsockname()[:2]
        self._lock = threading.Lock()
        self._orders: list[_Order] = []
        self._pairs: set[_Pair] = set()
        self.hits = 0
        _start(self._accept)

    @property
    def url(self) -> str:
        """The database's URL through this proxy; in clear text, so that it can be read."""
        user, database = self._target["user"], self._target["dbname"]
        password = self._target.get("password", "")
        where = f"{self._host}:{self._port}/{database}"
        return f"postgresql://{user}:{password}@{where}?sslmode=disable&gssencmode=disable"

    def at_commit(self, when: When, within: bytes, action: Action = nothing_else, *, skip: int = 0) -> None:
        """Once, at the COMMIT of a transaction that holds a statement matching `within`, after `skip` such ones."""
        with self._lock:
            self._orders.append(_Order(when, re.compile(within), action, skip))

    def close(self) -> None:
        """End everything."""
        with suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        with self._lock:
            pairs = tuple(self._pairs)
        for pair in pairs:
            pair.reset()

    def _accept(self) -> None:
        while True:
            try:
                client, _ = self._listener.accept()
            except OSError:
                return
            try:
                server = self._connect()
            except OSError:
                # As the server itself would look: nobody is there.
                client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)
                client.close()
                continue
            client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            pair = _Pair(client, server)
            with self._lock:
                self._pairs.add(pair)
            _start(lambda pair=pair: self._guarded(pair, self._to_server))
            _start(lambda pair=pair: self._guarded(pair, self._to_client))

    def _connect(self) -> socket.socket:
        host, port = self._target["host"], self._target.get("port", "5432")
        if not host.startswith("/"):
            return socket.create_connection((host, int(port)), timeout=None)
        server = socket.socket(socket.AF_UNIX)
        server.connect(f"{host}/.s.PGSQL.{port}")
        return server

    def _guarded(self, pair: _Pair, talk: Callable[[_Pair], None]) -> None:
        try:
            with suppress(OSError):
                talk(pair)
        finally:
            pair.reset()
            with self._lock:
                self._pairs.discard(pair)

    def _to_server(self, pair: _Pair) -> None:
        with pair.client.makefile("rb") as stream:
            startup = stream.read(LENGTH.size)
            if len(startup) == LENGTH.size:
                pair.server.sendall(startup + stream.read(LENGTH.unpack(startup)[0] - LENGTH.size))
            while len(head := stream.read(TYPE_AND_LENGTH.size)) == TYPE_AND_LENGTH.size:
                kind, length = TYPE_AND_LENGTH.unpack(head)
                body = stream.read(length - LENGTH.size)
                order = self._order_for(pair, _statement(pair, kind, body))
                if order and order.when == "before":
                    self._carry_out(order.action)
                    return
                if order:
                    pair.after_commit = order.action
                pair.server.sendall(head + body)

    def _to_client(self, pair: _Pair) -> None:
        held = b""
        while data := pair.server.recv(1 << 16):
            if pair.after_commit is None:
                pair.client.sendall(data)
                continue
            held += data
            if COMMITTED.search(held):
                self._carry_out(pair.after_commit)
                return

    def _carry_out(self, action: Action) -> None:
        action()
        self.hits += 1

    def _order_for(self, pair: _Pair, statement: bytes) -> _Order | None:
        """What to do now, if this statement is a COMMIT somebody waits for."""
        if not _commits(pair, statement):
            return None
        with self._lock:
            for order in self._orders:
                if not order.done and order.within.search(pair.said):
                    order.done = not order.skip
                    order.skip -= 1
                    return order if order.done else None
        return None


def _commits(pair: _Pair, statement: bytes) -> bool:
    """Whether this is a COMMIT, or runs outside any transaction and so is one by itself."""
    verb = statement[:8].upper()
    if verb.startswith((b"BEGIN", b"ROLLBACK")):
        pair.said, pair.in_transaction = b"", verb.startswith(b"BEGIN")
        return False
    if verb.startswith(b"COMMIT"):
        pair.in_transaction = False
        return True
    pair.said = pair.said + statement if pair.in_transaction else statement
    return bool(statement) and not pair.in_transaction


def _statement(pair: _Pair, kind: bytes, body: bytes) -> bytes:
    """The text a message has the server run; a prepared statement is known by its name after the first time."""
    if kind == b"Q":
        return body
    if kind == b"P":  # only prepared: it runs when values are bound to it
        name, text, _ = body.split(b"\x00", 2)
        pair.statements[name] = text
    if kind == b"B":
        _, name, _ = body.split(b"\x00", 2)
        return pair.statements.get(name, b"")
    return b""


def _start(target: Callable[[], None]) -> None:
    threading.Thread(target=target, name="postgres-proxy", daemon=True).start()


@contextmanager
def between(url: str, listener: socket.socket | None = None) -> Iterator[PostgresProxy]:
    """A proxy for the time of a test."""
    proxy = PostgresProxy(url, listener)
    try:
        yield proxy
    finally:
        proxy.close()
