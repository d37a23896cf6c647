"""Shows mail on the terminal instead of sending it, for a first try on one's own machine."""

import sys
from typing import TextIO

from webinar_hub.adapters.mail import Accepted, Envelope, Outcome, Unreachable
from webinar_hub.adapters.mail.addresses import refusal
from webinar_hub.adapters.mail.eml import read_message


class ConsoleTransport:
    """Writes one line about each message and its plain text to a stream."""

    def __init__(self, stream: TextIO | None = None) -> None:
        """Write to `stream`, or to whatever sys.stderr is at the time of sending."""
        self._stream = stream

    def send(self, envelope: Envelope) -> Outcome:
        """Show the message; a closed stream is Unreachable."""
        refused = refusal(envelope)
        if refused:
            return refused
        stream = self._stream or sys.stderr
        try:
            # One write call, so that messages of several threads do not mix.
            stream.write(_readable(envelope))
            stream.flush()
        except (OSError, ValueError) as trouble:
            return Unreachable(f"The console cannot be written to: {trouble}")
        return Accepted("250 shown on the console")

    def close(self) -> None:
        """Leave the stream open: it belongs to somebody else."""


def _readable(envelope: Envelope) -> str:
    message = read_message("", envelope.content)
    subject = next((value for name, value in message.headers if name.lower() == "subject"), "")
    summary = f"mail to {envelope.recipient} | {subject} | {envelope.reference}"
    return f"{_tame(summary)}\n{_tame(message.text, keep=chr(10))}\n"


def _tame(text: str, keep: str = "") -> str:
    """Take out escape sequences, which a name typed by a stranger could carry to the terminal."""
    lines = text.replace("\r\n", "\n")
    return "".join(letter if letter.isprintable() or letter in keep else " " for letter in lines)
