"""How a sign-up is protected: when her browser works for it, what is an attack, what is too quick.

Everything that was typed stays typed whatever is decided here, and nobody is refused for good: whoever cannot work
for it is asked by mail instead whether the address is hers.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

Switch = Literal["never", "attack", "always"]

WATCHED = timedelta(minutes=10)
"""The time over which sign-ups and refusals are counted."""
LASTS = timedelta(minutes=30)
"""An alarm ends by itself so long after the last sign of an attack."""
QUIET = timedelta(hours=1)
"""For so long nothing raises it again once somebody of the staff has ended it."""
REFUSALS = 30
"""Refused tries in the time watched that are no accident any more."""
NETWORKS = 4
"""A crowd of so many full networks (`WEBINAR_HUB_SIGN_UPS_PER_HOUR` each) in ten minutes is not a mailing's."""

PROOF_LASTS = timedelta(days=7)
"""How long the link that proves an address works; then whoever did not open it is forgotten."""
PROOFS_AN_HOUR = 3
PROOFS_A_DAY = 6
# Mails that people on their own pages can have us send to an address that is not theirs, all of them together.
STRANGER_MAILS_A_DAY = 6
"""Mails that ask one address whether it is hers, all cohorts together."""
UNPROVEN_MAILS_A_DAY = 12
"""Mails of all kinds that sign-ups may bring an address of which nobody has shown that it is hers."""
UNWORKED_AN_HOUR = 20
"""Sign-ups from one network that did not work for it while that is asked."""
FORM_LASTS = timedelta(hours=24)
DIRECT_BEFORE = timedelta(minutes=60)
"""So long before a session, and while it is live, the browser that signed up may go in without the mail (A14)."""
DIRECT_LASTS = timedelta(hours=3)


@dataclass(frozen=True, slots=True)
class Counters:
    """What happened to one webinar in the time watched."""

    sign_ups: int
    refusals: int


def works_first(cohort: str, house: str, *, attacked: bool) -> bool:
    """Whether a browser works before a sign-up is taken; the cohort's own switch wins over the house's."""
    switch = cohort or house
    return switch == "always" or (switch == "attack" and attacked)


def attack(counters: Counters, *, per_network: int) -> str:
    """Why this is an attack, in words for the studio, or "". `per_network` is one network's limit for an hour."""
    if counters.refusals >= REFUSALS:
        return f"{counters.refusals} tries were refused within ten minutes."
    if counters.sign_ups >= NETWORKS * max(per_network, 1):
        return f"{counters.sign_ups} people signed up within ten minutes."
    return ""


def may_go_in_directly(starts_at: datetime, ends_at: datetime, now: datetime) -> bool:
    """Whether the browser that signed up may join a session without the mail."""
    return starts_at - DIRECT_BEFORE <= now < ends_at


def too_quick(made_at: datetime, now: datetime, *, least: float) -> bool:
    """Whether a form came back sooner than a person can fill it in; `least` in seconds."""
    return (now - made_at).total_seconds() < least


def too_old(made_at: datetime, now: datetime) -> bool:
    """Whether a form lay open for so long that what it says may not be true any more."""
    return now - made_at > FORM_LASTS
