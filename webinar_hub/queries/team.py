"""What the pages about the team and one's own account show."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, func, select

from webinar_hub.core.db import db
from webinar_hub.models import Membership, OneTimeLink, Organizer, Passkey, SignIn, Webinar
from webinar_hub.rules.coming_in import Purpose, is_signed_in
from webinar_hub.rules.staff import Role


@dataclass(frozen=True, slots=True)
class RoleView:
    """A role, and of which webinar; "" for every one."""

    role: Role
    webinar_id: int | None
    webinar: str


@dataclass(frozen=True, slots=True)
class MemberView:
    """One of the team; `seen_at` is None for whoever has not been here, `invited_until` for whoever need not be."""

    id: int
    name: str
    email: str
    roles: tuple[RoleView, ...]
    has_come_in: bool
    second_factor: bool
    seen_at: datetime | None
    invited_until: datetime | None

    @property
    def called(self) -> str:
        """Her name, or her address until she has chosen one."""
        return self.name or self.email

    def role_for(self, webinar_id: int | None) -> str:
        """Her role for one webinar or, with None, for all; "" for none."""
        return next((each.role for each in self.roles if each.webinar_id == webinar_id), "")


@dataclass(frozen=True, slots=True)
class WebinarChoice:
    """A webinar somebody may have a role for."""

    id: int
    title: str


@dataclass(frozen=True, slots=True)
class SignInView:
    """One browser in which she is signed in."""

    id: int
    device: str
    network: str
    began_at: datetime
    seen_at: datetime
    is_this: bool


@dataclass(frozen=True, slots=True)
class PasskeyView:
    """One of her passkeys."""

    id: int
    name: str
    used_at: datetime


@dataclass(frozen=True, slots=True)
class AccountView:
    """How she comes in."""

    has_password: bool
    has_code: bool
    recovery_codes: int
    passkeys: tuple[PasskeyView, ...]
    sign_ins: tuple[SignInView, ...]


def team() -> list[MemberView]:
    """Everybody who may come in or is invited to, in the order of names: a fixed number of statements."""
    people = db.session.scalars(
        select(Organizer).where(Organizer.active).order_by(func.lower(Organizer.name), Organizer.email)
    ).all()
    return _as_views(list(people))


def member(organizer_id: int) -> MemberView | None:
    """One of them."""
    organizer = db.session.get(Organizer, organizer_id)
    return _as_views([organizer])[0] if organizer is not None and organizer.active else None


def webinar_choices() -> list[WebinarChoice]:
    """Every webinar, by title."""
    rows = db.session.execute(select(Webinar.id, Webinar.title).order_by(func.lower(Webinar.title), Webinar.id))
    return [WebinarChoice(*row) for row in rows]


def account(organizer: Organizer, *, sign_in_id: int, real_now: datetime) -> AccountView:
    """Hers: two statements."""
    rows = db.session.scalars(
        select(SignIn).where(SignIn.organizer_id == organizer.id).order_by(SignIn.seen_at.desc(), SignIn.id.desc())
    )
    keys = db.session.execute(
        select(Passkey.id, Passkey.name, Passkey.lastuse_datetime)
        .where(Passkey.user_id == organizer.id)
        .order_by(Passkey.id)
    )
    return AccountView(
        has_password=bool(organizer.password),
        has_code=bool(organizer.tf_totp_secret and organizer.tf_primary_method),
        recovery_codes=len(organizer.mf_recovery_codes or []),
        passkeys=tuple(PasskeyView(*row) for row in keys),
        sign_ins=tuple(
            SignInView(row.id, row.device, row.network, row.began_at, row.seen_at, row.id == sign_in_id)
            for row in rows
            if is_signed_in(row.seen_at, stays=row.stays, now=real_now)
        ),
    )


def _as_views(people: list[Organizer]) -> list[MemberView]:
    ids = [person.id for person in people]
    titles = dict(
        _pairs(
            select(Webinar.id, Webinar.title)
            .join(Membership, Membership.webinar_id == Webinar.id)
            .where(Membership.organizer_id.in_(ids))
        )
    )
    seen = dict(
        _pairs(
            select(SignIn.organizer_id, func.max(SignIn.seen_at))
            .where(SignIn.organizer_id.in_(ids))
            .group_by(SignIn.organizer_id)
        )
    )
    keyed = set(db.session.scalars(select(Passkey.user_id).where(Passkey.user_id.in_(ids))))
    invited = dict(
        _pairs(
            select(OneTimeLink.organizer_id, OneTimeLink.expires_at).where(
                OneTimeLink.purpose == Purpose.INVITATION, OneTimeLink.organizer_id.in_(ids)
            )
        )
    )
    return [
        MemberView(
            id=person.id,
            name=person.name,
            email=person.email,
            roles=_roles(person, titles),
            has_come_in=bool(person.password),
            second_factor=bool(person.tf_totp_secret) or person.id in keyed,
            seen_at=seen.get(person.id),
            invited_until=None if person.password else invited.get(person.id),
        )
        for person in people
    ]


def _pairs(statement: Select[*tuple[Any, ...]]) -> list[tuple[Any, Any]]:
    return [(first, second) for first, second in db.session.execute(statement)]


def _roles(person: Organizer, titles: dict[int, str]) -> tuple[RoleView, ...]:
    everywhere_first = sorted(person.memberships, key=lambda row: (row.webinar_id is not None, row.webinar_id or 0))
    return tuple(
        RoleView(Role(row.role), row.webinar_id, titles.get(row.webinar_id or 0, "")) for row in everywhere_first
    )
