"""The audit log in words: who, what, about what, and what is different now; and the same with people hidden."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

NOUNS = {
    "settings": "Settings",
    "webinar": "Webinars",
    "cohort": "Cohorts",
    "session": "Sessions",
    "drop": "Bonuses",
    "material": "Materials",
    "registration": "Registrations",
    "person": "People",
    "details": "People's own details",
    "topics": "Which mails people want",
    "consent": "Consents",
    "invite": "Answers to invites",
    "hours": "Hours of mails",
    "pause": "Pauses",
    "suppression": "Addresses no longer written to",
    "delivery": "Single mails",
    "announcement": "Announcements",
    "template": "Templates",
    "task": "Tasks",
    "team": "The team",
    "account": "Accounts of the team",
    "attendance": "Attendance",
    "certificate": "Certificates",
}
"""How actions begin, and what the filter calls them."""
_ACTORS = {
    "command line": "the command line",
    "mail": "a mail that came back",
    "system": "the service itself",
    "demo": "the demo",
}
_ACTIONS = {
    "settings.changed": "changed the settings",
    "cohort.imported": "read in a cohort file",
    "cohort.cancelled": "called off a cohort",
    "session.added": "added a session",
    "session.moved": "moved a session",
    "session.cancelled": "called off a session",
    "registration.cancelled": "gave a place back",
    "registration.returned": "came back",
    "consent.given": "agreed to news",
    "consent.withdrawn": "ended news",
    "suppression.began": "stopped mails to an address",
    "suppression.lifted": "let mails go to an address again",
    "topics.chosen": "chose which mails to get",
    "topics.ended": "ended mails",
    "details.changed": "corrected details",
    "invite.answered": "answered an invite",
    "session.opted_out": "left a date of a series out",
    "session.opted_in": "took a date of a series back",
    "hours.chosen": "chose the hours of mails",
    "pause.begun": "began a pause",
    "pause.ended": "ended a pause",
    "feed.opened": "subscribed to the calendar",
    "feed.closed": "ended the calendar subscription",
    "delivery.retried": "sent a mail again",
    "delivery.cancelled": "stopped a mail",
    "delivery.skipped": "left somebody out of a planned mail",
    "task.done": "ticked off a task",
}
_ADDRESS = re.compile(r"([A-Za-z0-9])[^\s@<>\"]*@([A-Za-z0-9.-]+\.[A-Za-z]{2,})")
# Whatever stands under these names is about a person.
_PERSONAL = {"name", "to_name", "full_name", "phone", "note", "notes", "words", "text", "postal_address", "address"}
HIDDEN = "(hidden)"


@dataclass(frozen=True, slots=True)
class Difference:
    """One thing that an entry tells; `before` and `after` in words, `before` None where only one is told."""

    name: str
    before: str | None
    after: str


def actor_words(actor: str, people: Mapping[str, str]) -> str:
    """Who it was; `people` are the names of the staff by what the log calls them."""
    noun, _, number = actor.partition(":")
    if noun == "person":
        return f"registrant {number}"
    if noun == "organizer":
        return people.get(actor, f"somebody who has left the team (number {number})")
    return _ACTORS.get(actor, actor)


def action_words(action: str) -> str:
    """What was done; for an action of another release its own name, taken apart."""
    if action in _ACTIONS:
        return _ACTIONS[action]
    noun, _, verb = action.partition(".")
    return f"{verb.replace('_', ' ')}: {noun.replace('_', ' ')}" if verb else action


def subject_words(subject: str) -> str:
    """About what, where it has no name."""
    return "the whole service" if subject == "settings" else subject.replace(":", " ")


def differences(detail: Mapping[str, Any]) -> tuple[Difference, ...]:
    """What an entry tells, one line a thing; before and after side by side where it has both."""
    before, after = detail.get("before"), detail.get("after")
    if isinstance(before, dict) and isinstance(after, dict):
        names = sorted({*before, *after})
        pairs = [
            Difference(_named(name), _said(before.get(name)), _said(after.get(name)))
            for name in names
            if before.get(name) != after.get(name)
        ]
        rest = {name: value for name, value in detail.items() if name not in ("before", "after")}
        return (*pairs, *(Difference(_named(name), None, _said(value)) for name, value in rest.items()))
    return tuple(Difference(_named(name), None, _said(value)) for name, value in detail.items())


def masked(value: Any, name: str = "") -> Any:
    """The same with names and notes hidden and addresses shortened to "a…@example.org" (FEATURES G2)."""
    if isinstance(value, dict):
        return {key: masked(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return [masked(inner, name) for inner in value]
    if not isinstance(value, str):
        return value
    if name in _PERSONAL and value:
        return HIDDEN
    return _ADDRESS.sub(r"\1…@\2", value)


def _named(name: str) -> str:
    return name.replace("_", " ")


def _said(value: Any) -> str:
    match value:
        case None | "" | [] | {}:
            return "nothing"
        case bool():
            return "yes" if value else "no"
        case list():
            return ", ".join(_said(inner) for inner in value)
        case dict():
            return "; ".join(f"{_named(str(name))}: {_said(inner)}" for name, inner in value.items())
    return str(value)
