"""What reaches a provider is our own message: byte for byte, or every piece of it and the key of its delivery."""

import re
from base64 import b64decode
from email import message_from_bytes
from email.policy import default
from email.utils import parseaddr
from typing import Any

import pytest
from provider_conducts import CONDUCTS

from tests.documents.email_examples import LETTERS, html_of, read, recipient_of, text_of, written
from webinar_hub.adapters.mail import Accepted, Envelope
from webinar_hub.adapters.mail.providers.postmark import LONGEST_METADATA
from webinar_hub.adapters.mail.providers.transport import ProviderTransport

OURS = ("Message-ID", "X-Entity-Ref-ID", "Auto-Submitted", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post")


@pytest.fixture
def sent(start_provider) -> Any:
    """Send one message through a provider and return what it has of it."""

    def send(name: str, content: bytes, recipient: str, reference: str) -> Any:
        conduct, server = start_provider(name)
        transport = ProviderTransport(conduct.provider(server.url), longest_send=20)
        outcome = transport.send(Envelope("bounces@hub.example", recipient, content, reference))
        transport.close()
        assert isinstance(outcome, Accepted), outcome
        return conduct, outcome.reply

    return send


def letter_of(kind: str) -> tuple[bytes, str, str]:
    person = recipient_of(LETTERS[kind])
    return written(LETTERS[kind]), person.email, person.key


def bodies(message: Any) -> tuple[str, str]:
    return text_of(message).replace("\r\n", "\n"), html_of(message).replace("\r\n", "\n")


def calendar_parts(content: bytes) -> list[Any]:
    parts = message_from_bytes(content, policy=default).walk()
    return [part for part in parts if part.get_content_type() in ("text/calendar", "application/ics")]


@pytest.mark.parametrize("kind", LETTERS)
@pytest.mark.parametrize("name", ["ses", "mailgun"])
def test_a_message_goes_byte_for_byte_where_that_is_possible(sent, name: str, kind: str) -> None:
    content, recipient, key = letter_of(kind)
    conduct, _ = sent(name, content, recipient, key)
    assert conduct.delivered() == [content]
    assert conduct.key_of(0) == key


@pytest.mark.parametrize("kind", LETTERS)
def test_every_piece_of_a_letter_reaches_postmark(sent, kind: str) -> None:
    content, recipient, key = letter_of(kind)
    conduct, reply = sent("postmark", content, recipient, key)
    (mail,), message = conduct.taken, read(content)
    assert (mail["From"], mail["To"]) == ('"Mia Lindqvist" <hello@hub.example>', f'"Anna Berg" <{recipient}>')
    assert mail["ReplyTo"] == '"Mia Lindqvist" <mia@practice.example>'
    assert mail["Subject"] == message["Subject"]
    assert (mail["TextBody"], mail["HtmlBody"]) == bodies(message)
    headers = {header["Name"]: header["Value"] for header in mail["Headers"]}
    assert headers == {name: message[name] for name in OURS if name in message} | {"X-PM-KeepID": "true"}
    assert mail["Metadata"] == {"delivery": key}
    assert (mail["TrackOpens"], mail["TrackLinks"]) == (False, "None")
    assert reply == "200 Postmark has it as b7bc2f4a-e38e-4336-af7d-000000000001"

    method = LETTERS[kind].calendar_method
    inline, attached = [], []
    for file in mail.get("Attachments", []):
        (inline if file.get("Disposition") == "inline" else attached).append(file)
    assert [file["ContentType"] for file in inline] == (
        [f"text/calendar; charset=utf-8; method={method}"] if method else []
    )
    assert [file["ContentType"] for file in attached] == (["application/ics"] if method else [])
    originals = [part.get_payload(decode=True) for part in calendar_parts(content)]
    assert [b64decode(file["Content"]) for file in [*inline, *attached]] == originals


@pytest.mark.parametrize("kind", LETTERS)
def test_every_piece_of_a_letter_reaches_sendgrid(sent, kind: str) -> None:
    content, recipient, key = letter_of(kind)
    conduct, reply = sent("sendgrid", content, recipient, key)
    (mail,), message = conduct.taken, read(content)
    assert mail["personalizations"] == [{"to": [{"email": recipient, "name": "Anna Berg"}]}]
    assert mail["from"] == {"email": "hello@hub.example", "name": "Mia Lindqvist"}
    assert mail["reply_to"] == {"email": "mia@practice.example", "name": "Mia Lindqvist"}
    assert mail["subject"] == message["Subject"]
    assert mail["headers"] == {name: message[name] for name in OURS if name in message}
    assert mail["custom_args"] == {"delivery": key}
    assert not any(setting["enable"] for setting in mail["tracking_settings"].values())
    assert reply == "202 SendGrid has it as 14c5d75ce93.dfd.64b469.1"

    method = LETTERS[kind].calendar_method
    contents = [(part["type"], part["value"]) for part in mail["content"]]
    assert contents[:2] == list(zip(("text/plain", "text/html"), bodies(message), strict=True))
    invites = [part.get_payload(decode=True) for part in calendar_parts(content)]
    expected = [(f"text/calendar; method={method}", invites[0].decode())] if method else []
    assert contents[2:] == expected
    files = [(file["type"], b64decode(file["content"])) for file in mail.get("attachments", [])]
    assert files == ([("application/ics", invites[1])] if method else [])


@pytest.mark.parametrize("name", CONDUCTS)
@pytest.mark.parametrize("person", ['Jörg "the hand" O\'Neil, MD', "Eve <eve@evil.example>", "李小龍", ", ;", ""])
def test_a_name_of_any_kind_stays_a_name(sent, name: str, person: str) -> None:
    content = written(LETTERS["my_link"], name=person)
    conduct, _ = sent(name, content, "anna.berg@clinic.example", "key:1")
    if name == "sendgrid":
        (to,) = conduct.taken[0]["personalizations"][0]["to"]
        assert to["email"] == "anna.berg@clinic.example"
        # SendGrid puts the name in front of the address as it is given: nothing in it may end it.
        assert parseaddr(f"{to.get('name', '')} <x@y.example>")[0] == person or not re.search("[,;]", person)
    if name == "postmark":
        # What its test server takes apart is one address, whoever is called what.
        assert "anna.berg@clinic.example" in conduct.taken[0]["To"]
    assert len(conduct.taken) == 1


def test_the_person_on_the_envelope_counts(sent) -> None:
    content, _, key = letter_of("live")
    for name in ("postmark", "sendgrid"):
        conduct, _ = sent(name, content, "somebody.else@clinic.example", key)
        assert "Anna" not in str(conduct.taken[0].get("To") or conduct.taken[0]["personalizations"])


def test_a_text_without_html_and_odd_encodings(sent) -> None:
    content = (
        b"From: =?iso-8859-1?q?M=EFa?= <m@hub.example>\r\nTo: a@clinic.example\r\nSubject: =?utf-8?q?=C3=BC?="
        b"\r\n x\r\nX-Odd: caf\xe9\r\nContent-Type: text/plain; charset=iso-8859-1\r\n\r\ncaf\xe9\r\n"
    )
    postmark, _ = sent("postmark", content, "a@clinic.example", "k")
    assert postmark.taken[0]["From"] == '"Mïa" <m@hub.example>'
    assert postmark.taken[0]["Subject"] == "ü x"
    assert postmark.taken[0]["TextBody"] == "café\n"
    assert "HtmlBody" not in postmark.taken[0]
    sendgrid, _ = sent("sendgrid", content, "a@clinic.example", "k")
    assert sendgrid.taken[0]["content"] == [{"type": "text/plain", "value": "café\n"}]


def test_a_key_too_long_for_metadata_does_not_stop_the_message(sent) -> None:
    content, recipient, _ = letter_of("live")
    longest, longer = "k" * LONGEST_METADATA, "k" * (LONGEST_METADATA + 1)
    assert sent("postmark", content, recipient, longest)[0].key_of(0) == longest
    assert "Metadata" not in sent("postmark", content, recipient, longer)[0].taken[0]


@pytest.mark.parametrize("name", CONDUCTS)
def test_a_second_attempt_is_the_same_message(start_provider, name: str) -> None:
    conduct, server = start_provider(name)
    content, recipient, key = letter_of("reminder_a_day_before")
    transport = ProviderTransport(conduct.provider(server.url), longest_send=20)
    for _ in range(2):
        assert isinstance(transport.send(Envelope("b@hub.example", recipient, content, key)), Accepted)
    transport.close()
    assert conduct.taken[0] == conduct.taken[1]
