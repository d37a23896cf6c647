"""Servers, TLS and envelopes for the tests of mail."""

import ssl
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from mail_samples import CONTENT
from provider_conducts import CONDUCTS
from provider_server import Conduct, ProviderServer
from scripted_smtp_server import SmtpServerUnderScript

from webinar_hub.adapters.mail import Envelope


@pytest.fixture
def envelope() -> Callable[..., Envelope]:
    def make(recipient: str = "ann@example.org", sender: str = "bounces@example.org", **rest: Any) -> Envelope:
        return Envelope(sender, recipient, rest.get("content", CONTENT), rest.get("reference", "session:1"))

    return make


@pytest.fixture
def start_server() -> Iterator[Callable[..., SmtpServerUnderScript]]:
    running: list[SmtpServerUnderScript] = []

    def start(**options: Any) -> SmtpServerUnderScript:
        running.append(SmtpServerUnderScript(**options))
        running[-1].start()
        return running[-1]

    yield start
    for server in running:
        server.stop(no_assert=True)


@pytest.fixture
def start_provider() -> Iterator[Callable[..., tuple[Conduct, ProviderServer]]]:
    running: list[ProviderServer] = []

    def start(name: str, tls: ssl.SSLContext | None = None) -> tuple[Conduct, ProviderServer]:
        conduct = CONDUCTS[name]()
        running.append(ProviderServer(conduct.answers, tls))
        return conduct, running[-1]

    yield start
    for server in running:
        server.stop()


@pytest.fixture
def server_tls(certificate_for: Callable[[str], tuple[Path, Path]]) -> ssl.SSLContext:
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(*certificate_for("IP:127.0.0.1"))
    return context


@pytest.fixture
def client_tls(certificate_for: Callable[[str], tuple[Path, Path]]) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=certificate_for("IP:127.0.0.1")[0])
