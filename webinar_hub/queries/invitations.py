"""What somebody invited sees, what a manager sees of her people, and what of both the studio shows."""

from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.core.tokens import Tokens
from webinar_hub.models import Cohort, Invitation, InvitationList, InvitationRefusal, Registration, Session, Webinar
from webinar_hub.rules.invitation import (
    EVERYWHERE,
    MOST_IN_GROUP,
    OPEN,
    Asked,
    Progress,
    address_marks,
    may_be_reminded,
    progress,
    scope_of,
)

PAGE = 100


@dataclass(frozen=True, slots=True)
class InvitationView:
    """What she is invited to, and what she has said. `starts_at` is None once nothing is ahead.

    `wants_none` says that she wants no more invitations: to this cohort or, if `everywhere`, to any.
    """

    name: str
    email: str
    kind: str
    inviter: str
    organisation: str
    organizer: str
    webinar_slug: str
    webinar_title: str
    summary: str
    cohort: str
    cohort_title: str
    zone: str
    starts_at: datetime | None
    sessions: int
    state: str
    seat_until: datetime | None
    wants_none: bool
    everywhere: bool


@dataclass(frozen=True, slots=True)
class Invited:
    """Whose invitation a link is: for filling in the sign-up form."""

    name: str
    email: str
    has_seat: bool


@dataclass(frozen=True, slots=True)
class Member:
    """One of a manager's people: her status, and nothing of what she wrote."""

    public_id: str
    name: str
    email: str
    progress: Progress


@dataclass(frozen=True, slots=True)
class GroupView:
    """A manager's page; `remindable` people can be reminded now, `room` says how many more may be added."""

    inviter: str
    webinar_slug: str
    webinar_title: str
    cohort_title: str
    zone: str
    starts_at: datetime | None
    members: tuple[Member, ...]
    remindable: int
    room: int

    @property
    def counts(self) -> Counter[str]:
        """How many there are of each status."""
        return Counter(member.progress for member in self.members)


@dataclass(frozen=True, slots=True)
class ListLine:
    """A list as the studio shows it: an organizer's by its title, a group by its manager."""

    id: int
    title: str
    inviter_name: str
    inviter_email: str
    organisation: str
    created_at: datetime
    ended_at: datetime | None
    counts: Mapping[str, int]

    @property
    def total(self) -> int:
        """How many people are on it."""
        return sum(self.counts.values())

    @property
    def unanswered(self) -> int:
        """How many have not said anything."""
        return sum(self.counts.get(state, 0) for state in OPEN)


@dataclass(frozen=True, slots=True)
class InvitationLine:
    """One person on a list, for the studio."""

    id: int
    name: str
    email: str
    state: str
    list_title: str
    mails: int
    mailed_at: datetime | None
    due_at: datetime | None
    answered_at: datetime | None


def _ahead(found: Any, now: datetime) -> Any:
    return (
        select(found)
        .where(Session.cohort_id == Cohort.id, Session.state == "scheduled", Session.ends_at > now)
        .correlate(Cohort)
        .scalar_subquery()
    )


def _whole(now: datetime) -> Select[Any]:
    return (
        select(
            Invitation, InvitationList, Cohort, Webinar,
            _ahead(func.min(Session.starts_at), now), _ahead(func.count(), now),
        )
        .join(InvitationList, InvitationList.id == Invitation.list_id)
        .join(Cohort, Cohort.id == Invitation.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
    )  # fmt: skip


def invitation(tokens: Tokens, token: str, now: datetime) -> InvitationView:
    """The page behind an invitation's link; two statements. Raises NotFound, also for one that was withdrawn."""
    parts = tokens.read("invitation", token, (int, str))
    row = db.session.execute(_whole(now).where(Invitation.id == parts[0])).first() if parts else None
    if parts is None or row is None or row[0].nonce != parts[1] or row[0].state == "withdrawn":
        raise NotFound()
    one, of_list, cohort, webinar, starts_at, sessions = row
    refusals = set(
        db.session.scalars(
            select(InvitationRefusal.scope).where(
                InvitationRefusal.address_hash.in_(address_marks(tokens, one.email_key)),
                InvitationRefusal.scope.in_((EVERYWHERE, scope_of(cohort.id))),
            )
        )
    )
    return InvitationView(
        one.name, one.email, of_list.kind, of_list.inviter_name, of_list.organisation, cohort.organizer_name,
        webinar.slug, webinar.title, webinar.summary, cohort.public_id, cohort.title, cohort.zone, starts_at,
        sessions, one.state, one.seat_until, bool(refusals), EVERYWHERE in refusals,
    )  # fmt: skip


def invited(link: tuple[int, str] | None, cohort: str) -> Invited | None:
    """Whom an invitation to the cohort with this public id names; None where it is not one."""
    if link is None:
        return None
    row = db.session.execute(
        select(Invitation.name, Invitation.email, Invitation.nonce, Invitation.state, Invitation.seat_until)
        .join(Cohort, Cohort.id == Invitation.cohort_id)
        .where(Invitation.id == link[0], Cohort.public_id == cohort)
    ).first()
    if row is None or row.nonce != link[1] or row.state == "withdrawn":
        return None
    return Invited(row.name, row.email, row.seat_until is not None)


def group(tokens: Tokens, token: str, now: datetime) -> GroupView:
    """A manager's page; two statements. Raises NotFound for an invented or ended link."""
    parts = tokens.read("group", token, (int, str))
    row = db.session.execute(_group(now).where(InvitationList.id == parts[0])).first() if parts else None
    if parts is None or row is None or row[0].link_nonce != parts[1] or row[0].ended_at is not None:
        raise NotFound()
    of_list, cohort, webinar, starts_at = row
    rows = db.session.execute(
        select(Invitation, Registration.state)
        .outerjoin(Registration, Registration.id == Invitation.registration_id)
        .where(Invitation.list_id == of_list.id)
        .order_by(Invitation.name, Invitation.email)
    ).all()
    members = tuple(Member(i.public_id, i.name, i.email, progress(i.state, place)) for i, place in rows)
    remindable = sum(may_be_reminded(Asked(i.state, i.mails, i.mailed_at), now) for i, _ in rows)
    return GroupView(
        of_list.inviter_name, webinar.slug, webinar.title, cohort.title, cohort.zone, starts_at, members,
        remindable, max(0, MOST_IN_GROUP - len(members)),
    )  # fmt: skip


def _group(now: datetime) -> Select[Any]:
    return (
        select(InvitationList, Cohort, Webinar, _ahead(func.min(Session.starts_at), now))
        .join(Cohort, Cohort.id == InvitationList.cohort_id)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(InvitationList.kind == "group")
    )


def lists(cohort: int, kind: str) -> list[ListLine]:
    """The lists of this kind, the newest first, each with how many people stand where; two statements."""
    rows = db.session.scalars(
        select(InvitationList)
        .where(InvitationList.cohort_id == cohort, InvitationList.kind == kind)
        .order_by(InvitationList.id.desc())
    ).all()
    counts: dict[int, dict[str, int]] = {}
    for list_id, state, number in db.session.execute(
        select(Invitation.list_id, Invitation.state, func.count())
        .join(InvitationList, InvitationList.id == Invitation.list_id)
        .where(Invitation.cohort_id == cohort, InvitationList.kind == kind)
        .group_by(Invitation.list_id, Invitation.state)
    ):
        counts.setdefault(list_id, {})[state] = number
    return [
        ListLine(
            row.id, row.title, row.inviter_name, row.inviter_email, row.organisation, row.created_at, row.ended_at,
            counts.get(row.id, {}),
        )
        for row in rows
    ]  # fmt: skip


def one_list(cohort: int, list_id: int, kind: str) -> ListLine:
    """One of them. Raises NotFound."""
    found = next((line for line in lists(cohort, kind) if line.id == list_id), None)
    if found is None:
        raise NotFound()
    return found


def lines(
    cohort: int, kind: str, *, state: str = "", list_id: int | None = None, after: int = 0
) -> tuple[list[InvitationLine], int | None]:
    """The people on lists of this kind, of one state and list if asked; where the next page goes on, or None."""
    wanted = (
        select(Invitation, InvitationList.title, InvitationList.inviter_name)
        .join(InvitationList, InvitationList.id == Invitation.list_id)
        .where(Invitation.cohort_id == cohort, InvitationList.kind == kind, Invitation.id > after)
        .order_by(Invitation.id)
        .limit(PAGE + 1)
    )
    if state:
        wanted = wanted.where(Invitation.state == state)
    if list_id is not None:
        wanted = wanted.where(Invitation.list_id == list_id)
    rows = db.session.execute(wanted).all()
    found = [
        InvitationLine(
            i.id, i.name, i.email, i.state, title or inviter, i.mails, i.mailed_at, i.due_at, i.answered_at
        )
        for i, title, inviter in rows[:PAGE]
    ]
    return found, found[-1].id if len(rows) > PAGE else None


def earlier_cohorts(cohort: int, webinars: Collection[int] | None) -> list[tuple[int, str]]:
    """Other cohorts whose people could be invited: id and title; only of these webinars, None for all."""
    wanted = (
        select(Cohort.id, Webinar.title, Cohort.title)
        .join(Webinar, Webinar.id == Cohort.webinar_id)
        .where(Cohort.id != cohort, Cohort.state != "draft", Cohort.seats_taken > 0)
        .order_by(Cohort.created_at.desc(), Cohort.id.desc())
        .limit(50)
    )
    if webinars is not None:
        wanted = wanted.where(Webinar.id.in_(sorted(webinars)))
    return [(row[0], f"{row[1]}: {row[2]}") for row in db.session.execute(wanted)]
