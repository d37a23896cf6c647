"""What a mail server said or failed to say, as one printable line; the dialogue itself is in smtp_session.py."""

import smtplib
import socket
import ssl
from typing import NamedTuple

LONGEST_REPLY = 300
"""Characters of a server's answer that are kept."""


class Reply(NamedTuple):
    """An answer: its code, and code and text as one line."""

    code: int
    text: str


def folded(code: int, text: bytes) -> str:
    """Make one printable line of at most 300 characters of a reply that may have several lines."""
    return one_line(f"{code} {text.decode('utf-8', 'replace')}")


def one_line(text: str) -> str:
    """Put spaces for line ends and control characters and cut at 300 characters."""
    if not text.isprintable():
        text = "".join(letter if letter.isprintable() else " " for letter in text)
    return " ".join(text.split())[:LONGEST_REPLY]


def why_closed(trouble: Exception) -> str:
    """Say in plain words why a connection that was open ended."""
    if isinstance(trouble, TimeoutError) or "timed out" in str(trouble):
        return "The mail server did not answer in time"
    return one_line(f"The connection to the mail server broke: {trouble}")


def why_unreachable(trouble: Exception, host: str, port: int) -> str:
    """Say in plain words why no connection came about; the password is in none of these."""
    place = f"{host}:{port}"
    if isinstance(trouble, smtplib.SMTPAuthenticationError):
        return one_line(f"{place} did not accept the user name and password: {_answer(trouble)}")
    if isinstance(trouble, smtplib.SMTPResponseException):
        return one_line(f"{place} answered: {_answer(trouble)}")
    return one_line(f"{place} {network_words(trouble)}")


def _answer(trouble: smtplib.SMTPResponseException) -> str:
    said = trouble.smtp_error
    return folded(trouble.smtp_code, said if isinstance(said, bytes) else said.encode())


def network_words(trouble: Exception) -> str:
    """What the network did, to be put behind the name of a server."""
    if isinstance(trouble, ssl.SSLCertVerificationError):
        return f"showed a certificate that cannot be trusted: {trouble.verify_message}"
    if isinstance(trouble, TimeoutError) or "timed out" in str(trouble):
        return "did not answer in time"
    if isinstance(trouble, ConnectionRefusedError):
        return "refuses connections"
    if isinstance(trouble, socket.gaierror):
        return "is not known to the DNS"
    if isinstance(trouble, UnicodeError):
        return "cannot be used: host, user name and password must be ASCII"
    return f"cannot be used: {trouble}"
