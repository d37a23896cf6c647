"""Which tables hold what about whom: every table is named here, so that none is forgotten when somebody asks.

`HELD` is exported for a person and deleted with her; one line a table, and `kept_as` also has the nightly clean-up
look after it. `NOT_HERS` says why a table is neither. A test compares both with the models.
"""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import Column, ColumnElement, Table, and_, false, func, not_, or_, select

from webinar_hub.core.db import Base
from webinar_hub.models import (
    AuditEntry,
    AuditLink,
    FormerAddress,
    Invitation,
    InvitationList,
    MergedPerson,
    Notice,
    Organizer,
    Person,
    Presenter,
    Registration,
    Transfer,
)

PEOPLE, PLACES = "people", "registrations"


@dataclass(frozen=True, slots=True)
class Whose:
    """One person: the ids of her rows (those merged into her included) and of her places, and her addresses."""

    people: tuple[int, ...]
    places: tuple[int, ...] = ()
    addresses: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Held:
    """A table with rows about people.

    `via` are its columns that lead to her, by foreign keys; `where` finds her rows in any other way. `hidden` is
    not exported: halves of links, and who of the staff did it. `kept_as` is the kind of `rules/retention.py` by
    which its rows go at night; `clears` names kinds under which single columns are emptied. `file` is the column
    with the name of a file in storage. With `empties` her rows stay, because others are in them, without these.
    """

    table: str
    via: tuple[str, ...] = ()
    where: Callable[[Whose], ColumnElement[bool]] | None = None
    hidden: frozenset[str] = frozenset()
    kept_as: str = ""
    clears: dict[str, tuple[str, ...]] = field(default_factory=dict)
    file: str = ""
    empties: tuple[str, ...] = ()


def _in_the_log(whose: Whose) -> ColumnElement[bool]:
    """What the log says of her outside the chain; what is chained holds no more than a number (docs/privacy.md)."""
    subjects = [f"person:{id_}" for id_ in whose.people] + [f"registration:{id_}" for id_ in whose.places]
    chained = select(AuditLink.entry_id).where(AuditLink.entry_id == AuditEntry.id).exists()
    return and_(or_(AuditEntry.subject.in_(subjects), AuditEntry.actor.in_(subjects)), ~chained)


def _to_her_address(whose: Whose) -> ColumnElement[bool]:
    """Notices to her address, unless it is that of somebody who works here or presents."""
    address = func.lower(Notice.to_email)
    working = select(func.lower(Organizer.email)).union(select(func.lower(Presenter.email)))
    return and_(address.in_(whose.addresses), not_(address.in_(working)))


def _asked_to_come(whose: Whose) -> ColumnElement[bool]:
    """Invitations to her, whether she came or not."""
    return or_(Invitation.email_key.in_(whose.addresses), Invitation.registration_id.in_(whose.places))


def _asked_others(whose: Whose) -> ColumnElement[bool]:
    """The groups she signed up; what organizers invite is not about them."""
    return and_(func.lower(InvitationList.inviter_email).in_(whose.addresses), InvitationList.kind == "group")


def _handed_on(whose: Whose) -> ColumnElement[bool]:
    """Places that she offered to a colleague, or a colleague to her."""
    hers = or_(Transfer.registration_id.in_(whose.places), Transfer.taken_as_id.in_(whose.places))
    return or_(hers, func.lower(Transfer.email).in_(whose.addresses))


HELD: tuple[Held, ...] = (
    Held(
        table=PEOPLE,
        via=("id",),
        hidden=frozenset({"link_nonce", "feed_nonce", "search", "email_key"}),
        kept_as="registrations",
    ),
    Held(
        table=PLACES,
        via=("person_id",),
        hidden=frozenset({"nonce", "waiting_rank"}),
        clears={"answers": ("answers", "reason")},
    ),
    Held(table="consents", via=("person_id",), clears={"networks": ("network",)}),
    Held(table="credit_details", via=("person_id",)),
    Held(table="rhythms", via=("person_id",)),
    Held(table="address_wishes", via=("person_id",), hidden=frozenset({"nonce", "stop_nonce", "email_key"})),
    Held(table="former_addresses", via=("person_id",)),
    Held(table="accommodations", via=("registration_id",), kept_as="accommodations"),
    Held(
        table="answer_files",
        via=("registration_id",),
        hidden=frozenset({"stored_name", "sha256", "public_id"}),
        kept_as="answers",
        file="stored_name",
    ),
    Held(table="session_choices", via=("registration_id",)),
    Held(table="code_uses", via=("registration_id",)),
    # Name and address are her colleague's, and her own she knows.
    Held(
        table="transfers",
        via=("registration_id",),
        where=_handed_on,
        hidden=frozenset({"name", "email", "nonce", "form_token"}),
        kept_as="invitations",
    ),
    Held(
        table="invitations",
        where=_asked_to_come,
        hidden=frozenset({"nonce", "public_id", "email_key"}),
        kept_as="invitations",
    ),
    Held(
        table="invitation_lists",
        where=_asked_others,
        hidden=frozenset({"link_nonce", "public_id", "form_token"}),
        kept_as="invitations",
        empties=("inviter_name", "inviter_email", "organisation", "title", "link_nonce"),
    ),
    Held(table="merged_people", via=("person_id", "into_id")),
    Held(table="person_tags", via=("person_id",), kept_as="notes"),
    Held(table="person_notes", via=("person_id",), hidden=frozenset({"author"}), kept_as="notes"),
    Held(table="erasures", via=("person_id",), hidden=frozenset({"nonce", "asked_by"})),
    Held(table="attendance_segments", via=("registration_id",), kept_as="attendance"),
    Held(table="downloads", via=("registration_id",), kept_as="downloads"),
    Held(table="drop_grants", via=("registration_id",), hidden=frozenset({"granted_by"}), kept_as="downloads"),
    Held(table="invite_replies", via=("registration_id",), kept_as="mails"),
    Held(
        table="deliveries",
        via=("registration_id",),
        hidden=frozenset({"lease_token", "lease_until", "priority"}),
        kept_as="mails",
    ),
    Held(table="delivery_events", via=("delivery_id",)),
    Held(table="tasks", via=("registration_id",), kept_as="notes"),
    Held(table="audit_entries", where=_in_the_log, hidden=frozenset({"actor", "detail"})),
    # The words may hold a link that opens something; that and when it was sent is told.
    Held(
        table="notices",
        where=_to_her_address,
        hidden=frozenset({"text", "html", "calendar", "calendar_method", "from_name", "from_email", "reply_to"}),
    ),
)

_WEBINARS = "about webinars and their dates, not about who takes part"
# What names her in passing is looked after by `services/mentions.py`.
_STAFF = "about the team, who manage it themselves in their accounts"
NOT_HERS: dict[str, str] = {
    "access_codes": _WEBINARS,
    "alarms": _WEBINARS,
    "allowances": "counts tries under a hash for a day, then forgets it",
    "announcements": "an organizer's own words to many",
    "audit_checks": "says whether the log is whole",
    "audit_head": "says how long the log is",
    "audit_links": "digests of the log's entries",
    "broadcasts": _WEBINARS,
    "changes": _WEBINARS,
    "cohorts": _WEBINARS,
    "digests_off": _STAFF,
    "drafts": "an organizer's form; one that names her address is deleted with her",
    "drop_materials": _WEBINARS,
    "drops": _WEBINARS,
    "erased_addresses": "a keyed hash, kept so that no file brings her back unseen",
    "handout_texts": _WEBINARS,
    "house_logos": "the installation's logo",
    "house_settings": "the installation's settings",
    "inbox_positions": "how far a mailbox has been read",
    "invitation_refusals": "a hash of an address that wants no invitations, kept so that her no holds",
    "last_codes": _STAFF,
    "leases": "which process leads",
    "loose_files": "names of files that are about to be removed",
    "mail_wordings": "an organizer's own words to many",
    "material_versions": _WEBINARS,
    "materials": _WEBINARS,
    "memberships": _STAFF,
    "one_time_links": _STAFF,
    "organizer_feeds": _STAFF,
    "organizers": _STAFF,
    "paces": "how fast mails leave",
    "passkeys": _STAFF,
    "people_imports": "a file on its way in; her rows in it are deleted with her",
    "people_views": "an organizer's list; one that looks for her address is deleted with her",
    "presenter_invites": "presenters' calendars; they are part of a webinar's public page",
    "presenters": "presenters, who are part of a webinar's public page",
    "programs": _WEBINARS,
    "purges": "when the nightly clean-up was done",
    "questions": _WEBINARS,
    "sessions": _WEBINARS,
    "sign_ins": _STAFF,
    "silenced_deliveries": "mails that wait for ten minutes; they go with the mails",
    "webinars": _WEBINARS,
}

BY_TABLE = {held.table: held for held in HELD}


def people_of(person: int) -> Any:
    """Asks for the id and addresses of a person and of everybody who was merged into her."""
    merged = select(MergedPerson.person_id).where(MergedPerson.into_id == person)
    return (
        select(Person.id, Person.email, Person.email_key)
        .where(or_(Person.id == person, Person.id.in_(merged)))
        .order_by(Person.id)
    )


def places_of(people: Collection[int]) -> Any:
    """Asks for the ids of their places."""
    return select(Registration.id).where(Registration.person_id.in_(people)).order_by(Registration.id)


def former_of(people: Collection[int]) -> Any:
    """Asks for the addresses they had before."""
    return select(FormerAddress.email).where(FormerAddress.person_id.in_(people))


def whose(rows: Sequence[Any], places: Sequence[int], former: Sequence[str]) -> Whose:
    """What was found by the three."""
    addresses = {text.lower() for _, email, key in rows for text in (email, key)} | {
        each.lower() for each in former
    }
    return Whose(tuple(row[0] for row in rows), tuple(places), tuple(sorted(addresses)))


def table_of(held: Held) -> Table:
    """The table it speaks of."""
    return Base.metadata.tables[held.table]


def exported(held: Held) -> list[Column[Any]]:
    """The columns a person is given, in their order."""
    return [column for column in table_of(held).columns if column.name not in held.hidden]


def hers(held: Held, whose: Whose) -> ColumnElement[bool]:
    """Which rows of a table are about her."""
    if held.where is not None:
        return held.where(whose)
    return or_(false(), *(_leads(table_of(held).c[name], whose) for name in held.via))


def _leads(column: Column[Any], whose: Whose) -> ColumnElement[bool]:
    """A column is hers where the row it points to is; of people and places the ids are known."""
    target = target_of(column)
    if target.table.name in (PEOPLE, PLACES):
        return column.in_(whose.people if target.table.name == PEOPLE else whose.places)
    held = BY_TABLE[target.table.name]
    return column.in_(select(target).where(hers(held, whose)))


def target_of(column: Column[Any]) -> Column[Any]:
    """What a column points to: the primary key it references, or is."""
    return next((key.column for key in column.foreign_keys), column)


def path_to_people(table: Table) -> bool:
    """Whether foreign keys lead from a table to people, by whatever way."""
    seen: set[str] = set()
    ahead = [table]
    while ahead:
        at = ahead.pop()
        if at.name == PEOPLE:
            return True
        if at.name not in seen:
            seen.add(at.name)
            ahead += [key.column.table for key in at.foreign_keys]
    return False
