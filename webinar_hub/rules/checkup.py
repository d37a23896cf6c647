"""What the findings of `webinar-hub doctor` mean: figures in, a verdict in words and a remedy out.

What the DNS says of the sender's domain is judged next door, in `mail_authentication.py`.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

Verdict = Literal["ok", "look", "broken"]

SKEW = 2.0
MUCH_SKEW = 30.0
"""Seconds between two clocks: leases run on the database's, everything else on the process's."""
LITTLE_ROOM, NO_ROOM = 1_000_000_000, 100_000_000
"""Bytes."""
ZONES_STALE_AFTER = timedelta(days=365)
# About when the releases of a year come out, by their letter.
_MONTHS = {"a": 2, "b": 4, "c": 9, "d": 10, "e": 11}
# Enhanced status codes (RFC 3463 3.2-3.8) by class and subject.
_REASONS = {
    "5.1": "the address does not exist",
    "5.2": "the mailbox is full or closed",
    "5.3": "the receiving system refuses",
    "5.4": "there is no way to the receiving server",
    "5.5": "the servers did not understand each other",
    "5.6": "the content was not accepted",
    "5.7": "refused by policy: reputation, or SPF, DKIM, DMARC",
}


@dataclass(frozen=True, slots=True)
class Finding:
    """One line of the report; `remedy` says what to do unless all is well."""

    check: str
    verdict: Verdict
    words: str
    remedy: str = ""


def clock_skew(seconds: float) -> Finding:
    """Of the database's clock against this process's."""
    words = f"The database's clock and this machine's are {abs(seconds):.1f} seconds apart."
    if abs(seconds) < SKEW:
        return Finding("clock", "ok", words)
    remedy = "Set both machines' clocks by NTP (timedatectl says whether they are)."
    return Finding("clock", "broken" if abs(seconds) >= MUCH_SKEW else "look", words, remedy)


def zones_age(version: str, today: date, *, from_system: bool) -> Finding:
    """Of the time-zone database that is in use, such as "2026f"; "" when it does not say."""
    remedy = "Update the system's package tzdata, then restart." if from_system else "Install a newer tzdata."
    whose = "the system's" if from_system else "the Python package's"
    found = re.match(r"(\d{4})([a-z]?)", version)
    if not found:
        return Finding(
            "time zones", "look", f"{whose.capitalize()} time-zone database does not say its age.", remedy
        )
    released = date(int(found[1]), _MONTHS.get(found[2], 12), 1)
    words = f"Local times come from {whose} time-zone database {version}."
    if today - released > ZONES_STALE_AFTER:
        return Finding("time zones", "look", f"{words} It is more than a year old: rules may have changed.", remedy)
    return Finding("time zones", "ok", words)


def room(free: int, total: int) -> Finding:
    """On the disk of the data folder, in bytes."""
    words = f"{free / 1e9:.1f} of {total / 1e9:.1f} GB are free where the data folder is."
    if free >= LITTLE_ROOM:
        return Finding("disk", "ok", words)
    remedy = "Make room: when the disk is full nobody can sign up and no sending is recorded."
    return Finding("disk", "broken" if free < NO_ROOM else "look", words, remedy)


def overdue(mails: int) -> Finding:
    """Mails that should have been sent minutes ago."""
    if not mails:
        return Finding("due mails", "ok", "No mail is late.")
    words = f"{mails} mails have been due for more than two minutes."
    return Finding(
        "due mails", "look", words, "After a message to many that is normal; see the mail server's line."
    )


def stuck(run_out: int) -> Finding:
    """Deliveries whose sender has died and that nobody has taken over."""
    if not run_out:
        return Finding("leases", "ok", "No mail is held by a sender that died.")
    return Finding(
        "leases", "look", f"{run_out} mails are held by senders that died.", "A running worker takes them over."
    )


def failures(by_reason: Mapping[str, int]) -> Finding:
    """Mails that failed in the last seven days."""
    if not by_reason:
        return Finding("failed mails", "ok", "No mail failed in the last 7 days.")
    most_first = sorted(by_reason.items(), key=lambda item: (-item[1], item[0]))
    told = "; ".join(f"{number} because {reason}" for reason, number in most_first[:5])
    return Finding(
        "failed mails",
        "look",
        f"In the last 7 days {sum(by_reason.values())} mails failed: {told}.",
        "`webinar-hub outbox list --state failed` shows them, `outbox show` explains one, `outbox retry` sends it.",
    )


def to_call(number: int) -> Finding:
    """People whom no mail reaches."""
    if not number:
        return Finding("tasks", "ok", "Nobody has to be called.")
    words = "1 task waits" if number == 1 else f"{number} tasks wait"
    return Finding("tasks", "look", f"{words} for a person.", "`webinar-hub tasks list` says whom to call.")


def reason_of(reply: str) -> str:
    """Why a mail failed, in words, from what the server said."""
    if reply.startswith("Cannot be composed"):
        return "it could not be composed"
    if enhanced := re.match(r"5\d\d[ -](5\.\d)", reply):
        return _REASONS.get(enhanced[1], "the server refused it")
    if re.match(r"5\d\d", reply):
        return "the server refused it"
    if re.match(r"4\d\d", reply):
        return "the server said “not now” for too long"
    return "of something else"
