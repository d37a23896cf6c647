"""What the mail server does at each step becomes the right outcome, and the next message still goes."""

import ssl
import time
from collections.abc import Callable, Iterator

import pytest
from mail_samples import CONTENT
from scripted_smtp_server import CLOSE, DROP, HANG, SmtpServerUnderScript

from webinar_hub.adapters.mail import Accepted, Deferred, Envelope, Refused, Unreachable
from webinar_hub.adapters.mail.smtp import SmtpTransport
from webinar_hub.adapters.mail.smtp_connection import SmtpServer

NO_TLS_ASKED = pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
"""The test server says this of itself."""


@pytest.fixture(params=[False, True], ids=["step by step", "pipelining"])
def server(request: pytest.FixtureRequest, start_server) -> SmtpServerUnderScript:
    return start_server(pipelining=request.param)


@pytest.fixture
def transport(server: SmtpServerUnderScript, request: pytest.FixtureRequest) -> Iterator[SmtpTransport]:
    # Short only where the server will hang, so that a busy machine does not fail the other tests.
    hangs = hasattr(request.node, "callspec") and HANG in request.node.callspec.params.values()
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, timeout=0.4 if hangs else 10))
    yield transport
    transport.close()


MESSAGE_OUTCOMES = [
    ("mail", "450 4.7.1 greylisted", Deferred, 1),
    ("rcpt", "450 4.7.1 greylisted", Deferred, 1),
    ("data", "451 4.3.0 later", Deferred, 1),
    ("dot", "452 4.3.1 full", Deferred, 1),
    ("mail", "550 5.7.1 sender", Refused, 1),
    ("rcpt", "550 5.1.1 nobody", Refused, 1),
    ("data", "554 5.5.1 no", Refused, 1),
    ("dot", "554 5.6.0 content", Refused, 1),
    ("rcpt", "421 4.3.2 going down", Deferred, 2),
    ("data", "421 4.3.2 going down", Deferred, 2),
    ("dot", "421 4.3.2 going down", Deferred, 2),
    ("rcpt", DROP, Deferred, 2),
    ("data", DROP, Deferred, 2),
    ("dot", DROP, Deferred, 2),
    ("rcpt", HANG, Deferred, 2),
    ("data", HANG, Deferred, 2),
    ("dot", HANG, Deferred, 2),
    ("mail", "550 blocked" + CLOSE, Refused, 2),
    ("rcpt", "550 blocked" + CLOSE, Refused, 2),
    ("mail", "450 wait" + CLOSE, Deferred, 2),
    ("data", "what?", Deferred, 2),
    ("dot", "999 what?", Deferred, 2),
]


@pytest.mark.parametrize(("step", "action", "kind", "connections"), MESSAGE_OUTCOMES)
def test_each_step(server, transport, envelope, step: str, action: str, kind: type, connections: int) -> None:
    server.script.at(step, action)
    outcome = transport.send(envelope())
    assert type(outcome) is kind
    if action[0].isdigit() and action[:3] != "999":
        assert outcome.reply == action.removesuffix(CLOSE)
    assert server.script.accepted == []

    assert isinstance(transport.send(envelope()), Accepted)
    assert len(server.script.accepted) == 1
    assert server.connections == connections


@pytest.mark.parametrize("step", ["connect", "ehlo", "mail"])
@pytest.mark.parametrize("action", ["421 4.3.2 busy", DROP, HANG])
def test_trouble_before_the_message_is_no_fault_of_it(server, transport, envelope, step: str, action: str) -> None:
    server.script.at(step, action)
    assert isinstance(transport.send(envelope()), Unreachable)
    assert isinstance(transport.send(envelope()), Accepted)
    assert len(server.script.accepted) == 1


@pytest.mark.parametrize(
    "answer", ["530 5.7.0 Must issue a STARTTLS command first", "530 5.7.1 Authentication required"]
)
def test_a_setting_that_is_wrong_does_not_refuse_messages(server, transport, envelope, answer: str) -> None:
    server.script.at("mail", answer)
    assert transport.send(envelope()) == Unreachable(answer)


def test_the_connection_stays_open_between_messages(server, transport, envelope) -> None:
    for _ in range(5):
        transport.send(envelope())
    assert server.connections == 1


def test_an_idle_connection_that_the_server_dropped_is_replaced(server, transport, envelope) -> None:
    transport.send(envelope())
    server.drop_everybody()
    assert isinstance(transport.send(envelope()), Accepted)
    assert server.connections == 2
    assert len(server.script.accepted) == 2


@pytest.mark.parametrize("action", ["421 4.4.2 idle too long", DROP, HANG])
def test_an_idle_connection_that_ends_at_mail_is_replaced_once(server, transport, envelope, action: str) -> None:
    server.script.at("mail", None, action, None, action, action)
    transport.send(envelope())
    assert isinstance(transport.send(envelope()), Accepted)
    assert isinstance(transport.send(envelope()), Unreachable)
    assert server.connections == 3
    assert len(server.script.accepted) == 2


def test_a_connection_that_rested_too_long_is_opened_anew(server, envelope) -> None:
    now = [100.0]
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port), longest_idle=30, monotonic=lambda: now[0])
    for step in (0, 30, 31):
        now[0] += step
        transport.send(envelope())
    transport.close()
    assert server.connections == 2


def test_one_message_never_takes_longer_than_its_lease_allows(server, envelope) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 10
        return now[0]

    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port), longest_send=25, monotonic=clock)
    assert isinstance(transport.send(envelope()), Unreachable)
    assert server.script.accepted == []


def test_the_last_wait_is_as_short_as_the_time_left(server, envelope) -> None:
    server.script.at("dot", HANG)
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, timeout=20), longest_send=0.8)
    started = time.monotonic()
    assert isinstance(transport.send(envelope()), Deferred)
    assert time.monotonic() - started < 5


def test_a_server_that_wants_the_message_of_nobody_gets_an_empty_one(start_server, envelope) -> None:
    server = start_server(pipelining=True)
    server.script.at("rcpt", "550 5.1.1 nobody")
    server.script.at("data", "354 go on")
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port))
    assert transport.send(envelope()) == Refused("550 5.1.1 nobody")
    assert server.script.unwanted_lines == 0
    assert isinstance(transport.send(envelope()), Accepted)
    assert server.connections == 1
    transport.close()


def test_a_reply_of_many_lines_becomes_one_printable_line(server, transport, envelope) -> None:
    server.script.at("rcpt", "550-5.1.1 No such\r\n550-5.1.1 person\x1b[31m\r\n550 5.1.1 " + "here " * 200)
    outcome = transport.send(envelope())
    assert isinstance(outcome, Refused)
    assert outcome.reply.startswith("550 5.1.1 No such 5.1.1 person [31m 5.1.1 here here")
    assert outcome.reply.isprintable()
    assert len(outcome.reply) == 300


@pytest.mark.parametrize(
    ("content", "arrives"),
    [
        (b"A: b\r\n\r\n.\r\n..\r\n.x\r\n", b"A: b\r\n\r\n.\r\n..\r\n.x\r\n"),
        (b".A: b\r\n\r\nx", b".A: b\r\n\r\nx\r\n"),
        (b"A: b\r\n\r\nx\n.\nMAIL FROM:<e@x>\n", b"A: b\r\n\r\nx\r\n.\r\nMAIL FROM:<e@x>\r\n"),
        (b"A: b\r\n\r\nx\r.\ry\r\n", b"A: b\r\n\r\nx\r\n.\r\ny\r\n"),
    ],
)
def test_dots_and_bare_line_ends_cannot_end_a_message(server, transport, envelope, content, arrives) -> None:
    assert isinstance(transport.send(envelope(content=content)), Accepted)
    assert [content for _, _, content in server.script.accepted] == [arrives]


def test_an_address_outside_ascii_needs_a_server_that_can(start_server, envelope) -> None:
    plain, modern = start_server(smtputf8=False), start_server(smtputf8=True)
    outcomes = []
    for server in (plain, modern):
        transport = SmtpTransport(SmtpServer("127.0.0.1", server.port))
        outcomes.append(transport.send(envelope(recipient="jörg@example.org")))
        transport.send(envelope(recipient="ann@straße.example"))
        transport.close()
    assert isinstance(outcomes[0], Refused)
    assert "SMTPUTF8" in outcomes[0].reply
    assert isinstance(outcomes[1], Accepted)
    assert [recipient for _, recipient, _ in plain.script.accepted] == ["ann@xn--strae-oqa.example"]
    assert [recipient for _, recipient, _ in modern.script.accepted] == [
        "jörg@example.org",
        "ann@xn--strae-oqa.example",
    ]


def test_the_size_is_said_beforehand(server, transport, envelope) -> None:
    transport.send(envelope())
    assert f"SIZE={len(CONTENT)}" in server.script.mail_arguments[0]


@pytest.mark.parametrize("security", ["starttls", "tls"])
@NO_TLS_ASKED
def test_encrypted_with_a_password(start_server, server_tls, client_tls, envelope, security: str) -> None:
    server = start_server(login=(b"hub", b"se cret"), **{security: server_tls})
    place = ("127.0.0.1", server.port, security)
    right = SmtpTransport(SmtpServer(*place, "hub", "se cret", tls_context=client_tls))
    wrong = SmtpTransport(SmtpServer(*place, "hub", "wr0ng", tls_context=client_tls))
    assert isinstance(right.send(envelope()), Accepted)
    outcome = wrong.send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "did not accept the user name and password" in outcome.reason
    assert "wr0ng" not in outcome.reason
    right.close()


@NO_TLS_ASKED
def test_a_password_outside_ascii_is_trouble_with_the_setting(start_server, envelope) -> None:
    server = start_server(login=(b"hub", b"x"))
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, "none", "hub", "pässword"))
    outcome = transport.send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "must be ASCII" in outcome.reason


@pytest.mark.parametrize("security", ["starttls", "tls"])
def test_a_certificate_nobody_vouches_for(
    start_server, server_tls: ssl.SSLContext, envelope, security: str
) -> None:
    server = start_server(**{security: server_tls})
    transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, security, timeout=2.0))
    outcome = transport.send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "certificate that cannot be trusted" in outcome.reason


def test_a_server_that_will_not_encrypt_gets_no_mail(
    start_server, server_tls, client_tls, envelope: Callable[..., Envelope]
) -> None:
    without, unwilling = start_server(), start_server(starttls=server_tls)
    unwilling.script.at("starttls", "454 4.7.0 not now")
    for server in (without, unwilling):
        transport = SmtpTransport(SmtpServer("127.0.0.1", server.port, "starttls", tls_context=client_tls))
        assert isinstance(transport.send(envelope()), Unreachable)
        assert server.script.mail_arguments == []
