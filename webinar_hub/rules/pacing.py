"""How fast mail may leave: who goes now, who waits in line, what is left of the day; pure arithmetic in seconds.

The numbers every process shares are rows (`services/pacing.py`), and waiting for a slot is the worker's
(`worker/pacer.py`). A bucket is one number, the moment of its next free slot (GCRA, ITU-T I.371): a mail takes the
slot and moves it on by one interval, and a bucket that rested offers no more than its burst from the past.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

# No sender holds a slot that is further ahead, in seconds: it must soon be free for what is more urgent.
AHEAD = 2.0
# A sender claims as many mails as have slots in so many seconds.
CLAIM = 1.0
# After so many seconds a sender gives back what it has not sent, and looks for something more urgent (F22).
TURN = 4.0
# A slot missed by more than this, in seconds, is lost: after a standstill nothing may be sent in a rush.
LATE = 2.0
# What bulk may use of a day's quota; the rest is kept for what a single person waits for.
BULK_SHARE = 0.9
HOUR = 3600.0
DAY = 24 * HOUR

MAIL, TODAY = "mail", "today"
"""Names of the shared rows: the whole installation's bucket, and what has been used of the day's quota."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What the providers allow: mails a second (0 is no limit), how many at once, a second and domain, a day."""

    rate: float = 0.0
    burst: int = 1
    domains: Mapping[str, float] = field(default_factory=dict)
    daily: int = 0

    @property
    def any(self) -> bool:
        """Whether anything is limited at all."""
        return bool(self.rate or self.domains or self.daily)

    def of_domain(self, domain: str) -> float:
        """Mails a second to this domain; 0 is no limit. `*` stands for each domain that is not named."""
        return self.domains.get(domain, self.domains.get("*", 0.0))


@dataclass(slots=True)
class Bucket:
    """A shared row: `next_at` in seconds of the database's clock.

    A domain has `lines`: where the queues of mails end that are to come again when it is their turn. The day's
    quota keeps there how many mails went in which hour, because providers count the last 24 hours and not the
    date; `used` is their sum.
    """

    next_at: float = 0.0
    used: int = 0
    lines: dict[str, float] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AtTheDoor:
    """A claimed mail. `urgent`: one person waits for it. `waited`: it has stood in its domain's line before."""

    id: int
    domain: str
    priority: int
    urgent: bool
    waited: bool


@dataclass(slots=True)
class Admission:
    """Who goes at which moment, who comes again then (seconds of the database's clock), and who must step back.

    Those who step back stay due as they were: the installation's own bucket is full until `full_until`, or bulk
    has used up its share of the last 24 hours, of which something comes back at `more_at`.
    """

    go: dict[int, float] = field(default_factory=dict)
    again: dict[int, float] = field(default_factory=dict)
    back: list[int] = field(default_factory=list)
    full_until: float = 0.0
    more_at: float = 0.0
    nothing_left: bool = False


def domain_of(address: str) -> str:
    """The recipient's domain as the DNS writes it, in small letters; as it stands where it has no such form."""
    domain = address.rpartition("@")[2].lower().rstrip(".")
    try:
        return domain if domain.isascii() else domain.encode("idna").decode()
    except UnicodeError:
        return domain


def rows_needed(mails: Sequence[AtTheDoor], limits: Limits) -> list[str]:
    """The names of the shared rows that decide about these mails, in the order in which everybody locks them."""
    names = {row_of(mail.domain) for mail in mails if limits.of_domain(mail.domain)}
    return sorted(names | ({MAIL} if limits.rate else set()) | ({TODAY} if limits.daily else set()))


def row_of(domain: str) -> str:
    """The shared row of a domain."""
    return f"to {domain}"


def admit(mails: Sequence[AtTheDoor], paces: Mapping[str, Bucket], limits: Limits, now: float) -> Admission:
    """Decide about claimed mails in their order, and move the shared rows on accordingly.

    What one person waits for goes at once and uses up slots all the same. Everything else goes at a slot of its
    domain and of the installation that is at most AHEAD seconds away.
    """
    admission = Admission()
    for mail in mails:
        rate = limits.of_domain(mail.domain)
        domain = paces[row_of(mail.domain)] if rate else None
        if domain and not mail.urgent and not _has_turn(mail, domain, now):
            admission.again[mail.id] = _stand_in_line(mail, domain, rate, now)
        elif not _is_free(mail, paces, limits, now, admission):
            admission.back.append(mail.id)
        else:
            admission.go[mail.id] = _take(mail, domain, paces, limits, now)
    return admission


def _has_turn(mail: AtTheDoor, domain: Bucket, now: float) -> bool:
    """Whether its domain has a slot for it: nobody more urgent waits, and it does not push in."""
    if domain.next_at > now + AHEAD or _end_of_lines(domain, below=mail.priority) > now:
        return False
    return mail.waited or domain.lines.get(str(mail.priority), 0.0) <= now


def _end_of_lines(domain: Bucket, *, below: int) -> float:
    """When all have had their turn that are more urgent than this priority."""
    return max((end for name, end in domain.lines.items() if int(name.strip("+")) < below), default=0.0)


def _stand_in_line(mail: AtTheDoor, domain: Bucket, rate: float, now: float) -> float:
    """When to come again: at the end of the line, so that a million mails are looked at about twice each.

    Whoever has waited already, and came in vain because others were more urgent or nothing went out for a while,
    has a line of her own ("1+") that begins now.
    """
    line = f"{mail.priority}+" if mail.waited else str(mail.priority)
    more_urgent = _end_of_lines(domain, below=mail.priority)
    turn = max(domain.lines.get(line, 0.0), domain.next_at, more_urgent, now)
    domain.lines[line] = turn + 1 / rate
    return turn


def _is_free(
    mail: AtTheDoor, paces: Mapping[str, Bucket], limits: Limits, now: float, admission: Admission
) -> bool:
    """Whether the installation may send it now or within a moment: the day's quota first, then the bucket."""
    if limits.daily and not _is_left_of_today(mail, paces[TODAY], limits.daily, now, admission):
        return False
    if limits.rate and not mail.urgent and paces[MAIL].next_at > now + AHEAD:
        admission.full_until = paces[MAIL].next_at - AHEAD
        return False
    return True


def _is_left_of_today(mail: AtTheDoor, today: Bucket, daily: int, now: float, admission: Admission) -> bool:
    # An hour counts until its last mail is 24 hours old.
    for hour in [hour for hour in today.lines if _falls_out(hour) <= now]:
        del today.lines[hour]
    today.used = int(sum(today.lines.values()))
    if today.used < (daily if mail.priority == 0 else int(daily * BULK_SHARE)):
        return True
    admission.more_at = min(map(_falls_out, today.lines), default=now + DAY)
    admission.nothing_left = today.used >= daily
    return False


def _falls_out(hour: str) -> float:
    """When what went in this hour no longer counts."""
    return (int(hour) + 1) * HOUR + DAY


def charge(today: Bucket, mails: int, now: float) -> None:
    """Count mails of this moment against the day's quota, or, with a minus, give them back."""
    hour = str(int(now // HOUR))
    today.lines[hour] = max(0, today.lines.get(hour, 0) + mails)
    today.used, today.next_at = int(sum(today.lines.values())), now


def _take(mail: AtTheDoor, domain: Bucket | None, paces: Mapping[str, Bucket], limits: Limits, now: float) -> float:
    """Use up a slot of everything that is limited; the moment at which the mail may go."""
    slot = now
    if limits.daily:
        charge(paces[TODAY], 1, now)
    if limits.rate:
        slot = max(slot, take_slot(paces[MAIL], limits.rate, limits.burst, now))
    if domain:
        slot = max(slot, take_slot(domain, limits.of_domain(mail.domain), 1, now))
    return now if mail.urgent else slot


def take_slot(bucket: Bucket, rate: float, burst: int, now: float) -> float:
    """The next free slot of a bucket, which moves on by one interval."""
    slot = max(bucket.next_at, now - (burst - 1) / rate)
    bucket.next_at = slot + 1 / rate
    return slot
