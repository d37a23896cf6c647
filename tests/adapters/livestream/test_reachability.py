"""Whether a link answers: said in plain words, and never by reaching into our own network."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from itertools import pairwise
from pathlib import Path

import pytest
import requests
import responses

from webinar_hub.adapters.livestream.public_address import is_public, pinned_session
from webinar_hub.adapters.livestream.reachability import problem_with

PUBLIC = "93.184.215.14"
OEMBED = "https://www.youtube.com/oembed"
VIDEO = "https://youtu.be/dQw4w9WgXcQ"


class Resolver:
    """Answers for the DNS; a host it does not know is public, an address is itself."""

    def __init__(self) -> None:
        self.hosts: dict[str, list[str]] = {}
        self.asked: list[str] = []
        self.real = socket.getaddrinfo

    def __call__(self, host: str, port: int, *rest: int, **named: int) -> list[tuple]:
        self.asked.append(host)
        if host.replace(".", "").isdigit() or ":" in host or host.startswith("0x"):
            return self.real(host, port, *rest, **named)
        if self.hosts.get(host) == []:
            raise socket.gaierror(-2, "Name or service not known")
        addresses = self.hosts.get(host, [PUBLIC])
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in addresses]


@pytest.fixture(autouse=True)
def resolver(monkeypatch: pytest.MonkeyPatch) -> Resolver:
    resolver = Resolver()
    monkeypatch.setattr(socket, "getaddrinfo", resolver)
    return resolver


@pytest.fixture
def web() -> Iterator[responses.RequestsMock]:
    with responses.RequestsMock() as web:
        yield web


@pytest.mark.parametrize("status", [200, 204, 401, 403, 405, 429])
def test_a_link_that_answers_is_no_problem(web: responses.RequestsMock, status: int) -> None:
    web.get("https://meet.example.org/room", status=status)
    assert problem_with("https://meet.example.org/room") is None


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (404, "nothing at this address (404)"),
        (410, "nothing"),
        (503, "out of order (503)"),
        (400, "an error (400)"),
    ],
)
def test_a_link_that_answers_with_an_error(web: responses.RequestsMock, status: int, words: str) -> None:
    web.get("https://meet.example.org/room", status=status)
    problem = problem_with("https://meet.example.org/room")
    assert problem is not None
    assert words in problem


@pytest.mark.parametrize(
    ("trouble", "words"),
    [
        (requests.ConnectTimeout(), "in time"),
        (requests.ReadTimeout(), "in time"),
        (requests.ConnectionError("refused"), "does not answer"),
        (requests.exceptions.SSLError("bad"), "certificate"),
    ],
)
def test_a_link_that_does_not_answer(web: responses.RequestsMock, trouble: Exception, words: str) -> None:
    web.get("https://meet.example.org/room", body=trouble)
    problem = problem_with("https://meet.example.org/room")
    assert problem is not None
    assert words in problem


def test_a_host_nobody_knows(resolver: Resolver) -> None:
    resolver.hosts["meet.exmaple.org"] = []
    assert "typing mistake" in (problem_with("https://meet.exmaple.org/room") or "")


@pytest.mark.parametrize(
    "link", ["javascript:alert(1)", "https://user:pass@example.org/", "ftp://example.org/", "nonsense"]
)
def test_what_is_no_link_is_said_to_be_none(web: responses.RequestsMock, link: str) -> None:
    assert (problem_with(link) or "").startswith("The link")


@pytest.mark.parametrize(
    ("status", "words"),
    [
        (200, None),
        (404, "does not know"),
        (400, "does not know"),
        (401, "private"),
        (403, "private"),
        (500, "out of order"),
    ],
)
def test_youtube_is_asked_whether_the_video_exists(
    web: responses.RequestsMock, status: int, words: str | None
) -> None:
    watch = "https://www.youtube.com/watch?v=dQw4w9WgXcQ"
    web.get(OEMBED, status=status, match=[responses.matchers.query_param_matcher({"format": "json", "url": watch})])
    problem = problem_with(VIDEO)
    assert (problem is None) if words is None else (words in (problem or ""))


@pytest.mark.parametrize(("status", "words"), [(200, None), (403, None), (404, "whole link")])
def test_vimeo_is_asked_whether_the_video_exists(
    web: responses.RequestsMock, status: int, words: str | None
) -> None:
    web.get("https://vimeo.com/api/oembed.json", status=status)
    problem = problem_with("https://vimeo.com/76979871")
    assert (problem is None) if words is None else (words in (problem or ""))


def test_redirects_are_followed_three_times(web: responses.RequestsMock) -> None:
    hops = [f"https://example.org/{number}" for number in range(5)]
    for here, there in pairwise(hops):
        web.get(here, status=302, headers={"Location": there})
    web.get(hops[4], status=200)
    assert problem_with(hops[1]) is None
    assert "without end" in (problem_with(hops[0]) or "")


def test_a_redirect_may_be_relative(web: responses.RequestsMock) -> None:
    web.get("https://example.org/a/b", status=301, headers={"Location": "../c"})
    web.get("https://example.org/c", status=200)
    assert problem_with("https://example.org/a/b") is None


PRIVATE = [
    "http://127.0.0.1/",
    "http://[::1]/",
    "http://0.0.0.0/",
    "http://169.254.169.254/latest/meta-data/",
    "http://10.1.2.3/",
    "http://192.168.1.1/",
    "http://100.64.0.1/",
    "http://2130706433/",
    "http://0177.0.0.1/",
    "http://0x7f000001/",
    "http://[::ffff:127.0.0.1]/",
    "http://[64:ff9b::7f00:1]/",
    "http://[2002:7f00:1::]/",
    "http://[fe80::1]/",
    "http://[fd00::1]/",
    "http://224.0.0.1/",
    "http://inside.example/",
    "http://mixed.example/",
    "http://public.example:25/",
    "https://public.example:8443/",
]


@pytest.fixture
def inside(resolver: Resolver) -> None:
    resolver.hosts.update({"inside.example": ["10.0.0.5"], "mixed.example": [PUBLIC, "127.0.0.1"]})


@pytest.mark.parametrize("link", PRIVATE)
@pytest.mark.usefixtures("inside")
def test_nothing_is_asked_of_our_own_network(web: responses.RequestsMock, link: str) -> None:
    assert "private network" in (problem_with(link) or "")
    assert len(web.calls) == 0


@pytest.mark.parametrize("link", PRIVATE)
@pytest.mark.usefixtures("inside")
def test_no_redirect_leads_into_our_own_network(web: responses.RequestsMock, link: str) -> None:
    web.get("https://example.org/", status=302, headers={"Location": link})
    assert "private network" in (problem_with("https://example.org/") or "")
    assert len(web.calls) == 1


@pytest.mark.parametrize(
    "location", ["file:///etc/passwd", "gopher://example.org/", "javascript:alert(1)", "https://u@x.example/"]
)
def test_no_redirect_leads_away_from_the_web(web: responses.RequestsMock, location: str) -> None:
    web.get("https://example.org/", status=302, headers={"Location": location})
    assert (problem_with("https://example.org/") or "").startswith("The link")


@pytest.mark.parametrize(
    "address", ["93.184.215.14", "2606:2800:21f:cb07:6820:80da:af6b:8b2c", "64:ff9b::5db8:d70e"]
)
def test_public_addresses(address: str) -> None:
    assert is_public(address)


class Room(BaseHTTPRequestHandler):
    hosts: list[str | None]

    def do_GET(self) -> None:
        self.hosts.append(self.headers["Host"])
        self.send_response(200)
        self.end_headers()

    def log_message(self, *_: object) -> None:
        pass


@pytest.fixture
def serve() -> Iterator[Callable[..., HTTPServer]]:
    running: list[tuple[HTTPServer, threading.Thread]] = []

    def start(tls: ssl.SSLContext | None = None) -> HTTPServer:
        server = HTTPServer(("127.0.0.1", 0), type("Handler", (Room,), {"hosts": []}))
        if tls:
            server.socket = tls.wrap_socket(server.socket, server_side=True)
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02})
        thread.start()
        running.append((server, thread))
        return server

    yield start
    for server, thread in running:
        server.shutdown()
        thread.join()
        server.server_close()


def test_the_name_is_looked_up_once_and_the_checked_address_is_used(serve, resolver: Resolver) -> None:
    server = serve()
    resolver.hosts["stream.example"] = ["127.0.0.1"]
    link = f"http://stream.example:{server.server_port}/room"
    assert problem_with(link, allow_private=True) is None
    assert resolver.asked.count("stream.example") == 1
    assert server.RequestHandlerClass.hosts == [f"stream.example:{server.server_port}"]


def test_nothing_private_is_connected_to_for_real(serve, resolver: Resolver) -> None:
    server = serve()
    resolver.hosts["stream.example"] = ["127.0.0.1"]
    assert "private network" in (problem_with(f"http://stream.example:{server.server_port}/") or "")
    assert server.RequestHandlerClass.hosts == []


def test_a_pinned_request_still_checks_the_name_in_the_certificate(
    serve, certificate_for: Callable[[str], tuple[Path, Path]]
) -> None:
    certificate, key = certificate_for("DNS:stream.example")
    tls = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    tls.load_cert_chain(certificate, key)
    names: list[str | None] = []
    tls.sni_callback = lambda _socket, name, _context: names.append(name)
    server = serve(tls)
    with pinned_session("127.0.0.1") as session:
        session.verify = str(certificate)
        with session.get(f"https://stream.example:{server.server_port}/", timeout=5) as answer:
            assert answer.status_code == 200
        with pytest.raises(requests.exceptions.SSLError):
            session.get(f"https://other.example:{server.server_port}/", timeout=5)
    assert names == ["stream.example", "other.example"]


def test_a_given_session_is_used(web: responses.RequestsMock) -> None:
    web.get("https://meet.example.org/room", match=[responses.matchers.header_matcher({"X-Mine": "1"})])
    with requests.Session() as session:
        session.headers["X-Mine"] = "1"
        assert problem_with("https://meet.example.org/room", session=session) is None
