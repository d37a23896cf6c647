"""Which process has a role, such as ringing the clock: a lease row that one holds and the others watch."""

from sqlalchemy import or_

from webinar_hub.core.clock import LONGEST_LEADER_LEASE, lease_moment, ran_out
from webinar_hub.core.db import db
from webinar_hub.core.inserts import insert_or_update
from webinar_hub.models import Lease

CLOCK = "clock"


def hold(owner: str, seconds: float, *, role: str = CLOCK) -> bool:
    """Take or renew a role's lease for `seconds` of the database's clock; whether `owner` has it now.

    One compare-and-set statement: the row changes hands only after its lease has run out.
    """
    until = lease_moment(seconds)
    free = or_(Lease.owner == owner, ran_out(Lease.until, max(seconds, LONGEST_LEADER_LEASE)))
    statement = insert_or_update(
        Lease,
        {"name": role, "owner": owner, "until": until, "term": 1},
        ["name"],
        {"owner": owner, "until": until, "term": Lease.term + (Lease.owner != owner).cast(Lease.term.type)},
        where=free,
    ).returning(Lease.owner)
    return db.session.execute(statement).first() is not None


def give_up(owner: str, *, role: str = CLOCK) -> None:
    """Let the next process take the role at once instead of after the lease."""
    lease = db.session.get(Lease, role)
    if lease is not None and lease.owner == owner:
        db.session.delete(lease)
