"""Who of the staff may do what (FEATURES G1): roles, what each permits, and for which webinars."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum


class Permission(StrEnum):
    """What a page of the studio asks for; each page asks for exactly one."""

    SEE = "see"
    """Webinars, cohorts, their plan, their materials: nothing about the people in them."""
    SCHEDULE = "schedule"
    """Create and change webinars, cohorts, sessions, drops and materials."""
    PEOPLE = "people"
    """See who is registered, and one person's story."""
    REGISTER = "register"
    """Add, move, cancel, merge and note registrations."""
    MESSAGES = "messages"
    """Write announcements and templates, retry and cancel deliveries."""
    EVIDENCE = "evidence"
    """Attendance and certificates: what a board is shown."""
    AUDIT = "audit"
    """Read the audit log."""
    SETTINGS = "settings"
    """Change what holds for the whole installation."""
    TEAM = "team"
    """Invite staff, change their roles, end their access."""


class Role(StrEnum):
    """What a member of the staff is, for every webinar or for one."""

    OWNER = "owner"
    ORGANIZER = "organizer"
    PRESENTER = "presenter"
    DESK = "registration desk"
    REVIEWER = "CE reviewer"
    READER = "read-only"


_EVERYTHING = frozenset(Permission)
PERMITS: Mapping[Role, frozenset[Permission]] = {
    Role.OWNER: _EVERYTHING,
    Role.ORGANIZER: _EVERYTHING - {Permission.SETTINGS, Permission.TEAM},
    # "No admin rights implied" (FEATURES B5): she sees her evenings, not the addresses of those who come.
    Role.PRESENTER: frozenset({Permission.SEE}),
    Role.DESK: frozenset({Permission.SEE, Permission.PEOPLE, Permission.REGISTER}),
    Role.REVIEWER: frozenset({Permission.SEE, Permission.PEOPLE, Permission.EVIDENCE, Permission.AUDIT}),
    Role.READER: frozenset({Permission.SEE, Permission.PEOPLE}),
}
# What concerns the whole installation is permitted only to whoever has the role for every webinar.
EVERYWHERE_ONLY = frozenset({Permission.SETTINGS, Permission.TEAM, Permission.AUDIT})


@dataclass(frozen=True, slots=True)
class Membership:
    """A role, for one webinar (its id) or, with None, for every one."""

    role: Role
    webinar_id: int | None = None


@dataclass(frozen=True, slots=True)
class Staff:
    """Somebody signed in to the studio."""

    id: int
    name: str
    email: str
    zone: str
    memberships: tuple[Membership, ...]

    @property
    def actor(self) -> str:
        """What the audit log calls her."""
        return f"organizer:{self.id}"

    def may(self, permission: Permission, webinar_id: int | None = None) -> bool:
        """Whether she may do this with one webinar, or, with None, with anything at all."""
        return any(
            permission in PERMITS[member.role] and _reaches(member, permission, webinar_id)
            for member in self.memberships
        )

    def webinars(self, permission: Permission) -> Collection[int] | None:
        """The ids of the webinars with which she may do this; None for every one there is and will be."""
        granted = [member.webinar_id for member in self.memberships if permission in PERMITS[member.role]]
        return None if None in granted else frozenset(id_ for id_ in granted if id_ is not None)


def _reaches(member: Membership, permission: Permission, webinar_id: int | None) -> bool:
    if member.webinar_id is None:
        return True
    if permission in EVERYWHERE_ONLY:
        return False
    return webinar_id is None or member.webinar_id == webinar_id
