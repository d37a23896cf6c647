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
    "waitlist": "Waitlists",
    "person": "People",
    "details": "People's own details",
    "address": "Proofs and changes of addresses",
    "transfer": "Seats handed on",
    "topics": "Which mails people want",
    "accommodation": "What people need to take part",
    "question": "Questions of cohorts",
    "consent": "Consents",
    "alarm": "Alarms",
    "erasure": "Wishes to be deleted",
    "purge": "The nightly clean-up",
    "invite": "Answers to invites",
    "invitation": "Answers to invitations",
    "invitations": "Invitations",
    "group": "Groups",
    "code": "Access codes",
    "language": "Languages people read",
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
    "colleague": "a colleague who was offered a seat",
}
_ACTIONS = {
    "settings.changed": "changed the settings",
    "cohort.imported": "read in a cohort file",
    "cohort.cancelled": "called off a cohort",
    "session.added": "added a session",
    "session.cancelled": "called off a session",
    "registration.cancelled": "gave a place back",
    "registration.returned": "came back",
    "registration.received": "took a colleague's seat",
    "address.asked": "asked for another address",
    "address.sent_again": "had the question sent to the new address again",
    "address.taken_back": "kept the old address",
    "address.stopped": "stopped a change of address",
    "address.undone": "put her address back",
    "address.changed": "changed the address",
    "address.corrected": "corrected an address",
    "transfer.offered": "offered a seat to a colleague",
    "transfer.withdrawn": "took an offered seat back",
    "transfer.declined": "declined an offered seat",
    "transfer.expired": "let an offered seat lapse",
    "transfer.taken": "took an offered seat",
    "registration.offered": "offered a seat",
    "registration.offer_ran_out": "ended an offer that ran out",
    "registration.offer_taken_back": "took the offer of a seat back",
    "registration.accepted": "accepted a seat",
    "registration.approved": "approved a sign-up",
    "registration.declined": "declined a sign-up",
    "registration.reviewed": "changed a sign-up that has to be decided on again",
    "registration.moved_to_front": "moved somebody to the front of the waitlist",
    "registration.moved_back": "moved somebody back to her turn in the waitlist",
    "registration.refused": "wanted a step that was not possible any more",
    "waitlist.closed": "closed a waitlist",
    "registration.answered": "changed answers",
    "details.licence_changed": "changed what a license says",
    "accommodation.asked": "asked for something to take part",
    "accommodation.arranged": "arranged what somebody needs",
    "question.added": "added a question",
    "question.changed": "changed a question",
    "question.moved": "put questions in another order",
    "question.archived": "ended a question",
    "question.deleted": "deleted a question",
    "question.brought_back": "asks a question again",
    "consent.given": "agreed to mails",
    "consent.withdrawn": "ended mails she had agreed to",
    "suppression.began": "stopped mails to an address",
    "suppression.lifted": "let mails go to an address again",
    "address.proven": "showed that the address is hers",
    "alarm.ended": "ended an alarm",
    "topics.chosen": "chose which mails to get",
    "topics.ended": "ended mails",
    "details.changed": "corrected details",
    "language.chosen": "chose a language",
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
    "task.done": "checked off a task",
    "cohort.entry_changed": "changed who finds it and who may sign up",
    "code.made": "made an access code",
    "code.ended": "ended an access code",
    "invitations.sent": "invited people",
    "invitations.reminded": "reminded those who have not answered",
    "invitations.ended": "ended a list of invitations",
    "invitation.declined": "said no to an invitation",
    "invitation.withdrawn": "took an invitation back",
    "invitation.welcome_again": "takes invitations again",
    "group.signed_up": "signed up a group",
    "group.added": "added people to a group",
    "group.reminded": "reminded a group",
    "group.ended": "ended a group",
    "group.link_sent": "sent a manager her link again",
    "person.exported": "made a copy of a person's data",
    "person.erased": "deleted a person",
    "erasure.asked": "asked for a person to be deleted",
    "erasure.proven": "said again that her data is to be deleted",
    "erasure.taken_back": "kept a person who was to be deleted",
    "purge.confirmed": "let the nightly clean-up begin",
    "purge.held": "put the nightly clean-up off",
    "purge.done": "cleaned up what had its time",
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
    if noun in ("group", "invited"):
        return f"{'the manager of group' if noun == 'group' else 'somebody invited,'} {number}"
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
