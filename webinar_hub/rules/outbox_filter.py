"""Which deliveries are meant, as conditions on Delivery: lists, counts and what is done to many use the same."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, cast

from sqlalchemy import ColumnElement, TextClause, select, text, union_all
from sqlalchemy.ext.compiler import compiles
from sqlalchemy.sql.functions import FunctionElement
from sqlalchemy.types import NullType

from webinar_hub.models import Cohort, Delivery, Notice, Person, Registration
from webinar_hub.models.delivery import NOT_SENT_STATES, OPEN_STATES
from webinar_hub.rules.delivery import ALL_PRIORITIES


class _OneOf(FunctionElement[Any]):
    """Whether a value is among the few a statement finds: that is asked first, and an index then used."""

    # As a Boolean it would become "… = 1" on SQLite, which then takes no index for it.
    type = NullType()
    inherit_cache = True


@compiles(_OneOf)
def _in_postgresql(element: Any, compiler: Any, **options: Any) -> str:
    value, found = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} = ANY (ARRAY{found}))"


@compiles(_OneOf, "sqlite")
def _in_sqlite(element: Any, compiler: Any, **options: Any) -> str:
    value, found = (compiler.process(clause, **options) for clause in element.clauses)
    return f"({value} IN {found})"


Condition = ColumnElement[bool] | TextClause

STATES = ("queued", "sending", "sent", "failed", "expired", "cancelled", "suppressed")
OPEN, NOT_SENT = frozenset(("queued", "sending")), frozenset(("failed", "expired", "cancelled", "suppressed"))


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; what is empty or None does not matter. `since` is the earliest moment they were due.

    `cohort` is a cohort's key, `email` an address as it is compared (`rules/registration.py`: email_key). With
    `webinars` only what goes to registrants of these is meant; mails to staff belong to none.
    """

    states: tuple[str, ...] = ()
    cohort: str = ""
    email: str = ""
    kind: str = ""
    since: datetime | None = None
    webinars: Collection[int] | None = None


def conditions(wanted: Wanted) -> list[Condition]:
    """The conditions, of which there are none where everything is meant.

    Who is meant by a cohort or webinar is asked of each row: of a million rows the newest few are wanted, and a
    list of a hundred thousand registrations would have to be made first.
    """
    found: list[Condition] = [*_of_states(wanted.states)]
    if wanted.kind == "notice":
        # There is an index of these few; asked for in the order of all deliveries it would not be taken.
        found.append(Delivery.id.in_(select(Delivery.id).where(Delivery.notice_id.is_not(None))))
    elif wanted.kind:
        found.append(Delivery.kind == wanted.kind)
    if wanted.since:
        found.append(Delivery.due_at >= wanted.since)
    if wanted.webinars is not None:
        found.append(_in(Cohort.webinar_id.in_(wanted.webinars)))
    if wanted.cohort:
        found.append(_in(Cohort.key == wanted.cohort))
    if wanted.email:
        found.append(_to(wanted.email))
    return found


def _of_states(states: tuple[str, ...]) -> Iterator[Condition]:
    if not states:
        return
    yield Delivery.state.in_(states)
    # The indexes hold these rows only, and SQLite takes one only where its condition is written out.
    for few, written_out in ((OPEN, OPEN_STATES), (NOT_SENT, NOT_SENT_STATES)):
        if few.issuperset(states):
            yield text(f"deliveries.{written_out}")
    if OPEN.issuperset(states):
        # Every row has one of these; by its first column the index of the open ones is chosen.
        yield Delivery.priority.in_(ALL_PRIORITIES)


def _in(cohorts: ColumnElement[bool]) -> ColumnElement[bool]:
    meant = Registration.__table__.alias("meant")
    ids = select(Cohort.id).where(cohorts)
    return select(meant.c.id).where(meant.c.id == Delivery.registration_id, meant.c.cohort_id.in_(ids)).exists()


def _to(email: str) -> ColumnElement[bool]:
    hers = select(Registration.id).join(Person, Person.id == Registration.person_id)
    notices = select(Notice.id).where(Notice.to_email == email)
    to_her = select(Delivery.id).where(Delivery.registration_id.in_(hers.where(Person.email_key == email)))
    to_staff = select(Delivery.id).where(Delivery.notice_id.in_(notices))
    # Neither "or" nor "in": PostgreSQL would look at every delivery there is.
    return cast("ColumnElement[bool]", _OneOf(Delivery.id, union_all(to_her, to_staff).scalar_subquery()))


def retryable(wanted: Wanted, now: datetime) -> list[Condition]:
    """Of those meant, what failed and can be sent without force (`rules/delivery_story.py`: retry_refusal)."""
    in_time = Delivery.expires_at.is_(None) | (Delivery.expires_at > now)
    return [*conditions(replace(wanted, states=("failed",))), in_time, Delivery.lease_token.is_(None)]
