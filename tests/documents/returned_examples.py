"""Mails as they come back from the world's mail servers, with a return address and a Message-ID of ours in them."""

import base64
from dataclasses import dataclass

RETURN = "returns+2a-abcdefghijklmnopqrst@hub.example"
OURS = "42.1796482800000000@hub.example"


@dataclass(frozen=True)
class Example:
    """A mail, and what it is to be understood as: a kind of bounce, or None."""

    content: bytes
    kind: str | None
    detail: str = ""


def report(
    words: bytes,
    fields: str,
    *,
    charset: str = "us-ascii",
    encoding: str = "8bit",
    sender: str = "MAILER-DAEMON@mx.example",
    to: str = RETURN,
    message_id: str = OURS,
) -> bytes:
    """A bounce by the book: words for people, fields for machines, the header of the mail it is about."""
    head = (
        f"Return-Path: <>\r\nFrom: Mail Delivery <{sender}>\r\nTo: {to}\r\nSubject: Undelivered\r\n"
        "Message-ID: <bounce-1@mx.example>\r\nAuto-Submitted: auto-replied\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="=_b"\r\n\r\n'
        f"--=_b\r\nContent-Type: text/plain; charset={charset}\r\nContent-Transfer-Encoding: {encoding}\r\n\r\n"
    )
    tail = (
        "\r\n--=_b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; ann@x.example\r\n{fields}\r\n\r\n"
        "--=_b\r\nContent-Type: text/rfc822-headers\r\n\r\n"
        f"Message-ID: <{message_id}>\r\nX-Entity-Ref-ID: session:1:reminder:-PT1H:registration:2\r\n"
        "Subject: Reminder\r\n\r\n--=_b--\r\n"
    )
    return head.encode() + words + tail.encode()


HARD = "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 <ann@x.example>: no such user"
FULL = "Action: failed\r\nStatus: 5.2.2\r\nDiagnostic-Code: smtp; 552 5.2.2 mailbox full"
GERMAN = "Ihre Nachricht konnte nicht zugestellt werden: Empfänger unbekannt."
FRENCH = "Votre message n'a pas pu être remis : l'adresse est désactivée."
JAPANESE = "宛先のメールアドレスが見つかりませんでした。"

QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: {RETURN}
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ann@x.example>:
192.0.2.1 does not like recipient.
Remote host said: 550 5.1.1 no such user

--- Below this line is a copy of the message.

Message-ID: <{OURS}>
Subject: Reminder
""".replace("\n", "\r\n").encode()

EXIM = f"""\
X-Failed-Recipients: ann@x.example
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: {RETURN}
Subject: Mail delivery failed: returning message to sender
References: <{OURS}>

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ann@x.example
    SMTP error from remote mail server after RCPT TO:<ann@x.example>:
    550 No such person here
""".replace("\n", "\r\n").encode()

WORDS_ONLY = (
    f"From: postmaster@mx.example\r\nTo: {RETURN}\r\nSubject: Unzustellbar\r\n"
    "Content-Type: text/plain; charset=iso-8859-1\r\nContent-Transfer-Encoding: base64\r\n\r\n"
).encode() + base64.b64encode("Empfänger gibt es nicht: 550 5.1.1 unbekannt".encode("latin-1"))

BY_THE_BOOK = report(GERMAN.encode(), HARD, charset="utf-8")

BOUNCES = {
    "german": Example(BY_THE_BOOK, "bounced_hard", "550 5.1.1 <ann@x.example>: no such user"),
    "french": Example(
        report(
            FRENCH.encode("latin-1"),
            "Action: failed\r\nStatus: 5.2.1\r\nDiagnostic-Code: smtp; 550 5.2.1 Adresse désactivée",
            charset="iso-8859-1",
        ),
        "bounced_hard",
        "550 5.2.1 Adresse désactivée",
    ),
    "japanese": Example(
        report(JAPANESE.encode("iso-2022-jp"), HARD, charset="iso-2022-jp", encoding="7bit"), "bounced_hard"
    ),
    "japanese in base64": Example(
        report(
            base64.b64encode(f"{JAPANESE} 550 5.1.1".encode("shift_jis")),
            "Action: failed\r\nStatus: 5.0.0",
            charset="shift_jis",
            encoding="base64",
        ),
        "bounced_hard",
    ),
    "full": Example(report(b"Quota", FULL), "bounced_soft", "552 5.2.2 mailbox full"),
    "later": Example(report(b"Still trying", "Action: delayed\r\nStatus: 4.4.1"), "deferred"),
    "given up": Example(report(b"Expired", "Action: failed\r\nStatus: 4.4.7"), "bounced_soft"),
    "arrived": Example(report(b"Delivered", "Action: delivered\r\nStatus: 2.0.0"), "delivered"),
    "policy": Example(
        report(b"Blocked", "Action: failed\r\nStatus: 5.0.0\r\nDiagnostic-Code: smtp; 554 5.7.1 blocked"),
        "blocked",
    ),
    "folded diagnosis": Example(
        report(
            b"No",
            "Action: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550-5.1.1 The account\r\n does not exist",
        ),
        "bounced_hard",
        "550-5.1.1 The account does not exist",
    ),
    "no status": Example(
        report(b"No", "Action: failed\r\nDiagnostic-Code: smtp; 550 no such user"), "bounced_hard"
    ),
    "qmail": Example(QMAIL, "bounced_hard"),
    "exim": Example(EXIM, "bounced_hard"),
    "words only": Example(WORDS_ONLY, "bounced_hard"),
    # Broken on the way.
    "cut off": Example(BY_THE_BOOK[: BY_THE_BOOK.index(b"Diagnostic-Code")], "bounced_hard"),
    "no boundary": Example(BY_THE_BOOK.replace(b'; boundary="=_b"', b""), "bounced_hard"),
    "another boundary": Example(BY_THE_BOOK.replace(b'boundary="=_b"', b'boundary="=_c"'), "bounced_hard"),
    "bare line feeds": Example(BY_THE_BOOK.replace(b"\r\n", b"\n"), "bounced_hard"),
    "bytes in the header": Example(b"X-Odd: \xff\xfe\xe4\r\n" + BY_THE_BOOK, "bounced_hard"),
    "unknown charset": Example(report(b"\xff\xfe", HARD, charset="klingon"), "bounced_hard"),
    "wrong encoding": Example(report(b"===", HARD, encoding="base64"), "bounced_hard"),
    "nul bytes": Example(report(b"\x00\x00", HARD), "bounced_hard"),
}

OUT_OF_OFFICE = (
    f"Return-Path: <>\r\nFrom: Ann Lee <ann@x.example>\r\nTo: {RETURN}\r\nSubject: Abwesenheitsnotiz\r\n"
    "Auto-Submitted: auto-replied\r\n\r\nIch bin ab 550 Uhr wieder da.\r\n"
).encode()
EXCHANGE_OUT_OF_OFFICE = (
    b"From: Ann Lee <ann@x.example>\r\nTo: hello@hub.example\r\nSubject: Automatic reply: Reminder\r\n"
    b"Auto-Submitted: auto-generated\r\nX-Auto-Response-Suppress: All\r\n\r\nI am away.\r\n"
)
RECEIPT = (
    b"From: Ann Lee <ann@x.example>\r\nTo: hello@hub.example\r\n"
    b"Content-Type: multipart/report; report-type=disposition-notification; boundary=b\r\n\r\n"
    b"--b\r\n\r\nread\r\n--b--\r\n"
)
AUTOMATIC = {"out of office": OUT_OF_OFFICE, "exchange": EXCHANGE_OUT_OF_OFFICE, "receipt": RECEIPT}

LETTER = (
    b"From: Ann Lee <ann@x.example>\r\nTo: hello@hub.example\r\nSubject: A question\r\n\r\nError 550: is it me?\r\n"
)
FORWARDED = (
    b"From: Ann Lee <ann@x.example>\r\nTo: hello@hub.example\r\nSubject: Fwd: Undelivered\r\n"
    b'Content-Type: multipart/mixed; boundary="m"\r\n\r\n--m\r\n\r\nWhat is this?\r\n'
    b"--m\r\nContent-Type: message/rfc822\r\n\r\n" + BY_THE_BOOK + b"\r\n--m--\r\n"
)
FOR_PEOPLE = {
    "a letter": LETTER,
    "a bounce somebody forwards": FORWARDED,
    "nothing": b"",
    "noise": bytes(range(256)),
}


def complaint(kind: str = "abuse", sender: str = RETURN) -> bytes:
    """An abuse report as mailbox providers send it (RFC 5965)."""
    return (
        "From: feedback@provider.example\r\nTo: abuse@hub.example\r\nMessage-ID: <arf-1@provider.example>\r\n"
        "Content-Type: multipart/report; report-type=feedback-report; boundary=b\r\n\r\n"
        "--b\r\nContent-Type: text/plain\r\n\r\nSpam, says somebody.\r\n"
        f"--b\r\nContent-Type: message/feedback-report\r\n\r\nFeedback-Type: {kind}\r\nUser-Agent: X/1\r\n"
        f"Version: 1\r\nOriginal-Mail-From: <{sender}>\r\n\r\n"
        "--b\r\nContent-Type: message/rfc822\r\n\r\nSubject: Reminder\r\n\r\nHello\r\n--b--\r\n"
    ).encode()


def calendar_reply(
    uid: str = "0123456789abcdef.fedcba9876543210@webinar-hub",
    attendee: str = "mailto:ann@x.example",
    answer: str = "DECLINED",
    sequence: int | None = 0,
    stamp: str = "20261123T150000Z",
    method: str = "REPLY",
    to: str = "hello@hub.example",
    padding: int = 0,
) -> bytes:
    """What a calendar program mails when somebody presses "No"."""
    rising = "" if sequence is None else f"SEQUENCE:{sequence}\r\n"
    calendar = (
        f"BEGIN:VCALENDAR\r\nPRODID:-//X//EN\r\nVERSION:2.0\r\nMETHOD:{method}\r\nBEGIN:VEVENT\r\n"
        f"UID:{uid}\r\nDTSTAMP:{stamp}\r\n{rising}ORGANIZER:mailto:hello@hub.example\r\n"
        f"ATTENDEE;PARTSTAT={answer};CN=Ann:{attendee}\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    )
    return (
        (
            f"From: Ann <ann@x.example>\r\nTo: {to}\r\nSubject: Declined: Cues\r\n"
            'Content-Type: multipart/alternative; boundary="b"\r\n\r\n'
            "--b\r\nContent-Type: text/plain\r\n\r\nAnn has declined.\r\n"
            "--b\r\nContent-Type: text/calendar; method=REPLY; charset=utf-8\r\n"
            "Content-Transfer-Encoding: base64\r\n\r\n"
        ).encode()
        + base64.encodebytes(calendar.encode())
        + b"\r\n--b--\r\n"
        + b"x" * padding
    )
