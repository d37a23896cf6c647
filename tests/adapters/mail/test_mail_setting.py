"""The one mail setting: what it may look like, and that a password in it never shows."""

import io
from pathlib import Path

import pytest

from webinar_hub.adapters.mail import Accepted
from webinar_hub.adapters.mail.opening import describe, open_transport


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
