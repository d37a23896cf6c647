"""What every way of sending mail must do alike, whichever it is."""

import io
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

import pytest
from mail_samples import CONTENT
from provider_conducts import CONDUCTS
from provider_server import Conduct, ProviderServer

from webinar_hub.adapters.mail import Accepted, Envelope, MailTransport, Refused, Unreachable
from webinar_hub.adapters.mail.console import ConsoleTransport
from webinar_hub.adapters.mail.mailbox import Mailbox, MailboxTransport
from webinar_hub.adapters.mail.providers.transport import ProviderTransport
from webinar_hub.adapters.mail.smtp import SmtpTransport
from webinar_hub.adapters.mail.smtp_connection import SmtpServer


class WayOut(Protocol):
    def open(self) -> MailTransport: ...
    def delivered(self) -> list[bytes]: ...
    def break_down(self) -> None: ...


class SmtpWayOut:
    def __init__(self, start_server, pipelining: bool) -> None:
        self.server = start_server(pipelining=pipelining)

    def open(self) -> MailTransport:
        return SmtpTransport(SmtpServer("127.0.0.1", self.server.port, timeout=2.0))

    def delivered(self) -> list[bytes]:
        return [content for _, _, content in self.server.script.accepted]

    def break_down(self) -> None:
        self.server.stop()


class ConsoleWayOut:
    def __init__(self) -> None:
        self.stream = io.StringIO()

    def open(self) -> MailTransport:
        return ConsoleTransport(self.stream)

    def delivered(self) -> list[bytes]:
        # The console shows text; what a reader recognizes stands for the bytes.
        shown = self.stream.getvalue()
        return [CONTENT] * shown.count("mail to ann@example.org | Grüße | session:1\n.leading dot\n..two\nwhole\n")

    def break_down(self) -> None:
        self.stream.close()


class MailboxWayOut:
    def __init__(self, folder: Path) -> None:
        self.folder = folder / "mail"

    def open(self) -> MailTransport:
        return MailboxTransport(self.folder)

    def delivered(self) -> list[bytes]:
        mailbox = Mailbox(self.folder)
        return [mailbox.read(entry.id).raw for entry in mailbox.list()]

    def break_down(self) -> None:
        if self.folder.exists():
            for file in self.folder.iterdir():
                file.unlink()
            self.folder.rmdir()
        self.folder.write_text("a file where the folder was")


class ProviderWayOut:
    def __init__(self, conduct: Conduct, server: ProviderServer) -> None:
        self.conduct = conduct
        self.server = server

    def open(self) -> MailTransport:
        return ProviderTransport(self.conduct.provider(self.server.url), longest_send=10)

    def delivered(self) -> list[bytes]:
        return self.conduct.delivered()

    def break_down(self) -> None:
        self.server.stop()


@pytest.fixture(params=["smtp", "smtp with pipelining", "console", "mailbox", *CONDUCTS])
def way_out(request: pytest.FixtureRequest, start_server, start_provider, tmp_path: Path) -> WayOut:
    if request.param in CONDUCTS:
        return ProviderWayOut(*start_provider(request.param))
    if request.param == "console":
        return ConsoleWayOut()
    if request.param == "mailbox":
        return MailboxWayOut(tmp_path)
    return SmtpWayOut(start_server, pipelining="pipelining" in request.param)


@pytest.fixture
def transport(way_out: WayOut) -> Iterator[MailTransport]:
    transport = way_out.open()
    yield transport
    transport.close()


def test_a_message_arrives_as_it_was_given(way_out, transport, envelope: Callable[..., Envelope]) -> None:
    outcome = transport.send(envelope())
    assert isinstance(outcome, Accepted)
    assert outcome.reply.startswith("2")
    assert outcome.reply.isprintable()
    assert way_out.delivered() == [CONTENT]


def test_many_messages_go_one_after_the_other(way_out, transport, envelope) -> None:
    outcomes = [transport.send(envelope()) for _ in range(20)]
    assert all(isinstance(outcome, Accepted) for outcome in outcomes)
    assert way_out.delivered() == [CONTENT] * 20


@pytest.mark.parametrize(
    "address",
    [
        "ann@example.org\r\nRCPT TO:<eve@example.org>",
        "ann@example.org\nDATA",
        "ann\0@example.org",
        "ann b@example.org",
        "<ann@example.org>",
        "ann@example.org>",
        "ann\u2028@example.org",
        "ann\u202e@example.org",
        "ann\ud800@example.org",
        "ann",
        "@example.org",
        "ann@",
        "",
        "a" * 250 + "@example.org",
    ],
)
def test_an_address_that_smuggles_something_in_is_refused(way_out, transport, envelope, address: str) -> None:
    assert transport.send(envelope(recipient=address)) == Refused("invalid address")
    assert transport.send(envelope(sender=address)) == Refused("invalid address")
    assert way_out.delivered() == []


def test_closing_twice_and_sending_again_is_fine(way_out, transport, envelope) -> None:
    transport.close()
    transport.send(envelope())
    transport.close()
    transport.close()
    assert isinstance(transport.send(envelope()), Accepted)
    assert len(way_out.delivered()) == 2


def test_a_way_out_that_is_closed_is_an_outcome_and_no_exception(way_out, transport, envelope) -> None:
    way_out.break_down()
    outcome = transport.send(envelope())
    assert isinstance(outcome, Unreachable)
    assert outcome.reason.isprintable()


def test_a_way_out_that_closes_between_messages(way_out, transport, envelope) -> None:
    transport.send(envelope())
    way_out.break_down()
    assert isinstance(transport.send(envelope()), Unreachable)


def test_threads_with_a_transport_each_lose_nothing(way_out, envelope) -> None:
    outcomes = []

    def send_ten() -> None:
        transport = way_out.open()
        outcomes.extend(transport.send(envelope()) for _ in range(10))
        transport.close()

    threads = [threading.Thread(target=send_ten) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 60
    assert way_out.delivered() == [CONTENT] * 60
