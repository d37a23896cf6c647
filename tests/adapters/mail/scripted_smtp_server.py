"""A real SMTP server on loopback that can be told what to do at each step of the next messages."""

import asyncio
import socket
import ssl
from collections import defaultdict, deque
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, LoginPassword, Session

DROP = "drop"
"""Cut the connection without a word."""
HANG = "hang"
"""Say nothing for as long as the client waits."""
CLOSE = " and close"
"""Added to an answer: cut the connection after it."""


class ScriptedSmtp(SMTP):
    """Speaks SMTP as aiosmtpd does, unless the script has something for the step."""

    def __init__(self, handler: "SmtpScript", **options: Any) -> None:
        self.script = handler
        self.greeted = False
        super().__init__(handler, **options)

    async def push(self, status: str | bytes) -> None:
        if not self.greeted:
            self.greeted = True
            self.script.open_transports.append(self.transport)
            status = self.script.next("connect") or status
        if status in (DROP, HANG):
            if status == DROP:
                self.transport.abort()
            await asyncio.sleep(60)  # cancelled with the connection
        answer = status if isinstance(status, str) else status.decode()
        await super().push(answer.removesuffix(CLOSE))
        if answer.startswith("421") or answer.endswith(CLOSE):
            self.transport.close()
            await asyncio.sleep(60)

    async def played(self, step: str) -> bool:
        action = self.script.next(step)
        if action is not None:
            await self.push(action)
        return action is not None

    async def smtp_EHLO(self, hostname: str) -> None:
        if not await self.played("ehlo"):
            await super().smtp_EHLO(hostname)

    async def smtp_STARTTLS(self, arg: str) -> None:
        if not await self.played("starttls"):
            await super().smtp_STARTTLS(arg)

    async def smtp_MAIL(self, arg: str | None) -> None:
        self.script.mail_arguments.append(arg)
        if not await self.played("mail"):
            await super().smtp_MAIL(arg)

    async def smtp_RCPT(self, arg: str | None) -> None:
        if not await self.played("rcpt"):
            await super().smtp_RCPT(arg)

    async def smtp_DATA(self, arg: str) -> None:
        action = self.script.next("data")
        if action is None:
            await super().smtp_DATA(arg)
            return
        await self.push(action)
        if action.startswith("354"):
            while await self._reader.readline() != b".\r\n":
                self.script.unwanted_lines += 1
            await self.push("554 5.5.1 no valid recipients")


class SmtpScript:
    """What to do at which step, and what has been accepted; a step without instructions is done as usual."""

    def __init__(self, *, pipelining: bool) -> None:
        self.pipelining = pipelining
        self.steps: dict[str, deque[str | None]] = defaultdict(deque)
        self.accepted: list[tuple[str, str, bytes]] = []
        self.unwanted_lines = 0
        self.mail_arguments: list[str | None] = []
        self.open_transports: list[asyncio.Transport] = []

    def at(self, step: str, *actions: str | None) -> None:
        self.steps[step].extend(actions)

    def next(self, step: str) -> str | None:
        return self.steps[step].popleft() if self.steps[step] else None

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        session.host_name = hostname
        return [*responses[:-1], *(["250-PIPELINING"] if self.pipelining else []), responses[-1]]

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        action = self.next("dot")
        if action is not None:
            return action
        content = envelope.original_content
        assert isinstance(content, bytes)
        self.accepted.append((envelope.mail_from or "", envelope.rcpt_tos[0], content))
        return "250 2.0.0 taken"


class SmtpServerUnderScript(Controller):
    """Runs the scripted server in a thread on a free port of 127.0.0.1."""

    def __init__(
        self,
        *,
        pipelining: bool = False,
        smtputf8: bool = True,
        starttls: ssl.SSLContext | None = None,
        tls: ssl.SSLContext | None = None,
        login: tuple[bytes, bytes] | None = None,
    ) -> None:
        self.script = SmtpScript(pipelining=pipelining)
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.login = login
        options: dict[str, Any] = {"enable_SMTPUTF8": smtputf8, "tls_context": starttls}
        if login:
            options.update(authenticator=self.checks_login, auth_require_tls=False, auth_required=True)
        super().__init__(
            self.script,
            hostname="127.0.0.1",
            port=self.listener.getsockname()[1],
            ssl_context=tls,
            **options,
        )

    def checks_login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        known = isinstance(data, LoginPassword) and (data.login, data.password) == self.login
        return AuthResult(success=known, handled=False)

    def factory(self) -> ScriptedSmtp:
        return ScriptedSmtp(self.script, hostname="scripted.example", **self.SMTP_kwargs)

    def _create_server(self) -> Any:
        return self.loop.create_server(self._factory_invoker, sock=self.listener, ssl=self.ssl_context)

    def start(self) -> None:
        super().start()
        self.script.open_transports.clear()  # the controller's own trial connection

    @property
    def connections(self) -> int:
        return len(self.script.open_transports)

    def drop_everybody(self) -> None:
        done = asyncio.run_coroutine_threadsafe(self._abort_all(), self.loop)
        done.result(5)

    async def _abort_all(self) -> None:
        for transport in self.script.open_transports:
            transport.abort()
        await asyncio.sleep(0.01)  # the loop closes the sockets in its next rounds

    def stop(self, no_assert: bool = False) -> None:
        if self._thread is not None:
            self.drop_everybody()
            super().stop(no_assert=no_assert)
