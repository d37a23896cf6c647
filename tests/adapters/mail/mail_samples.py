"""The message that the tests of mail send."""

CONTENT = (
    b"From: Hub <hub@example.org>\r\nTo: ann@example.org\r\nSubject: =?utf-8?q?Gr=C3=BC=C3=9Fe?=\r\n"
    b"Date: Tue, 03 Mar 2026 19:00:00 -0500\r\nMIME-Version: 1.0\r\n"
    b'Content-Type: text/plain; charset="utf-8"\r\n\r\n.leading dot\r\n..two\r\nwhole\r\n'
)
