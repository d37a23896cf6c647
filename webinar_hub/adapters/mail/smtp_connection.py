"""Opens a connection to a mail server: greeting, TLS and sign-in; smtp_session.py then speaks for each message."""

import smtplib
import socket
import ssl
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Literal

Security = Literal["none", "starttls", "tls"]

Patience = Callable[[], float]
"""Seconds to wait for the next answer; TimeoutError when the time for the whole message is used up."""

GOODBYE_TIMEOUT = 2.0
"""Seconds to wait for the answer to QUIT: RFC 5321 section 4.1.1.10 asks for it, a dead server must not hold us."""


@dataclass(frozen=True, slots=True)
class SmtpServer:
    """Where the mail server is and how to sign in there; `timeout` is seconds per answer."""

    host: str
    port: int
    security: Security = "none"
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    timeout: float = 20.0
    tls_context: ssl.SSLContext | None = None


def connect(server: SmtpServer, local_hostname: str | None, patience: Patience) -> smtplib.SMTP:
    """Connect, greet, encrypt and sign in; OSError (smtplib's errors are such) or UnicodeError when that fails."""
    smtp = _dial(server, local_hostname, patience())
    try:
        # The last, short segment of a message must not wait for the receiver's delayed acknowledgement.
        socket_of(smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        _greet(smtp, server, patience)
    except BaseException:
        smtp.close()
        raise
    return smtp


def say_goodbye(smtp: smtplib.SMTP) -> None:
    """Say QUIT, wait a moment for the answer, close."""
    if smtp.sock is not None:
        smtp.sock.settimeout(GOODBYE_TIMEOUT)
        with suppress(OSError):
            smtp.docmd("QUIT")
    smtp.close()


def socket_of(smtp: smtplib.SMTP) -> socket.socket:
    """The open socket; SMTPServerDisconnected when it is closed."""
    if smtp.sock is None:
        raise smtplib.SMTPServerDisconnected("Connection unexpectedly closed")
    return smtp.sock


def _dial(server: SmtpServer, local_hostname: str | None, timeout: float) -> smtplib.SMTP:
    if server.security == "tls":
        return smtplib.SMTP_SSL(
            server.host, server.port, local_hostname, timeout=timeout, context=_tls_context(server)
        )
    return smtplib.SMTP(server.host, server.port, local_hostname, timeout)


def _greet(smtp: smtplib.SMTP, server: SmtpServer, patience: Patience) -> None:
    _say_hello(smtp, patience)
    if server.security == "starttls":
        socket_of(smtp).settimeout(patience())
        smtp.starttls(context=_tls_context(server))
        _say_hello(smtp, patience)
    if server.user is not None:
        socket_of(smtp).settimeout(patience())
        smtp.login(server.user, server.password or "")


def _say_hello(smtp: smtplib.SMTP, patience: Patience) -> None:
    socket_of(smtp).settimeout(patience())
    smtp.ehlo_or_helo_if_needed()


def _tls_context(server: SmtpServer) -> ssl.SSLContext:
    return server.tls_context or ssl.create_default_context()
