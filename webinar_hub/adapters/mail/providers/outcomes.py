"""What an answer of a provider means for the message: the same rules for all of them; transport.py asks."""

from webinar_hub.adapters.mail import Accepted, Deferred, Outcome, Refused, Unreachable
from webinar_hub.adapters.mail.providers import Answer, Complaint, Provider
from webinar_hub.adapters.mail.smtp_words import one_line

KEY_REFUSED = frozenset({401, 403, 407})
NOT_THE_API = frozenset({404, 405, 410})
TOO_LARGE = 413
TOO_MANY = 429
ABOUT_THE_REQUEST = frozenset({400, 406, 409, 411, TOO_LARGE, 414, 415, 422, 431})
"""Every other answer of 400 and more is about the moment: wait and try again."""


def verdict(provider: Provider, answer: Answer) -> Outcome:
    """The outcome for the message that was answered like this."""
    if answer.status // 100 == 2:
        return _taken_over(provider, answer)
    complaint = provider.complaint(answer) if answer.status >= 400 else None
    reason = in_words(provider, answer, complaint)
    if complaint and complaint.about == "sender":
        return Deferred(reason)
    if closed_for_all(answer, complaint):
        return Unreachable(reason)
    if answer.status == TOO_LARGE or (complaint and answer.status in ABOUT_THE_REQUEST):
        return Refused(reason)
    return Deferred(reason)


def closed_for_all(answer: Answer, complaint: Complaint | None) -> bool:
    """Whether no message can go out now, for a reason that is none of this one's."""
    if complaint and complaint.about == "account":
        return True
    if answer.status == TOO_MANY:
        return "retry-after" in answer.headers
    return answer.status in KEY_REFUSED | NOT_THE_API or answer.status // 100 == 3


def in_words(provider: Provider, answer: Answer, complaint: Complaint | None) -> str:
    """One printable line without any secret, beginning with the status."""
    text = complaint.words if complaint else _general_words(answer)
    return hidden(provider, f"{answer.status} {provider.name}: {text}")


def hidden(provider: Provider, text: str) -> str:
    """The text as one line, with everything secret taken out: an answer may repeat what it was asked."""
    for secret in provider.secrets:
        text = text.replace(secret, "***")
    return one_line(text)


def _taken_over(provider: Provider, answer: Answer) -> Outcome:
    number = provider.message_id(answer)
    if number:
        return Accepted(hidden(provider, f"{answer.status} {provider.name} has it as {number}"))
    return Deferred(
        f"{answer.status} {provider.name}: this is not its usual answer, so nobody knows whether it has the message"
    )


def _general_words(answer: Answer) -> str:
    status = answer.status
    if status // 100 == 3:
        return "it sends us elsewhere, where the message and the key do not go: is the endpoint right?"
    if status in KEY_REFUSED:
        return "the key in the mail setting is not accepted"
    if status in NOT_THE_API:
        return "there is no such address: are the domain, the region and the endpoint right?"
    if status == TOO_LARGE:
        return "the message is too large"
    if status == TOO_MANY:
        wait = answer.headers.get("retry-after", "")
        return f"too many messages at once; it asks to wait {wait} s" if wait.isdigit() else "too many messages"
    if status >= 500:
        return "it has trouble of its own"
    return "no answer that it is known to give"
