"""The mail the other queues send, composed the ordinary way: Python's email package, icalendar, Jinja.

Its words are those of our own reminder (words.py took them from one of our mails), so all send the same.
"""

import os
import smtplib
import threading
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from functools import cache
from pathlib import Path

from icalendar import Calendar, Event, vCalAddress, vText
from jinja2 import Environment, FileSystemLoader

SENDER = "hello@example.org"
STARTS = datetime(2027, 3, 2, 19, 0, tzinfo=UTC)
_own = threading.local()


@cache
def _templates() -> Environment:
    return Environment(loader=FileSystemLoader(Path(os.environ["BENCH_FOLDER"])), autoescape=True)


def person(number: int) -> dict[str, str]:
    """What differs from mail to mail."""
    secret = f"WyJtZSIsMSwi{number:012d}IiwxXQ.3q2c8Yg1r7v{number:06d}Kx0bTn5hWZqvU2c"
    return {
        "name": f"Robin Number {number}",
        "email": f"person{number}@example.net",
        "me": f"http://127.0.0.1:8000/me/{secret}",
        "unsubscribe": f"http://127.0.0.1:8000/unsubscribe/{secret}",
        "key": f"session:1:reminder:-P1D:registration:{number}",
    }


def invite(number: int) -> bytes:
    """The calendar entry, in which she is the attendee."""
    someone = person(number)
    event = Event()
    event.add("uid", f"session-1-{number}@example.org")
    event.add("dtstamp", datetime.now(UTC))
    event.add("dtstart", STARTS)
    event.add("dtend", STARTS + timedelta(hours=1))
    event.add("summary", "Infant massage for pediatric therapists: the first live hour")
    event.add("description", f"Join live:\n{someone['me']}\n\nYour page has everything else.")
    event.add("location", someone["me"])
    event.add("url", someone["me"])
    event.add("sequence", 0)
    event.add("status", "CONFIRMED")
    organizer = vCalAddress(f"MAILTO:{SENDER}")
    organizer.params["CN"] = vText("Dana Rivers")
    event["organizer"] = organizer
    attendee = vCalAddress(f"MAILTO:{someone['email']}")
    attendee.params["CN"] = vText(someone["name"])
    attendee.params["PARTSTAT"] = vText("NEEDS-ACTION")
    attendee.params["RSVP"] = vText("TRUE")
    event.add("attendee", attendee, encode=0)
    calendar = Calendar()
    calendar.add("prodid", "-//Benchmark//EN")
    calendar.add("version", "2.0")
    calendar.add("method", "REQUEST")
    calendar.add_component(event)
    content: bytes = calendar.to_ical()
    return content


def headers(number: int) -> dict[str, str]:
    """The headers by which a mail is known again, and those of a mail one can end."""
    someone = person(number)
    return {
        "Message-ID": f"<{number}.reminder@example.org>",
        "X-Entity-Ref-ID": someone["key"],
        "List-Unsubscribe": f"<{someone['unsubscribe']}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def compose(number: int) -> bytes:
    """The whole message, with the invite as an alternative and as a file, as ours has it."""
    someone = person(number)
    message = EmailMessage(policy=SMTP)
    message["From"] = f"Dana Rivers <{SENDER}>"
    message["To"] = f"{someone['name']} <{someone['email']}>"
    message["Subject"] = "Tomorrow: The first live hour"
    for name, value in headers(number).items():
        message[name] = value
    message.set_content(_templates().get_template("reminder.txt").render(someone))
    message.add_alternative(_templates().get_template("reminder.html").render(someone), subtype="html")
    calendar = invite(number)
    message.add_alternative(calendar.decode(), subtype="calendar", params={"method": "REQUEST"})
    message.add_attachment(calendar, maintype="application", subtype="ics", filename="invite.ics")
    return message.as_bytes()


def send(number: int) -> None:
    """Compose and hand over, on a connection this thread keeps open: kinder than a new one for each task."""
    content = compose(number)
    for again in (True, False):
        if not hasattr(_own, "server"):
            _own.server = smtplib.SMTP("127.0.0.1", int(os.environ["BENCH_PORT"]), timeout=20)
        try:
            _own.server.sendmail(SENDER, [person(number)["email"]], content)
            return
        except smtplib.SMTPServerDisconnected:
            del _own.server
            if not again:
                raise
