"""Tries the way out for mails without sending one."""

from typing import Protocol, runtime_checkable

from webinar_hub.adapters.mail import MailTransport, Unreachable


@runtime_checkable
class CanSignIn(Protocol):
    """A way out that can be tried."""

    def sign_in(self) -> Unreachable | None:
        """Connect, encrypt and sign in as for a mail, then say goodbye; what went wrong, or None."""
        ...


def trouble_with(transport: MailTransport) -> str | None:
    """Why no mail could be sent, in plain words; "" when it could; None for a way out that cannot be tried."""
    if not isinstance(transport, CanSignIn):
        return None
    failed = transport.sign_in()
    return failed.reason if failed else ""
