"""What the envelope and the headers of a mail say about where its bounce and its unsubscribing go."""

from pathlib import Path

import pytest
from flask import Flask
from time_machine import Traveller

from tests.building import NOW, given_cohort, outbox, sign_up
from tests.delivering import Post, deliver, read
from webinar_hub.adapters.mail import Envelope, Refused
from webinar_hub.adapters.mail.addresses import refusal
from webinar_hub.core.config import Settings
from webinar_hub.core.db import db, transaction
from webinar_hub.core.return_address import ReturnAddress
from webinar_hub.models import Person
from webinar_hub.queries.calendars import Hub
from webinar_hub.rules.registration import email_key

# As RFC 5321 and 5322 allow them, as people write them, and as an attacker would.
LEGAL = [
    "ann@x.example",
    "ann+tag@x.example",
    "o'brien@x.example",
    "a.b-c_d@x.example",
    "!#$%&'*/=?^_`{|}~@x.example",
    "ANN@X.EXAMPLE",
    f"{'a' * 64}@x.example",
    "ann@xn--bcher-kva.example",
    "ann@bücher.example",
    "änn@x.example",
]
# Legal, but nobody can sign up with them: a sign-up needs an address as people have them.
NEVER_HERE = ['"ann.."@x.example', "ann@[192.0.2.1]", "ann@[IPv6:2001:db8::1]"]
ILLEGAL = [
    "ann",
    "@x.example",
    "ann@",
    "ann @x.example",
    "ann@x.example\r\nRCPT TO:<b@y.example>",
    "ann@x.example>",
    "<ann@x.example",
    "a\x07nn@x.example",
    "ann@x.example\u2028b@y.example",
    f"{'a' * 250}@x.example",
    "",
]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    changes = {
        "return_address": "returns@hub.example",
        "mail_sender": "hello@hub.example",
        "inbox": "imaps://hub:pw@mail.example/INBOX",
    }
    return settings.model_copy(update=changes)


@pytest.fixture
def cohort(app: Flask, tmp_path: Path, travel: Traveller) -> str:
    return given_cohort(app, tmp_path)


def returns(app: Flask) -> ReturnAddress:
    hub: Hub = app.extensions["hub"]
    assert hub.returns
    return hub.returns


def test_each_mail_comes_back_to_an_address_of_its_own(app: Flask, cohort: str) -> None:
    sign_up(app, cohort)
    post = Post()
    deliver(app, post)
    assert [returns(app).bounced_delivery(e.sender) for e in post.tried] == [row.id for row in outbox(app)]
    assert {read(e).message["From"].addresses[0].addr_spec for e in post.tried} == {"hello@hub.example"}
    # It is the envelope's business: no reader sees it, and no header changes.
    assert all(b"returns+" not in envelope.content for envelope in post.tried)


def test_a_reminder_can_also_be_ended_by_mail(app: Flask, cohort: str, travel: Traveller) -> None:
    sign_up(app, cohort)
    deliver(app)
    travel.move_to(NOW.replace(month=12, day=8, hour=0))
    post = Post()
    deliver(app, post)
    (reminder,) = outbox(app, kind="reminder", state="sent")
    header = str(read(post.tried[0]).message["List-Unsubscribe"])
    link, by_mail = header.split(", ")
    assert link.startswith("<http://localhost/unsubscribe/")
    assert by_mail.endswith("?subject=unsubscribe>")
    assert returns(app).unsubscribed_delivery(by_mail) == reminder.id
    assert returns(app).bounced_delivery(by_mail) is None
    assert read(post.tried[0]).message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert max(map(len, post.tried[0].content.partition(b"\r\n\r\n")[0].split(b"\r\n"))) < 998


@pytest.mark.parametrize("address", NEVER_HERE)
def test_nobody_signs_up_with_what_headers_cannot_hold(address: str) -> None:
    with pytest.raises(ValueError, match="Write an e-mail address"):
        email_key(address)


@pytest.mark.parametrize("address", [*LEGAL, *ILLEGAL])
def test_whatever_the_recipients_address_the_return_address_is_sound(app: Flask, cohort: str, address: str) -> None:
    """It holds nothing of hers; what may not be said to a mail server is refused before a word is said."""
    sign_up(app, cohort)
    with app.app_context(), transaction():
        db.session.query(Person).update({"email": address[:254]})
    post = Post()
    deliver(app, post)
    for envelope in post.tried:
        assert returns(app).bounced_delivery(envelope.sender) is not None
        assert envelope.sender.isascii()
        assert refusal(Envelope(envelope.sender, "ann@x.example", b"", "")) is None
    if address in LEGAL:
        assert len(post.tried) == 2
    else:
        assert all(isinstance(refusal(envelope), Refused) for envelope in post.tried)
