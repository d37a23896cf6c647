"""DKIM: what is signed verifies with dkimpy, covers what it must, and is the same at every attempt (D01-D07)."""

import re
import time
from collections.abc import Callable
from pathlib import Path

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st
from mail_samples import CONTENT

from tests.documents.email_examples import LETTERS, written
from webinar_hub.adapters.mail import Accepted, Refused
from webinar_hub.adapters.mail.opening import open_configured
from webinar_hub.adapters.mail.signing import Signer, SigningTransport
from webinar_hub.core.config import read_settings
from webinar_hub.core.signing_key import public_record, read_signing_key

KEY = rsa.generate_private_key(65537, 2048)
PEM = KEY.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
SIGNER = Signer(PEM, "hub", "hub.example")
RECORD = public_record(KEY).encode()


def verifies(content: bytes) -> bool:
    """Whether dkimpy finds the signature right, with the record we tell people to publish."""
    asked = []

    def dns(name: bytes, timeout: int = 5) -> bytes:
        asked.append(name)
        return RECORD

    return bool(dkim.verify(content, dnsfunc=dns)) and asked == [b"hub._domainkey.hub.example."]


def signature_of(content: bytes) -> dict[str, str]:
    head = content.partition(b"\r\n\r\n")[0]
    field = re.split(rb"\r\n(?![ \t])", head)[0].decode()
    assert field.startswith("DKIM-Signature: ")
    value = re.sub(r"\s", "", field.removeprefix("DKIM-Signature: "))
    return dict(part.split("=", 1) for part in value.split(";"))


@pytest.mark.parametrize("kind", LETTERS)
def test_every_letter_is_signed_and_covered(kind: str) -> None:
    content = written(LETTERS[kind])
    signed = SIGNER.sign(content)
    assert signed.endswith(content)
    assert verifies(signed)
    tags = signature_of(signed)
    assert (tags["a"], tags["c"], tags["d"], tags["s"]) == ("rsa-sha256", "relaxed/relaxed", "hub.example", "hub")
    assert tags.keys().isdisjoint({"l", "t", "x"})
    covered = tags["h"].lower().split(":")
    must = ["to", "subject", "date", "message-id", "reply-to", "mime-version", "content-type"]
    if b"List-Unsubscribe:" in content:
        must += ["list-unsubscribe", "list-unsubscribe-post"]
    assert sorted(covered) == sorted([*must, "from", "from"])
    assert max(map(len, signed.removesuffix(content).split(b"\r\n"))) <= 78


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"Warmly,", b"Coldly,"),
        (b"Subject: ", b"Subject: Re: "),
        (b"To: ", b"To: eve@evil.example, "),
        (b"Reply-To: ", b"Reply-To: eve@evil.example, "),
        (b"List-Unsubscribe: <https://hub.example", b"List-Unsubscribe: <https://evil.example"),
        (b"List-Unsubscribe-Post: ", b"X-Gone: "),
        (b"Content-Type: multipart", b"Content-Type: text"),
    ],
)
def test_a_change_on_the_way_is_noticed(old: bytes, new: bytes) -> None:
    signed = SIGNER.sign(written(LETTERS["reminder_a_day_before"]))
    changed = signed.replace(old, new, 1)
    assert changed != signed
    assert not verifies(changed)


@pytest.mark.parametrize("second", [b"From: Eve <eve@evil.example>\r\n", b"from:eve@evil.example\r\n"])
def test_a_second_from_is_noticed_wherever_it_is_put(second: bytes) -> None:
    signed = SIGNER.sign(CONTENT)
    assert verifies(signed)
    assert not verifies(second + signed)
    assert not verifies(signed.replace(b"Subject:", second + b"Subject:", 1))


def test_what_relays_do_to_blanks_does_no_harm() -> None:
    signed = SIGNER.sign(CONTENT)
    relayed = signed.replace(b"Subject: ", b"Subject:\t ", 1).replace(b"whole\r\n", b"whole  \r\n\r\n\r\n")
    assert relayed != signed
    assert verifies(relayed)
    assert verifies(b"Received: from a by b\r\n" + signed)


def test_the_same_message_always_has_the_same_bytes() -> None:
    content = written(LETTERS["invite"])
    first = SIGNER.sign(content)
    time.sleep(1.1)
    assert Signer(PEM, "hub", "hub.example").sign(content) == first


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\r\n",
        b"\r\n\r\n\r\n",
        b" \t \r\n \r\n",
        b"no line end",
        b"no line end \t",
        b" \r\na\r\n \r\n\r\n",
        b"a  b\t c \t\r\n.\r\n",
        b"caf\xe9 \xff\r\n",
        b"bare\nfeeds\r\nand\rreturns\n",
    ],
)
def test_bodies_at_the_edge(body: bytes) -> None:
    signed = SIGNER.sign(b"From: a@hub.example\r\n\r\n" + body)
    assert verifies(signed)


@given(
    body=st.lists(st.sampled_from([b" ", b"\t", b"\r\n", b"a", b"=20", b".", b"\xc3\xa9"]), max_size=30),
    subject=st.text(st.sampled_from(" \tab:"), max_size=20),
)
@settings(max_examples=150, deadline=None)
def test_our_canonical_form_is_dkimpys(body: list[bytes], subject: str) -> None:
    content = b"From: \ta@hub.example\r\nSubject:" + subject.encode() + b"\r\n\tfolded \r\n\r\n" + b"".join(body)
    assert verifies(SIGNER.sign(content))


@pytest.mark.parametrize(
    "content", [b"", b"Subject: x\r\n\r\nx", b"From: a@b.c\r\nFrom: d@e.f\r\n\r\nx", b"\xff\x00"]
)
def test_a_message_that_cannot_be_signed_is_refused(envelope, content: bytes, start_server) -> None:
    server = start_server()
    transport = open_configured(configured(server.port))
    outcome = transport.send(envelope(content=content))
    transport.close()
    assert isinstance(outcome, Refused)
    assert "exactly one From" in outcome.reply
    assert server.script.accepted == []


def configured(port: int, **others: str):
    names = {"dkim_key": PEM, "dkim_selector": "hub", "dkim_domain": "hub.example"} | others
    return read_settings(mail=f"smtp://127.0.0.1:{port}", **names)


@pytest.mark.parametrize("kind", ["invite", "reminder_a_day_before", "drop"])
def test_what_arrives_by_smtp_is_signed(start_server, envelope: Callable, kind: str) -> None:
    server = start_server(pipelining=True)
    transport = open_configured(configured(server.port))
    assert isinstance(transport, SigningTransport)
    for _ in range(2):
        assert isinstance(transport.send(envelope(content=written(LETTERS[kind]))), Accepted)
    transport.close()
    (_, _, first), (_, _, second) = server.script.accepted
    assert first == second
    assert verifies(first)


def test_bare_line_ends_are_signed_as_they_arrive(start_server, envelope) -> None:
    server = start_server()
    transport = open_configured(configured(server.port))
    transport.send(envelope(content=b"From: a@hub.example\n\nx\n.\ny\rz \t"))
    transport.close()
    ((_, _, arrived),) = server.script.accepted
    assert verifies(arrived)


def test_only_smtp_is_signed_here(tmp_path: Path, start_provider, envelope) -> None:
    conduct, server = start_provider("mailgun")
    names = {"dkim_key": PEM, "dkim_selector": "hub", "dkim_domain": "hub.example"}
    transport = open_configured(read_settings(mail=conduct.setting(server.url), **names))
    assert isinstance(transport.send(envelope()), Accepted)
    transport.close()
    assert conduct.delivered() == [CONTENT]
    open_configured(read_settings(mail=f"mailbox:{tmp_path}/kept", **names)).send(envelope())
    assert [file.read_bytes() for file in (tmp_path / "kept").iterdir()] == [CONTENT]


def pem(key, locked: bool = False) -> str:
    lock = BestAvailableEncryption(b"pass") if locked else NoEncryption()
    return str(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, lock).decode())


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "no private key"),
        ("s3cret", "no private key"),
        (PEM.replace("A", "B"), "no private key"),
        (PEM[:400], "no private key"),
        (pem(KEY, locked=True), "locked with a password"),
        (pem(ec.generate_private_key(ec.SECP256R1())), "only RSA"),
        (pem(ed25519.Ed25519PrivateKey.generate()), "only RSA"),
        ("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n", "no private key"),
    ],
)
def test_a_key_that_cannot_sign_is_explained_without_repeating_it(text: str, words: str) -> None:
    with pytest.raises(ValueError, match=words) as refused:
        read_signing_key(text)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
