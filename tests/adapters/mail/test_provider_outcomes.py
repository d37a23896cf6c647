"""Whatever a provider, or somebody in its place, answers becomes the right outcome in clear words."""

import json
import logging
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from provider_conducts import CONDUCTS, PostmarkConduct
from provider_server import Conduct, Deed, ProviderServer, Reply

from webinar_hub.adapters.mail import Accepted, Deferred, Envelope, Outcome, Refused, Unreachable
from webinar_hub.adapters.mail.providers.calling import LARGEST_ANSWER, Caller
from webinar_hub.adapters.mail.providers.transport import ProviderTransport

PAGE = "<html><head><title>Welcome</title></head><body>Please sign in to the network</body></html>"
PATIENT = 20.0
"""Seconds for one message where the server will answer; short enough elsewhere to be waited for."""


@pytest.fixture(params=CONDUCTS)
def pair(request: pytest.FixtureRequest, start_provider) -> tuple[Conduct, ProviderServer]:
    return start_provider(request.param)


@pytest.fixture
def conduct(pair: tuple[Conduct, ProviderServer]) -> Conduct:
    return pair[0]


@pytest.fixture
def server(pair: tuple[Conduct, ProviderServer]) -> ProviderServer:
    return pair[1]


@pytest.fixture
def transport(conduct: Conduct, server: ProviderServer) -> Iterator[ProviderTransport]:
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT)
    yield transport
    transport.close()


def words(outcome: Outcome) -> str:
    """What is kept with the delivery; it is always one short printable line."""
    text = outcome.reason if isinstance(outcome, Unreachable) else outcome.reply
    assert text.isprintable()
    assert 10 < len(text) <= 300
    return text


STATUSES = [
    (Reply(200, PAGE, {"Content-Type": "text/html"}), Deferred, "nobody knows whether it has the message"),
    (Reply(200, ""), Deferred, "nobody knows"),
    (Reply(200, "[]"), Deferred, "nobody knows"),
    (Reply(200, '{"MessageID'), Deferred, "nobody knows"),
    (Reply(200, "[" * 60_000), Deferred, "nobody knows"),
    (Reply(202, PAGE), Deferred, "nobody knows"),
    (Reply(301, "", {"Location": "http://127.0.0.1:9/"}), Unreachable, "sends us elsewhere"),
    (Reply(307, PAGE, {"Location": "https://eve.example/"}), Unreachable, "sends us elsewhere"),
    (Reply(400, PAGE), Deferred, "no answer that it is known to give"),
    (Reply(400, ""), Deferred, "no answer that it is known to give"),
    (Reply(401, PAGE), Unreachable, "the key in the mail setting is not accepted"),
    (Reply(403, ""), Unreachable, "the key in the mail setting is not accepted"),
    (Reply(404, PAGE), Unreachable, "there is no such address"),
    (Reply(405, ""), Unreachable, "there is no such address"),
    (Reply(408, ""), Deferred, "no answer that it is known to give"),
    (Reply(413, PAGE), Refused, "the message is too large"),
    (Reply(422, PAGE), Deferred, "no answer that it is known to give"),
    (Reply(429, ""), Deferred, "too many messages"),
    (Reply(429, PAGE, {"Retry-After": "17"}), Unreachable, "it asks to wait 17 s"),
    (Reply(429, "", {"Retry-After": "Wed, 04 Mar 2026 00:00:00 GMT"}), Unreachable, "too many messages"),
    (Reply(500, ""), Deferred, "trouble of its own"),
    (Reply(502, PAGE), Deferred, "trouble of its own"),
    (Reply(503, PAGE, {"Retry-After": "5"}), Deferred, "trouble of its own"),
]


@pytest.mark.parametrize(("reply", "kind", "said"), STATUSES)
def test_an_answer_of_any_kind(conduct, server, transport, envelope, reply: Reply, kind: type, said: str) -> None:
    server.script.append(reply)
    outcome = transport.send(envelope())
    assert type(outcome) is kind
    assert said in words(outcome)
    assert str(reply.status) in words(outcome)
    assert conduct.taken == []
    assert len(server.calls) == 1

    assert isinstance(transport.send(envelope()), Accepted)
    assert len(conduct.taken) == 1


def after(sent: bytes) -> Deed:
    return lambda connection: connection.sendall(sent)


def never(connection: socket.socket) -> None:
    connection.settimeout(30)
    connection.recv(1)  # until the client hangs up


def drop_by_drop(connection: socket.socket) -> None:
    """A line that never ends: each wait is short, all of them together are not."""
    connection.sendall(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    for _ in range(600):
        connection.sendall(b".")
        time.sleep(0.05)


def drop_by_drop_at_the_end(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n")
    for _ in range(600):
        connection.sendall(b".")
        time.sleep(0.05)


def ten_megabytes(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        connection.sendall(b" " * 65536)


def ten_megabytes_of_redirect(connection: socket.socket) -> None:
    connection.sendall(b"HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 10485760\r\n\r\n")
    for _ in range(160):
        connection.sendall(b" " * 65536)


BROKEN = [
    (after(b""), "broke off"),
    (after(b"HTTP/1.1 200 OK\r\nContent-Le"), "nobody knows"),
    (after(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"), "broke off"),
    (after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nab"), "broke off"),
    (after(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nab"), "broke off"),
    (after(b"220 mail.example ESMTP\r\n"), "broke off"),
    (after(b"\x00\xff\x1b[31m\r\n\r\n"), "broke off"),
    (after(b"HTTP/1.1 200 OK\r\n" + b"X-Many: 1\r\n" * 150 + b"\r\n"), "broke off"),
    (after(b"HTTP/1.1 200 OK\r\nX-Long: " + b"x" * 70_000 + b"\r\n\r\n"), "broke off"),
    (ten_megabytes, f"more than {LARGEST_ANSWER} octets"),
    (ten_megabytes_of_redirect, f"more than {LARGEST_ANSWER} octets"),
]


@pytest.mark.parametrize(("deed", "said"), BROKEN)
def test_half_an_answer_or_none(conduct, server, transport, envelope, deed: Deed, said: str) -> None:
    server.script.append(deed)
    outcome = transport.send(envelope())
    assert type(outcome) is Deferred  # it went out, and nobody knows what became of it
    assert said in words(outcome)
    assert isinstance(transport.send(envelope()), Accepted)
    assert len(conduct.taken) == 1


@pytest.mark.parametrize("deed", [never, drop_by_drop, drop_by_drop_at_the_end])
def test_an_answer_that_never_ends_ends_with_the_lease(conduct, server, envelope, deed: Deed) -> None:
    server.script.append(deed)
    transport = ProviderTransport(conduct.provider(server.url), longest_send=0.8)
    started = time.monotonic()
    outcome = transport.send(envelope())
    assert time.monotonic() - started < 10
    assert type(outcome) is Deferred
    assert "did not answer in time" in words(outcome)
    transport.close()


def test_nobody_there(conduct, server, envelope) -> None:
    server.stop()
    outcome = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "refuses connections" in words(outcome)


def test_a_name_the_dns_does_not_know(conduct, envelope) -> None:
    outcome = ProviderTransport(conduct.provider("https://api.invalid"), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert words(outcome) == "api.invalid is not known to the DNS"


def test_a_server_that_never_lets_anybody_in(conduct, envelope) -> None:
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        address = listener.getsockname()
        crowd = [socket.socket() for _ in range(4)]
        for one in crowd:
            one.setblocking(False)
            one.connect_ex(address)
        provider = conduct.provider(f"http://127.0.0.1:{address[1]}")
        outcome = ProviderTransport(provider, longest_send=1.0).send(envelope())
        for one in crowd:
            one.close()
    assert isinstance(outcome, Unreachable)  # nothing went out
    assert "did not answer in time" in words(outcome)


def test_time_that_is_used_up_before_anything_went_out(conduct, server, envelope) -> None:
    now = [0.0]

    def clock() -> float:
        now[0] += 10
        return now[0]

    provider = conduct.provider(server.url)
    outcome = ProviderTransport(provider, longest_send=15, caller=Caller(monotonic=clock)).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "did not answer in time" in words(outcome)
    assert server.calls == []


@pytest.mark.parametrize("name", CONDUCTS)
def test_encrypted(start_provider, server_tls, certificate_for, envelope, name: str) -> None:
    conduct, server = start_provider(name, server_tls)
    caller = Caller(trusted=certificate_for("IP:127.0.0.1")[0])
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT, caller=caller)
    assert [type(transport.send(envelope())) for _ in range(3)] == [Accepted] * 3
    assert len(server.connections) == 1
    server.drop_everybody()
    assert isinstance(transport.send(envelope()), Accepted)
    server.script.append(after(b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{"))
    assert type(transport.send(envelope())) is Deferred
    transport.close()
    assert len(conduct.taken) == 4


def test_an_encrypted_answer_that_never_ends(start_provider, server_tls, certificate_for, envelope) -> None:
    conduct, server = start_provider("postmark", server_tls)
    caller = Caller(trusted=certificate_for("IP:127.0.0.1")[0])
    server.script.append(drop_by_drop)
    transport = ProviderTransport(conduct.provider(server.url), longest_send=1.5, caller=caller)
    started = time.monotonic()
    outcome = transport.send(envelope())
    assert time.monotonic() - started < 15
    assert type(outcome) is Deferred
    assert "did not answer in time" in words(outcome)
    transport.close()


@pytest.mark.parametrize("name", CONDUCTS)
def test_a_certificate_nobody_vouches_for(start_provider, server_tls, envelope, name: str) -> None:
    conduct, server = start_provider(name, server_tls)
    outcome = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert "certificate that cannot be trusted" in words(outcome)
    assert server.calls == []


def test_the_connection_stays_open_between_messages(server, transport, envelope) -> None:
    for _ in range(5):
        assert isinstance(transport.send(envelope()), Accepted)
    assert len(server.connections) == 1


def test_an_idle_connection_that_the_server_dropped_is_replaced(server, transport, envelope) -> None:
    transport.send(envelope())
    server.drop_everybody()
    assert isinstance(transport.send(envelope()), Accepted)
    assert len(server.connections) == 2


def test_a_connection_that_rested_too_long_is_opened_anew(conduct, server, envelope) -> None:
    now = [100.0]
    caller = Caller(longest_idle=30, monotonic=lambda: now[0])
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT, caller=caller)
    for step in (0, 30, 31):
        now[0] += step
        transport.send(envelope())
    transport.close()
    assert len(server.connections) == 2


def test_neither_proxies_nor_passwords_of_the_environment_are_used(
    conduct, server, envelope, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:9")
    (tmp_path / "netrc").write_text("machine 127.0.0.1 login eve password eve\n")
    monkeypatch.setenv("NETRC", str(tmp_path / "netrc"))
    transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT)
    assert isinstance(transport.send(envelope()), Accepted)
    transport.close()


def test_what_the_provider_has_against_one_message(conduct, server, transport, envelope) -> None:
    server.script.append(conduct.said_no("This address is \x1b[31m not usable " + "at all " * 100))
    outcome = transport.send(envelope())
    assert isinstance(outcome, Refused)
    assert "This address is [31m not usable at all" in words(outcome)


def test_a_wrong_key_is_no_fault_of_the_message(conduct, server, envelope) -> None:
    server.answers = type(conduct)().answers
    conduct.key = "another/key"
    outcome = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT).send(envelope())
    assert isinstance(outcome, Unreachable)
    assert words(outcome)[:3] in ("401", "403")


def test_a_message_with_letters_outside_ascii_in_its_address(conduct, server, transport, envelope) -> None:
    outcome = transport.send(envelope(recipient="jörg@example.org"))
    assert isinstance(outcome, Refused)
    assert "outside ASCII" in words(outcome)
    assert server.calls == []
    assert isinstance(transport.send(envelope(recipient="ann@straße.example")), Accepted)


@pytest.mark.parametrize(
    "content", [b"", b"\r\n\r\n", b"Subject: x\r\n\r\n", b"\xff\xfe\x00", b"From:\r\n\r\ntext"]
)
def test_a_message_without_a_sender_is_refused_and_not_raised(
    conduct, server, transport, envelope, content: bytes
) -> None:
    outcome = transport.send(envelope(content=content))
    # The two that take messages as they are do not say all they demand of one, so neither do their servers here.
    assert isinstance(outcome, Refused) or conduct.provider("").name in ("Mailgun", "Amazon SES")


def test_a_key_is_nowhere_to_be_read(
    conduct, server, transport, envelope, caplog: pytest.LogCaptureFixture, capfd: pytest.CaptureFixture[str]
) -> None:
    caplog.set_level(logging.DEBUG)
    secrets = conduct.provider(server.url).secrets
    repeated = f"You said {' and '.join(secrets)}"
    refusal = conduct.said_no(repeated)
    assert conduct.key in secrets
    said = [repr(transport.__dict__), repr(conduct.provider(server.url))]
    for reply in (
        refusal,
        Reply(401, refusal.content, refusal.headers),
        Reply(500, repeated),
        Reply(302, repeated),
    ):
        server.script.append(reply)
        said.append(words(transport.send(envelope())))
    server.script.append(after(f"HTTP/1.1 {repeated}\r\n\r\n".encode()))
    said.append(words(transport.send(envelope())))
    for text in (*said, caplog.text, *capfd.readouterr()):
        assert not any(secret in text for secret in secrets)


def test_signing_in_without_sending(conduct, server, transport) -> None:
    assert transport.trouble() is None
    assert [call.method for call in server.calls] == ["GET"]
    assert conduct.taken == []


@pytest.mark.parametrize(
    ("reply", "said"),
    [
        (Reply(401, ""), "the key in the mail setting is not accepted"),
        (Reply(404, PAGE), "there is no such address"),
        (Reply(200, PAGE), ""),
        (Reply(200, {"SendingEnabled": False, "scopes": ["x"], "domain": {"state": "unverified"}}), ""),
        (Reply(200, {"SendingEnabled": True}), ""),
        (Reply(500, ""), "trouble of its own"),
        (after(b""), "broke off"),
    ],
)
def test_what_stands_in_the_way_is_said(conduct, server, transport, reply: Reply | Deed, said: str) -> None:
    server.script.append(reply)
    trouble = transport.trouble()
    assert trouble
    assert said in trouble
    assert conduct.key not in trouble


def test_ten_threads_lose_nothing_and_mix_nothing_up(conduct, server, envelope: Callable[..., Envelope]) -> None:
    outcomes: list[Outcome] = []

    def send(number: int) -> None:
        transport = ProviderTransport(conduct.provider(server.url), longest_send=PATIENT)
        content = b"From: a@example.org\r\nSubject: s\r\nX-Entity-Ref-ID: k:%d\r\n\r\ntext\r\n" % number
        outcomes.extend(transport.send(envelope(content=content, reference=f"k:{number}")) for _ in range(3))
        transport.close()

    threads = [threading.Thread(target=send, args=(number,)) for number in range(10)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert [type(outcome) for outcome in outcomes] == [Accepted] * 30
    assert sorted(conduct.key_of(number) for number in range(30)) == sorted(
        f"k:{n}" for n in range(10) for _ in "123"
    )


def test_the_place_of_a_message_is_the_endpoint_and_nothing_else() -> None:
    for name, conduct in CONDUCTS.items():
        place = urlsplit(conduct().provider(f"http://127.0.0.1:1/relay/{name}").question().url)
        assert place.path.startswith(f"/relay/{name}/v") or isinstance(conduct(), PostmarkConduct)
        assert json.dumps(place.netloc) == '"127.0.0.1:1"'
