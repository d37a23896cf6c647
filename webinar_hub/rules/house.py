"""What an owner may set for the whole installation: each setting with its check, and what holds without one.

What the operator sets in the environment (core/config.py) stays there; where both speak of one thing it wins.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from datetime import timedelta
from functools import partial
from typing import Any
from urllib.parse import urlsplit

from webinar_hub.core.addresses import checked_address
from webinar_hub.core.language import gettext, noop
from webinar_hub.rules import colors
from webinar_hub.rules.cohort_file.checks import span
from webinar_hub.rules.message_plan import MOST_REMINDERS
from webinar_hub.rules.retention import KINDS, checked_days, kept_days, own_days
from webinar_hub.rules.zones import UnknownZone, zone

NEWS_WORDS = noop("Yes, write to me now and then about new webinars and trainings. I can stop this at any time.")
BONUS_WORDS = noop(
    "Yes, write to me each week when a bonus is ready. Without it the bonuses wait on my page. "
    "I can stop this at any time."
)
FOOTER = noop("Free live webinars. No password, no tracking.")


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """The settings as they hold; `retention` in days by kind (0 keeps for ever), `reminders` in minutes before.

    `logo` names the picture in the database, "" for none. `bonus_box` says whether bonus mails need a tick of
    their own ("yes") or belong to the sign-up ("no"), `consent_network` whether a consent is kept with the network
    address it came from, `proves_address` whether a new cohort begins with double opt-in, `proof_of_work` when
    browsers work for a sign-up (`rules/protection.py`), `file_questions` ("yes") whether cohorts may ask for files.
    """

    name: str = "Webinar Hub"
    accent: str = colors.ACCENT
    logo: str = ""
    sender_name: str = ""
    sender_address: str = ""
    reply_to: str = ""
    postal_address: str = ""
    footer: str = FOOTER
    privacy_url: str = ""
    news_words: str = NEWS_WORDS
    bonus_words: str = BONUS_WORDS
    bonus_box: str = "yes"
    consent_network: str = "no"
    proves_address: str = "no"
    proof_of_work: str = "attack"
    file_questions: str = ""
    zone: str = "America/New_York"
    zone_is_chosen: bool = False
    reminders: tuple[int, ...] = (7 * 24 * 60, 24 * 60, 60, 10)
    retention: Mapping[str, int] = field(default_factory=own_days)
    version: int = 0

    @property
    def footer_said(self) -> str:
        """The line at the foot of pages: the house's own in the reader's language, another as it was written."""
        return gettext(self.footer)

    @property
    def news_said(self) -> str:
        """What stands beside the box for news, likewise."""
        return gettext(self.news_words)

    @property
    def bonus_said(self) -> str:
        """The words beside the box for bonus mails, in the reader's language while they are ours."""
        return gettext(self.bonus_words)

    def home(self, own: str) -> str:
        """The zone a new cohort begins with: the one that was chosen for all, else that of whoever makes it."""
        return self.zone if self.zone_is_chosen else own

    @property
    def proves(self) -> bool:
        """Whether a new cohort asks everybody first whether the address is hers."""
        return self.proves_address == "yes"

    @property
    def asks_for_bonuses(self) -> bool:
        """Whether bonus mails need a box of their own."""
        return self.bonus_box == "yes"

    @property
    def leads(self) -> tuple[timedelta, ...]:
        """How long before each session a new cohort's reminders go out."""
        return tuple(timedelta(minutes=minutes) for minutes in self.reminders)


class Refused(ValueError):
    """Some of what was typed cannot be used: words by field; `offers` has what would do instead."""

    def __init__(self, problems: Mapping[str, str], offers: Mapping[str, str]) -> None:
        super().__init__("; ".join(problems.values()))
        self.problems = problems
        self.offers = offers


def checked(typed: Mapping[str, str]) -> dict[str, Any]:
    """What was typed into some of the fields, as it is kept. Raises Refused naming each field that is wrong."""
    kept: dict[str, Any] = {}
    problems: dict[str, str] = {}
    offers: dict[str, str] = {}
    for name, text in typed.items():
        try:
            kept[name] = _checks(name)(text)
        except ValueError as problem:
            problems[name] = str(problem)
            if isinstance(problem, colors.Unreadable):
                offers[name] = problem.nearest
    if problems:
        raise Refused(problems, offers)
    return kept


def house_of(stored: Mapping[str, Any], version: int) -> House:
    """What is stored, with the house's own word for whatever is not; what another release stored is left aside."""
    known = {each.name for each in fields(House)} - {"version", "retention", "reminders", "zone_is_chosen"}
    values: dict[str, Any] = {
        name: value for name, value in stored.items() if name in known and isinstance(value, str)
    }
    if isinstance(minutes := stored.get("reminders"), list):
        values["reminders"] = tuple(minutes)
    days = {kind: kept_days(kind, stored.get(f"keep_{kind}")) for kind in KINDS}
    return House(**values, zone_is_chosen="zone" in values, retention=days, version=version)


def typed(house: House) -> dict[str, str]:
    """Every setting as it stands in its field."""
    values = {each.name: getattr(house, each.name) for each in fields(House)}
    kept = {f"keep_{kind}": str(days) for kind, days in house.retention.items()}
    texts = {name: value for name, value in values.items() if isinstance(value, str)}
    return texts | kept | {"reminders": ", ".join(span_words(minutes) for minutes in house.reminders)}


def span_words(minutes: int) -> str:
    """A reminder's distance as it is typed: "1 week", "10 minutes"."""
    for length, word in ((7 * 24 * 60, "week"), (24 * 60, "day"), (60, "hour"), (1, "minute")):
        if minutes % length == 0:
            count = minutes // length
            return f"{count} {word}{'s' if count != 1 else ''}"
    return f"{minutes} minutes"


def _checks(name: str) -> Callable[[str], Any]:
    if name.startswith("keep_"):
        return partial(checked_days, name.removeprefix("keep_"))
    return _BY_NAME[name]


def _line(longest: int, *, required: str = "") -> Callable[[str], str]:
    def check(text: str) -> str:
        line = text.strip()
        if required and not line:
            raise ValueError(required)
        if len(line) > longest:
            raise ValueError(f"This can have at most {longest} characters; it has {len(line)}.")
        if not line.isprintable():
            raise ValueError("There is an invisible character or a line end in it. Type it again by hand.")
        return line

    return check


def _lines(text: str) -> str:
    lines = [line.strip() for line in text.strip().splitlines()]
    if len(lines) > 6 or any(len(line) > 100 for line in lines):
        raise ValueError("Write at most six lines of at most 100 characters each.")
    return "\n".join(_line(100)(line) for line in lines)


def _address(text: str) -> str:
    address = text.strip()
    if not address:
        return ""
    try:
        checked_address(address, test_domains=True)
    except ValueError as error:
        raise ValueError("Write a bare address like hello@example.org, or leave it empty.") from error
    return address


def _web_address(text: str) -> str:
    address = _line(500)(text)
    parts = urlsplit(address)
    if address and (parts.scheme != "https" or not parts.hostname or " " in address):
        raise ValueError("Write the whole address, beginning with https://, or leave it empty.")
    return address


def _tick(text: str) -> str:
    return "yes" if text else ""


def _zone(text: str) -> str:
    try:
        zone(text.strip())
    except UnknownZone as error:
        raise ValueError("Choose a time zone from the list.") from error
    return text.strip()


def _reminders(text: str) -> list[int]:
    try:
        spans = [span(part.strip()) for part in text.replace("\n", ",").split(",") if part.strip()]
    except ValueError as error:
        raise ValueError("Write them like: 1 week, 1 day, 1 hour, 10 minutes. Separate them by commas.") from error
    if len(spans) > MOST_REMINDERS:
        raise ValueError(f"At most {MOST_REMINDERS} reminders: people stop reading them.")
    if len(set(spans)) < len(spans):
        raise ValueError("Two of the reminders are at the same time. Leave one out.")
    if any(not timedelta(0) < each <= timedelta(weeks=8) for each in spans):
        raise ValueError("A reminder goes out between 1 minute and 8 weeks before the session.")
    return [int(each.total_seconds() // 60) for each in sorted(spans, reverse=True)]


def _one_of(*known: str) -> Callable[[str], str]:
    def check(text: str) -> str:
        if text not in known:
            raise ValueError("Choose one of the answers.")
        return text

    return check


_BY_NAME: dict[str, Callable[[str], Any]] = {
    "name": _line(60, required="Give the service a name: it stands at the top of every page."),
    "accent": colors.accent,
    "sender_name": _line(80),
    "sender_address": _address,
    "reply_to": _address,
    "postal_address": _lines,
    "footer": _line(200),
    "privacy_url": _web_address,
    "news_words": _line(300, required="Write what people agree to when they check the box."),
    "bonus_words": _line(300, required="Write what people agree to when they check the box."),
    "bonus_box": _one_of("yes", "no"),
    "consent_network": _one_of("yes", "no"),
    "proves_address": _one_of("yes", "no"),
    "proof_of_work": _one_of("never", "attack", "always"),
    "file_questions": _tick,
    "zone": _zone,
    "reminders": _reminders,
}
