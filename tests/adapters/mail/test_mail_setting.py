"""The one mail setting: what it may look like, and that a password in it never shows."""

import io
import json
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from mail_samples import CONTENT
from provider_conducts import CONDUCTS

from webinar_hub.adapters.mail import Accepted
from webinar_hub.adapters.mail.opening import describe, open_transport, trouble_with
from webinar_hub.adapters.mail.providers.setting import read_provider


@pytest.mark.parametrize(
    ("setting", "shown"),
    [
        ("smtp://mail.example.org", "smtp://mail.example.org:25?security=none"),
        ("smtp://mail.example.org:587", "smtp://mail.example.org:587?security=starttls"),
        ("smtp://ann:s3cret@mail.example.org", "smtp://ann:***@mail.example.org:587?security=starttls"),
        ("smtp://ann%40x:s3cret@h:2525?security=none", "smtp://ann%40x:***@h:2525?security=none"),
        ("smtp://ann:s3c%2Fr%3Fet@h?timeout=10&hostname=hub.example.org", "smtp://ann:***@h:587?security=starttls"),
        ("smtps://ann:s3cret@h", "smtps://ann:***@h:465"),
        ("smtp://[::1]:2525", "smtp://[::1]:2525?security=none"),
        ("mailbox:/var/mail box", "mailbox:/var/mail box"),
        ("mailbox:/var/mail%20box", "mailbox:/var/mail box"),
        ("console:", "console:"),
        ("postmark://s3cret@", "postmark://***@"),
        ("postmark://s3cret@?endpoint=http://127.0.0.1:8025/", "postmark://***@?endpoint=http://127.0.0.1:8025"),
        (
            "postmark://s3cret@?endpoint=https://relay.example/pm",
            "postmark://***@?endpoint=https://relay.example/pm",
        ),
        ("sendgrid://s3cret.x-y_z@", "sendgrid://***@"),
        ("sendgrid://s3cret@?region=eu", "sendgrid://***@?region=eu"),
        ("mailgun://s3cret-0a1b@MG.example.org", "mailgun://***@mg.example.org"),
        ("mailgun://s3cret@mg.example.org?region=eu", "mailgun://***@mg.example.org?region=eu"),
        ("ses://AKIA0:s3c%2Fr%2Bet@eu-central-1", "ses://AKIA0:***@eu-central-1"),
        (
            "ses://AKIA0:s3cret@us-gov-west-1?configuration_set=hub&endpoint=http://[::1]:1",
            "ses://AKIA0:***@us-gov-west-1?configuration_set=hub&endpoint=http://[::1]:1",
        ),
    ],
)
def test_a_setting_is_described_without_its_password(setting: str, shown: str) -> None:
    assert describe(setting) == shown
    open_transport(setting).close()


@pytest.mark.parametrize(
    "setting",
    [
        "",
        "s3cret",
        "smtp:",
        "smtp://",
        "smtp://:s3cret@host",
        "smtp://ann@host",
        "smtp://ann:s3cret@host:port",
        "smtp://ann:s3cret@host:99999",
        "smtp://ann:pass/s3cret@host",
        "smtp://ann:1234/s3cret@host",
        "smtp://ann:pass#s3cret@host",
        "smtp://ann:pass?s3cret@host",
        "smtp://ann:[s3cret@host",
        "smtp://ann:s3cret\u2100@host",
        "smtp://ann:s3cret@ho st",
        "smtp://host#s3cret",
        "smtp://host/s3cret",
        "smtp://host?security=s3cret",
        "smtp://host?timeout=s3cret",
        "smtp://host?timeout=0",
        "smtp://host?timeout=500",
        "smtps://host?security=none",
        "http://ann:s3cret@host",
        "mailbox:",
        "mailbox://s3cret/folder",
        "console:s3cret",
        "postmark://s3cret",
        "postmark://@",
        "postmark:s3cret@",
        "postmark://s3cret:s3cret@",
        "postmark://s3cret@host",
        "postmark://s3cret@:99",
        "postmark://s3cret@/path",
        "postmark://s3cret@#x",
        "postmark://s3 cret@",
        "postmark://s3cret%0d%0ax@",
        "postmark://s3crét@",
        "postmark://s3cr/s3cret@",
        "postmark://s3cr?s3cret@",
        "postmark://s3cret@?region=eu",
        "postmark://s3cret@?endpoint=http://relay.example/",
        "postmark://s3cret@?endpoint=http://127.0.0.1.example/",
        "postmark://s3cret@?endpoint=http://10.0.0.1/",
        "postmark://s3cret@?endpoint=https://user:s3cret@relay.example/",
        "postmark://s3cret@?endpoint=https://relay.example/?s3cret",
        "postmark://s3cret@?endpoint=https://relay.example:99999/",
        "postmark://s3cret@?endpoint=ftp://relay.example/",
        "postmark://s3cret@?endpoint=https://",
        "postmark://s3cret@?endpoint=https://[s3cret",
        "postmark://s3cret@?endpoint=https://re lay/",
        "postmark://s3cret@?endpoint=",
        "sendgrid://s3cret@?region=mars",
        "sendgrid://s3cret",
        "mailgun://s3cret@",
        "mailgun://s3cret",
        "mailgun://s3cret@localhost",
        "mailgun://s3cret@mg.example.org/v3",
        "mailgun://s3cret@mg..example.org",
        "ses://AKIA0:s3cret@",
        "ses://AKIA0@eu-central-1",
        "ses://AKIA0:@eu-central-1",
        "ses://:s3cret@eu-central-1",
        "ses://AKIA0:s3c/s3cret@eu-central-1",
        "ses://AKIA0:s3cret@mars",
        "ses://AKIA0:s3cret@eu-central-1?region=us",
        "ses://AKIA0:s3cret@eu-central-1?configuration_set=s3 cret",
    ],
)
@pytest.mark.parametrize("use", [describe, open_transport])
def test_a_bad_setting_is_explained_without_repeating_it(setting: str, use) -> None:
    with pytest.raises(ValueError, match="mail setting") as refused:
        use(setting)
    assert "s3cret" not in str(refused.value)
    assert refused.value.__cause__ is None
    assert refused.value.__context__ is None or refused.value.__suppress_context__


def test_a_mailbox_setting_opens_that_folder(tmp_path: Path, envelope) -> None:
    transport = open_transport(f"mailbox:{tmp_path}/kept")
    assert isinstance(transport.send(envelope()), Accepted)
    assert [file.suffix for file in (tmp_path / "kept").iterdir()] == [".eml"]


def test_an_smtp_setting_opens_that_server(start_server, envelope) -> None:
    server = start_server()
    transport = open_transport(f"smtp://127.0.0.1:{server.port}?hostname=hub.example.org")
    assert isinstance(transport.send(envelope()), Accepted)
    transport.close()
    assert len(server.script.accepted) == 1


@pytest.mark.parametrize("name", CONDUCTS)
def test_a_provider_setting_opens_that_provider(start_provider, envelope, name: str) -> None:
    conduct, server = start_provider(name)
    transport = open_transport(conduct.setting(server.url))
    assert isinstance(transport.send(envelope()), Accepted)
    transport.close()
    assert conduct.delivered() == [CONTENT]
    if name == "ses":
        assert json.loads(server.calls[0].body)["ConfigurationSetName"] == "hub"
    assert trouble_with(conduct.setting(server.url)) is None
    server.stop()
    assert "refuses connections" in str(trouble_with(conduct.setting(server.url)))


@pytest.mark.parametrize(
    ("setting", "place"),
    [
        ("postmark://k@", "https://api.postmarkapp.com/"),
        ("sendgrid://k@", "https://api.sendgrid.com/"),
        ("sendgrid://k@?region=eu", "https://api.eu.sendgrid.com/"),
        ("mailgun://k@mg.example.org", "https://api.mailgun.net/"),
        ("mailgun://k@mg.example.org?region=eu", "https://api.eu.mailgun.net/"),
        ("ses://k:s@eu-central-1", "https://email.eu-central-1.amazonaws.com/"),
    ],
)
def test_where_a_provider_is(setting: str, place: str) -> None:
    assert read_provider(urlsplit(setting)).question().url.startswith(place)


@pytest.mark.filterwarnings("ignore:Requiring AUTH while not requiring TLS:UserWarning")
def test_signing_in_at_a_mail_server(start_server) -> None:
    server = start_server(login=(b"hub", b"right"))
    place = f"127.0.0.1:{server.port}?security=none"
    assert trouble_with(f"smtp://hub:right@{place}") is None
    assert "did not accept the user name and password" in str(trouble_with(f"smtp://hub:s3cret@{place}"))
    assert "s3cret" not in str(trouble_with(f"smtp://hub:s3cret@{place}"))
    assert server.script.accepted == []
    server.stop()
    assert "refuses connections" in str(trouble_with(f"smtp://hub:right@{place}"))


def test_nobody_has_to_be_asked_for_a_mailbox(tmp_path: Path) -> None:
    assert trouble_with(f"mailbox:{tmp_path}/kept") is None
    assert list(tmp_path.iterdir()) == []


def test_the_console_shows_no_escape_sequence(envelope) -> None:
    shown = io.StringIO()
    content = b"Subject: =?utf-8?q?a=1B[31mb?=\r\n\r\ntext \x1b]0;owned\x07\r\nsecond line\r\n"
    open_transport("console:", stream=shown).send(envelope(content=content))
    assert "\x1b" not in shown.getvalue()
    assert "\x07" not in shown.getvalue()
    assert "a [31mb" in shown.getvalue()
    assert "\nsecond line\n" in shown.getvalue()


def test_the_console_is_where_errors_go(capsys: pytest.CaptureFixture[str], envelope) -> None:
    open_transport("console:").send(envelope())
    assert "mail to ann@example.org | Grüße | session:1" in capsys.readouterr().err
