"""Puts a rehearsal together: plays it, composes its mails, lays them out with sessions and bonuses in one story.

The mails come from the very functions that a worker uses: `services/rehearsals.py` plays, `queries/letters.py` and
`documents/email.py` write. Only the key that signs links is another, thrown away at once: none opens anything.
"""

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from operator import attrgetter
from typing import Literal, cast

from flask import current_app

from webinar_hub.core.db import scratch
from webinar_hub.core.links import Links
from webinar_hub.core.tokens import Tokens
from webinar_hub.documents.email import Composer
from webinar_hub.documents.mail_reading import ReadMail, read_mail
from webinar_hub.queries import letters
from webinar_hub.queries.calendars import Hub
from webinar_hub.queries.rehearsal import DropPoint, SessionPoint, Snapshot, Stage
from webinar_hub.rules.delivery import Claimed
from webinar_hub.rules.own_clock import opens_to
from webinar_hub.services import rehearsals
from webinar_hub.services.rehearsals import WHOLE, Part, Visitor
from webinar_hub.web.current import hub

PAGE = 20
"""Messages of the plan that are composed for one page; what comes with the sign-up is on the first."""


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """One mail as it would leave, at its moment; or, with `problem`, why it would not. `name` finds it again."""

    name: str
    kind: str
    at: datetime
    content: bytes
    problem: str = ""


@dataclass(frozen=True, slots=True)
class Run:
    """The mails of a part, in their order; `following` messages come after it, `closed` is why there are none."""

    mails: Sequence[Rehearsed]
    following: int
    closed: str


@dataclass(frozen=True, slots=True)
class Scene:
    """Something in the story at a moment: she joins, gets a mail, a session begins, a bonus opens."""

    at: datetime
    kind: Literal["joined", "mail", "session", "bonus"]
    mail: Rehearsed | None = None
    read: ReadMail | None = None
    session: SessionPoint | None = None
    drop: DropPoint | None = None
    is_hers: bool = True


@dataclass(frozen=True, slots=True)
class Story:
    """A piece of the story in the order of time; the next piece begins at message `next_begin`, if there is one."""

    scenes: Sequence[Scene]
    next_begin: int | None
    closed: str


def run(cohort: Snapshot, visitor: Visitor, part: Part = WHOLE) -> Run:
    """Play this part and compose its mails; the real database is neither read nor locked meanwhile."""
    composer, own = cast(Composer, current_app.extensions["composer"]), _own_hub()
    with scratch():
        rehearsals.set_up(cohort.tables, visitor)
        played = rehearsals.play(cohort.cohort_id, visitor, part)
        batch = letters.batch(played.claimed, own)
        named = [(item, _name(item, played.keys)) for item in played.claimed]
        mails = [_rehearsed(item, name, batch, composer) for item, name in named if part.only in ("", name)]
    return Run(mails, played.following, played.closed)


def _own_hub() -> Hub:
    base = hub()
    return replace(base, links=Links(base.links.base, Tokens([secrets.token_urlsafe(32)])), returns=None)


def _name(item: Claimed, keys: Mapping[int, str]) -> str:
    """What finds the mail again when it is played once more: ids of the memory's rows come and go."""
    return keys.get(item.broadcast_id or 0) or f"{item.kind}:{item.session_id or 0}"


def _rehearsed(item: Claimed, name: str, batch: letters.Batch, composer: Composer) -> Rehearsed:
    try:
        content, problem = composer.compose(*batch.mail(item)), ""
    except letters.NothingToSay as nothing:
        content, problem = b"", nothing.message
    return Rehearsed(name, item.kind, item.composed_at, content, problem)


def one(cohort: Snapshot, visitor: Visitor, name: str) -> Rehearsed | None:
    """The mail of this name alone: what comes before it is not composed."""
    return next(iter(run(cohort, visitor, Part(only=name)).mails), None)


def readable(cohort: Snapshot, visitor: Visitor, most: int) -> list[ReadMail]:
    """The first `most` mails, taken apart."""
    return [read_mail(content) for content in _first(cohort, visitor, most)]


def _first(cohort: Snapshot, visitor: Visitor, most: int) -> list[bytes]:
    return [mail.content for mail in run(cohort, visitor, Part(most=most)).mails if mail.content][:most]


def count(cohort: Snapshot, visitor: Visitor, most: int) -> int:
    """How many mails that is, `most` at most."""
    return len(_first(cohort, visitor, most))


def story(cohort: Snapshot, stage: Stage, visitor: Visitor, begin: int) -> Story:
    """The page of the story that begins with message `begin` of the plan."""
    played = run(cohort, visitor, Part(begin, PAGE))
    if played.closed:
        return Story((), None, played.closed)
    since = visitor.joins_at if begin == 0 else min((mail.at for mail in played.mails), default=None)
    until = max((mail.at for mail in played.mails), default=None) if played.following else None
    scenes = [
        Scene(mail.at, "mail", mail, read_mail(mail.content) if mail.content else None) for mail in played.mails
    ]
    around = [scene for scene in _around(stage, visitor) if _within(scene.at, since, until)]
    joined = [Scene(visitor.joins_at, "joined")] if begin == 0 else []
    return Story(
        sorted([*joined, *around, *scenes], key=attrgetter("at")),
        begin + PAGE if played.following else None,
        "",
    )


def _within(at: datetime, since: datetime | None, until: datetime | None) -> bool:
    return since is not None and at >= since and (until is None or at <= until)


def _around(stage: Stage, visitor: Visitor) -> Iterator[Scene]:
    """What happens beside the mails; bonuses of before stand where she comes in."""
    for session in stage.sessions:
        yield Scene(session.starts_at, "session", session=session)
    for drop in stage.drops:
        opens = opens_to(drop.clock, late_join=stage.late_join, came=visitor.joins_at)
        yield Scene(max(opens or drop.release_at, visitor.joins_at), "bonus", drop=drop, is_hers=opens is not None)
