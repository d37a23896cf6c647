"""The mail by which an operator sees that mails arrive, and where."""

import secrets
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime

WORDS = """\
This is a test of the Webinar Hub at {place}.

It arrived, so mails can leave. Look where it landed: if it is among the junk,
`webinar-hub doctor` says what the DNS lacks. Nobody needs to answer.
"""


def compose(sender: str, recipient: str, place: str, now: datetime) -> tuple[bytes, str]:
    """The whole message, from one bare address to another, and its reference; `now` aware."""
    reference = f"test:{secrets.token_hex(8)}"
    message = EmailMessage(policy=SMTP)
    message["From"], message["To"] = sender, recipient
    message["Subject"] = "A test mail from your Webinar Hub"
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<{reference.replace(':', '.')}@{sender.rpartition('@')[2]}>"
    message["Auto-Submitted"] = "auto-generated"
    message["X-Entity-Ref-ID"] = reference
    message.set_content(WORDS.format(place=place))
    return message.as_bytes(), reference
