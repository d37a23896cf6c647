"""Where what comes back is sent to: one address for each mail (VERP), signed, so that it names its delivery."""

import re
from dataclasses import dataclass
from functools import cached_property

from webinar_hub.core.tokens import MailPurpose, Tokens

LONGEST_LOCAL_PART = 64 - len("+") - 37
"""Octets that the address itself may have before the @ (RFC 5321 section 4.5.3.1.1), the token taken off."""


@dataclass(frozen=True)
class ReturnAddress:
    """`address` is a bare one like returns@example.org whose mailbox also takes returns+anything@example.org.

    `is_read` says that the hub itself reads what comes there.
    """

    address: str
    tokens: Tokens
    is_read: bool = False

    def for_bounces(self, delivery: int) -> str:
        """The envelope sender of a mail: what its server has to say later comes to this address."""
        return self._with("bounce", delivery)

    def for_unsubscribing(self, delivery: int) -> str:
        """A mail to this address, whatever it says, ends the reminders and bonuses that the delivery belongs to.

        "" where nobody would read it: what is offered has to be kept.
        """
        return self._with("unsubscribe-mail", delivery) if self.is_read else ""

    def bounced_delivery(self, text: str) -> int | None:
        """The id of the delivery whose envelope sender occurs in the text; None without a rightly signed one."""
        return self._found("bounce", text)

    def unsubscribed_delivery(self, text: str) -> int | None:
        """The id of the delivery whose address for unsubscribing occurs in the text; None where there is none."""
        return self._found("unsubscribe-mail", text)

    def _with(self, purpose: MailPurpose, delivery: int) -> str:
        local, _, domain = self.address.rpartition("@")
        return f"{local}+{self.tokens.sign_for_mail(purpose, delivery)}@{domain}"

    def _found(self, purpose: MailPurpose, text: str) -> int | None:
        for token in self._pattern.findall(text):
            delivery = self.tokens.read_from_mail(purpose, token)
            if delivery is not None:
                return delivery
        return None

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        local, _, domain = self.address.rpartition("@")
        return re.compile(rf"{re.escape(local)}\+([0-9a-z-]{{22,37}})@{re.escape(domain)}", re.IGNORECASE)
