"""Sends over SMTP on a connection that stays open between messages; smtp_session.py speaks the protocol."""

import time
from collections.abc import Callable

from webinar_hub.adapters.mail import Envelope, Outcome, Unreachable
from webinar_hub.adapters.mail.addresses import refusal
from webinar_hub.adapters.mail.smtp_connection import SmtpServer
from webinar_hub.adapters.mail.smtp_session import ConnectionLost, SmtpSession
from webinar_hub.adapters.mail.smtp_words import why_unreachable

LONGEST_IDLE = 30.0
"""Seconds a connection may rest before it is opened anew; servers close after one to five minutes."""

LONGEST_SEND = 45.0
"""Seconds for one message including a reconnection: it must end before the delivery's lease of 60 s does."""


class SmtpTransport:
    """A way out over SMTP for one thread; a connection the server has dropped meanwhile is replaced silently."""

    def __init__(
        self,
        server: SmtpServer,
        *,
        local_hostname: str | None = None,
        longest_idle: float = LONGEST_IDLE,
        longest_send: float = LONGEST_SEND,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        """Durations are seconds; nothing is connected before the first message."""
        self._server = server
        self._local_hostname = local_hostname
        self._longest_idle = longest_idle
        self._longest_send = longest_send
        self._monotonic = monotonic
        self._session: SmtpSession | None = None
        self._last_used = 0.0

    def send(self, envelope: Envelope) -> Outcome:
        """Hand the message over, within `longest_send` seconds and at most two connections."""
        refused = refusal(envelope)
        if refused:
            return refused
        deadline = self._monotonic() + self._longest_send

        def seconds_left() -> float:
            return deadline - self._monotonic()

        outcome = self._send_on_open_connection(envelope, seconds_left)
        if outcome is None:
            outcome = self._send_on_new_connection(envelope, seconds_left)
        self._last_used = self._monotonic()
        return outcome

    def close(self) -> None:
        """Say QUIT, if there is anybody to say it to."""
        if self._session is not None:
            self._session.quit()
            self._session = None

    def trouble(self) -> str | None:
        """Connect, encrypt, sign in and say goodbye; in plain words what stands in the way."""
        deadline = self._monotonic() + self._longest_send
        try:
            session = SmtpSession(
                self._server,
                local_hostname=self._local_hostname,
                seconds_left=lambda: deadline - self._monotonic(),
            )
        except (OSError, UnicodeError) as trouble:
            return why_unreachable(trouble, self._server.host, self._server.port)
        session.quit()
        return None

    def _send_on_open_connection(self, envelope: Envelope, seconds_left: Callable[[], float]) -> Outcome | None:
        if self._monotonic() - self._last_used > self._longest_idle:
            self.close()
        if self._session is None or not self._session.usable:
            return None
        try:
            return self._session.deliver(envelope, seconds_left)
        except ConnectionLost:
            return None

    def _send_on_new_connection(self, envelope: Envelope, seconds_left: Callable[[], float]) -> Outcome:
        server = self._server
        try:
            self._session = SmtpSession(server, local_hostname=self._local_hostname, seconds_left=seconds_left)
            self._local_hostname = self._session.local_hostname
            return self._session.deliver(envelope, seconds_left)
        except ConnectionLost as lost:
            return Unreachable(str(lost))
        except (OSError, UnicodeError) as trouble:
            return Unreachable(why_unreachable(trouble, server.host, server.port))
