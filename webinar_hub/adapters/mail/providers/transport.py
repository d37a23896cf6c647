"""Sends through the HTTP API of any provider; what each of them wants to be told is in its own file."""

from webinar_hub.adapters.mail import Deferred, Envelope, Outcome, Refused, Unreachable
from webinar_hub.adapters.mail.addresses import refusal
from webinar_hub.adapters.mail.providers import Provider
from webinar_hub.adapters.mail.providers.calling import Caller, NoAnswer
from webinar_hub.adapters.mail.providers.outcomes import hidden, in_words, verdict


class ProviderTransport:
    """A way out through a provider for one thread, on a connection that stays open between messages."""

    def __init__(self, provider: Provider, *, longest_send: float, caller: Caller | None = None) -> None:
        """`longest_send` is seconds for one message; nothing is connected before the first."""
        self._provider = provider
        self._longest_send = longest_send
        self._caller = caller or Caller()

    def send(self, envelope: Envelope) -> Outcome:
        """Hand the message over, within `longest_send` seconds."""
        refused = refusal(envelope)
        if refused:
            return refused
        try:
            request = self._provider.delivery(envelope)
        except ValueError as cannot:
            return Refused(hidden(self._provider, str(cannot)))
        try:
            answer = self._caller.call(request, self._longest_send)
        except NoAnswer as none:
            reason = hidden(self._provider, none.reason)
            return Deferred(reason) if none.went_out else Unreachable(reason)
        return verdict(self._provider, answer)

    def close(self) -> None:
        """Hang up; sending again opens a new connection."""
        self._caller.close()

    def trouble(self) -> str | None:
        """Ask something that costs nothing, and say what stands in the way of sending; None when nothing does."""
        provider = self._provider
        try:
            answer = self._caller.call(provider.question(), self._longest_send)
        except NoAnswer as none:
            return hidden(provider, none.reason)
        if answer.status == 200:
            doubt = provider.doubt(answer)
            return doubt and hidden(provider, f"{provider.name}: {doubt}")
        return in_words(provider, answer, provider.complaint(answer) if answer.status >= 400 else None)
