"""The setting of the inbox: what it may be, and that nothing repeats its password."""

import pytest

from webinar_hub.adapters.inbox.setting import inbox_setting


@pytest.mark.parametrize(
    ("url", "host", "port", "security", "folder"),
    [
        ("imaps://hub:pw@mail.example/INBOX", "mail.example", 993, "tls", "INBOX"),
        ("imaps://hub:pw@mail.example", "mail.example", 993, "tls", "INBOX"),
        ("imaps://hub:pw@mail.example:1993/Returned/Mails", "mail.example", 1993, "tls", "Returned/Mails"),
        ("imap://hub:pw@mail.example/", "mail.example", 143, "starttls", "INBOX"),
        ("imap://hub:pw@[::1]:144/In%20box?security=none", "::1", 144, "none", "In box"),
    ],
)
def test_it_is_understood(url: str, host: str, port: int, security: str, folder: str) -> None:
    setting = inbox_setting(url)
    assert (setting.host, setting.port, setting.security, setting.folder) == (host, port, security, folder)
    assert (setting.user, setting.password) == ("hub", "pw")


def test_signs_in_user_and_password_are_written_as_percent_signs() -> None:
    setting = inbox_setting("imaps://hub%40x.example:p%2Fw%40%3F@mail.example/INBOX")
    assert (setting.user, setting.password) == ("hub@x.example", "p/w@?")


@pytest.mark.parametrize(
    "url",
    [
        "",
        "hub:secret@mail.example",
        "pop3://hub:secret@mail.example",
        "imaps://mail.example/INBOX",
        "imaps://hub@mail.example",
        "imaps://hub:secret@",
        "imaps://hub:secret@mail.example:many",
        "imaps://hub:secret@[mail",
        "imaps://hub:sec/ret@mail.example",
        "imaps://hub:secret@mail.example?security=none",
        "imap://hub:secret@mail.example?security=some",
        "imap://hub:secret@mail.example?timeout=3",
        "imaps://hub:secret@ma il.example",
    ],
)
def test_what_it_may_not_be_is_said_without_its_password(url: str) -> None:
    with pytest.raises(ValueError, match=r"imap|security") as problem:
        inbox_setting(url)
    assert "secret" not in str(problem.value)
    assert "sec/ret" not in str(problem.value)


def test_its_name_is_the_same_with_another_password_and_another_for_another_folder() -> None:
    names = [
        inbox_setting(f"imaps://hub:{password}@mail.example/{folder}").name
        for password, folder in (("a", "INBOX"), ("b", "INBOX"), ("a", "Other"))
    ]
    assert names[0] == names[1] != names[2]
    assert "pw-of-hub" not in repr(inbox_setting("imaps://hub:pw-of-hub@mail.example/"))
