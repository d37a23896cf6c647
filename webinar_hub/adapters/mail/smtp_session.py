"""One message's dialogue on an open SMTP connection; smtp_connection.py opens it, smtp.py decides when."""

import re
import socket
import sys
from collections.abc import Callable, Iterator

from webinar_hub.adapters.mail import Accepted, Deferred, Envelope, Outcome, Refused, Unreachable
from webinar_hub.adapters.mail.addresses import with_ascii_domain
from webinar_hub.adapters.mail.smtp_connection import SmtpServer, connect, say_goodbye, socket_of
from webinar_hub.adapters.mail.smtp_words import Reply, folded, why_closed

MUST_SIGN_IN = frozenset({530, 534, 535, 538})
"""Answers to MAIL about our sign-in or TLS, not about this message (RFC 4954 section 6, RFC 3207 section 4)."""


class ConnectionLost(Exception):
    """The connection ended before MAIL was accepted: the server holds nothing of the message."""


class SmtpSession:
    """A connection that is greeted and signed in; after trouble `usable` is False and a new one is needed."""

    def __init__(
        self, server: SmtpServer, *, local_hostname: str | None, seconds_left: Callable[[], float]
    ) -> None:
        """Connect; OSError (smtplib's errors are such) or UnicodeError when that fails."""
        self._timeout = server.timeout
        self._seconds_left = seconds_left
        self._mail_accepted = False
        self.usable = True
        self._smtp = connect(server, local_hostname, self._patience)
        self._pipelining = self._smtp.has_extn("pipelining")
        self._knows_size = self._smtp.has_extn("size")
        self._knows_utf8 = self._smtp.has_extn("smtputf8")

    @property
    def local_hostname(self) -> str:
        """The name this side gave in EHLO; finding it out may ask the DNS, so callers keep it."""
        return self._smtp.local_hostname

    def deliver(self, envelope: Envelope, seconds_left: Callable[[], float]) -> Outcome:
        """Hand one message over; ConnectionLost when the connection ended before MAIL was accepted."""
        self._seconds_left = seconds_left
        self._mail_accepted = False
        commands = self._commands(envelope)
        if isinstance(commands, Refused):
            return commands
        try:
            return self._hand_over(commands, envelope.content)
        except OSError as trouble:
            return self._lost(why_closed(trouble))

    def quit(self) -> None:
        """Say QUIT, if the server still listens, and close."""
        if self.usable:
            say_goodbye(self._smtp)
        self.drop()

    def drop(self) -> None:
        """Close without a word: the dialogue can no longer be trusted."""
        self.usable = False
        self._smtp.close()

    def _commands(self, envelope: Envelope) -> tuple[bytes, bytes, bytes] | Refused:
        try:
            sender = with_ascii_domain(envelope.sender)
            recipient = with_ascii_domain(envelope.recipient)
        except ValueError:
            return Refused("invalid address")
        options = f" SIZE={len(envelope.content)}" if self._knows_size else ""
        if not (sender.isascii() and recipient.isascii()):
            if not self._knows_utf8:
                return Refused("The mail server cannot send to an address with letters outside ASCII (SMTPUTF8)")
            options += " SMTPUTF8"
        mail = f"MAIL FROM:<{sender}>{options}\r\n".encode()
        return mail, f"RCPT TO:<{recipient}>\r\n".encode(), b"DATA\r\n"

    def _hand_over(self, commands: tuple[bytes, bytes, bytes], content: bytes) -> Outcome:
        failed = self._announce(commands)
        if failed is None:
            self._smtp.send(_on_the_wire(content))
            final = self._reply()
            if final.code // 100 == 2:
                return Accepted(final.text)
            failed = final
        return self._verdict(failed)

    def _announce(self, commands: tuple[bytes, bytes, bytes]) -> Reply | None:
        """Say MAIL, RCPT and DATA; return the first answer that says no, None when the message may follow."""
        failed: Reply | None = None
        try:
            for wanted, reply in zip((2, 2, 3), self._replies(commands), strict=False):
                if failed is None and reply.code // 100 != wanted:
                    failed = reply
                self._mail_accepted = self._mail_accepted or failed is None
                if failed and not self._pipelining:
                    break
            if failed and reply.code == 354:
                # DATA came through although MAIL or RCPT did not: end it empty (RFC 2920 section 3.1).
                self._smtp.send(b".\r\n")
                self._reply()
        except OSError:
            if failed is None:
                raise
            self.drop()  # What came before the break was an answer all the same.
        return failed

    def _replies(self, commands: tuple[bytes, bytes, bytes]) -> Iterator[Reply]:
        if self._pipelining:
            self._smtp.send(b"".join(commands))
            self._acknowledge_at_once()
        for command in commands:
            if not self._pipelining:
                self._smtp.send(command)
            yield self._reply()

    def _verdict(self, failed: Reply) -> Outcome:
        kind = failed.code // 100
        if failed.code == 421 or kind not in (4, 5):
            return self._lost(failed.text)
        self._reset()
        if kind == 4:
            return Deferred(failed.text)
        if failed.code in MUST_SIGN_IN and not self._mail_accepted:
            self.drop()
            return Unreachable(failed.text)
        return Refused(failed.text)

    def _lost(self, reason: str) -> Deferred:
        self.drop()
        if self._mail_accepted:
            return Deferred(reason)
        raise ConnectionLost(reason)

    def _reset(self) -> None:
        if not self.usable:
            return
        try:
            self._smtp.send(b"RSET\r\n")
            if self._reply().code != 250:
                self.drop()
        except OSError:
            self.drop()

    def _reply(self) -> Reply:
        socket_of(self._smtp).settimeout(self._patience())
        code, text = self._smtp.getreply()
        return Reply(code, folded(code, text))

    def _acknowledge_at_once(self) -> None:
        """Keep a server that sends its three answers one by one from waiting 40 ms for our acknowledgement."""
        if sys.platform == "linux":
            socket_of(self._smtp).setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)

    def _patience(self) -> float:
        left = self._seconds_left()
        if left <= 0:
            raise TimeoutError("the time for one message is used up")
        return min(self._timeout, left)


def _on_the_wire(content: bytes) -> bytes:
    """Double leading dots and end with the lone one (RFC 5321 section 4.5.2)."""
    line_feeds = content.count(b"\n")
    if not line_feeds == content.count(b"\r\n") == content.count(b"\r"):
        # A bare CR or LF before a dot ends the message for lenient servers: the rest would be read as commands.
        content = re.sub(rb"\r\n|\r|\n", b"\r\n", content)
    if content.startswith(b"."):
        content = b"." + content
    content = content.replace(b"\r\n.", b"\r\n..")
    return content + (b".\r\n" if content.endswith(b"\r\n") else b"\r\n.\r\n")
