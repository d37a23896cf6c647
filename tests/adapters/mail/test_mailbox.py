"""The mailbox folder: what was sent can be listed, read and cleared, by many writers and with strange content."""

import multiprocessing
import time
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

import pytest

from webinar_hub.adapters.mail import Accepted, Envelope, Unreachable
from webinar_hub.adapters.mail.mailbox import Mailbox, MailboxTransport


def keep(folder: Path, content: bytes) -> None:
    outcome = MailboxTransport(folder).send(Envelope("a@example.org", "b@example.org", content, "key"))
    assert isinstance(outcome, Accepted)


def invitation() -> bytes:
    message = EmailMessage()
    message["From"] = "Hub <hub@example.org>"
    message["To"] = "Jörg <joerg@example.org>"
    message["Subject"] = "Übung am Dienstag, und ein langer Betreff, der über die Zeile hinaus geht 🎉"
    message["Date"] = "Tue, 03 Mar 2026 19:00:00 -0500"
    message.set_content("Grüße\n", cte="base64")
    message.add_alternative("<p>Grüße</p>\n", subtype="html")
    message.add_alternative(
        b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "text", "calendar", params={"method": "REQUEST"}
    )
    message.add_attachment(b"%PDF-1.7", "application", "pdf", filename="Übung.pdf")
    return bytes(message)


def test_the_list_says_what_came_newest_first(tmp_path: Path) -> None:
    keep(tmp_path, invitation())
    keep(tmp_path, b"Subject: second\r\n\r\nplain\r\n")
    second, first = Mailbox(tmp_path).list()
    assert (first.subject, first.to, first.sender) == (
        "Übung am Dienstag, und ein langer Betreff, der über die Zeile hinaus geht 🎉",
        "Jörg <joerg@example.org>",
        "Hub <hub@example.org>",
    )
    assert first.date == datetime(2026, 3, 4, 0, 0, tzinfo=UTC)
    assert first.date.tzinfo is UTC
    assert first.kinds == ("text", "html", "calendar", "attachment")
    assert (second.subject, second.kinds) == ("second", ())
    assert second.date.tzinfo is UTC


def test_a_message_is_taken_apart(tmp_path: Path) -> None:
    content = invitation()
    keep(tmp_path, content)
    mailbox = Mailbox(tmp_path)
    message = mailbox.read(mailbox.list()[0].id)
    assert message.text == "Grüße\n"
    assert message.html.strip() == "<p>Grüße</p>"
    assert list(message.calendars) == [b"BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"]
    assert list(message.attachments) == [("Übung.pdf", "application/pdf", 8)]
    assert ("To", "Jörg <joerg@example.org>") in message.headers
    assert message.raw == content


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\r\n\r\n",
        b"Subject: =?x-unknown?b?////?=\r\nContent-Type: text/plain; charset=x-unknown\r\n\r\n\xff\xfe",
        b"Subject: =?utf-8?b?abc?=\r\nDate: Tue, 99 Mar 2026 99:00:00 +9999\r\n\r\nx",
        b"Subject: caf\xe9\r\nContent-Type: multipart/mixed\r\n\r\nno boundary",
        b"Content-Type: text/plain\r\nContent-Transfer-Encoding: base64\r\n\r\n!!!",
        b"Content-Type: multipart/mixed; boundary=b\r\n\r\n--b\r\n"
        b"Content-Disposition: attachment; filename*=x'y\r\n\r\nx",
    ],
)
def test_broken_content_is_shown_as_well_as_it_can_be(tmp_path: Path, content: bytes) -> None:
    keep(tmp_path, content)
    mailbox = Mailbox(tmp_path)
    (entry,) = mailbox.list()
    assert entry.date.tzinfo is UTC
    assert mailbox.read(entry.id).raw == content


@pytest.mark.parametrize(
    "id", ["", "1", "00000099", "../secret", "0000000/", "00000001.eml", "٠٠٠٠٠٠٠١", "00000001\0"]
)
def test_an_unknown_or_sly_id_is_a_key_error(tmp_path: Path, id: str) -> None:
    folder = tmp_path / "mail"
    keep(folder, b"Subject: x\r\n\r\n")
    (tmp_path / "secret.eml").write_bytes(b"secret")
    with pytest.raises(KeyError):
        Mailbox(folder).read(id)


def test_pages_follow_each_other(tmp_path: Path) -> None:
    for number in range(7):
        keep(tmp_path, b"Subject: %d\r\n\r\n" % number)
    mailbox = Mailbox(tmp_path)
    first = mailbox.list(limit=3)
    second = mailbox.list(limit=3, before=first[-1].id)
    last = mailbox.list(limit=3, before=second[-1].id)
    assert [[entry.subject for entry in page] for page in (first, second, last)] == [
        ["6", "5", "4"],
        ["3", "2", "1"],
        ["0"],
    ]


def test_clearing_forgets_everything_but_gives_no_number_twice(tmp_path: Path) -> None:
    keep(tmp_path, b"Subject: old\r\n\r\n")
    mailbox = Mailbox(tmp_path)
    old = mailbox.list()[0].id
    mailbox.clear()
    assert mailbox.list() == []
    keep(tmp_path, b"Subject: new\r\n\r\n")
    assert mailbox.list()[0].id > old
    with pytest.raises(KeyError):
        mailbox.read(old)


def test_a_folder_that_does_not_exist_is_an_empty_mailbox(tmp_path: Path) -> None:
    mailbox = Mailbox(tmp_path / "none")
    mailbox.clear()
    assert mailbox.list() == []


def test_a_folder_that_is_full_keeps_no_half_message(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = MailboxTransport(tmp_path)

    def full(path: Path, content: bytes) -> int:
        with path.open("wb") as file:
            file.write(content[:5])
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    outcome = transport.send(Envelope("a@example.org", "b@example.org", b"Subject: x\r\n\r\n", "key"))
    assert outcome == Unreachable("The mailbox folder cannot be written to: No space left on device")
    assert list(tmp_path.iterdir()) == []


def keep_fifty(folder: Path, process: int) -> None:
    for number in range(50):
        keep(folder, b"Subject: %d-%d\r\n\r\n" % (process, number))


def test_processes_share_a_folder_without_losing_a_message(tmp_path: Path) -> None:
    context = multiprocessing.get_context("spawn")
    processes = [context.Process(target=keep_fifty, args=(tmp_path, process)) for process in range(3)]
    for process in processes:
        process.start()
    for process in processes:
        process.join()
    subjects = {entry.subject for entry in Mailbox(tmp_path).list(limit=1000)}
    assert subjects == {f"{process}-{number}" for process in range(3) for number in range(50)}
    assert not list(tmp_path.glob("*.part"))


def test_a_thousand_messages_are_listed_quickly(tmp_path: Path) -> None:
    content = invitation() + b"x" * 5000
    for number in range(1000):
        (tmp_path / f"{number + 1:08}.eml").write_bytes(content)
    started = time.perf_counter()
    assert len(Mailbox(tmp_path).list()) == 200
    assert time.perf_counter() - started < 1.0
