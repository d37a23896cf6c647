"""What has to be there before a webinar may be published (FEATURES B8); all of it at once, in plain words.

A continuing-education event needs more: outcomes, a level, a timed agenda, and of each presenter a bio and what she
discloses, financial and not, because a board that audits it asks for exactly these.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from webinar_hub.core.language import gettext as _
from webinar_hub.rules.cohort_file.parts import NO_CREDIT, AgendaItem

Where = Literal["webinar", "presenters", "cohort", "timeline"]


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing to add, and on which page."""

    words: str
    where: Where


@dataclass(frozen=True, slots=True)
class PresenterFacts:
    """What the check looks at in somebody who teaches."""

    name: str
    bio: str
    disclosure: str
    disclosure_other: str


@dataclass(frozen=True, slots=True)
class PublishFacts:
    """What the check looks at; `sessions_ahead` counts those that take place and are not over."""

    title: str
    credit: str
    outcomes: Sequence[str]
    level: str
    agenda: Sequence[AgendaItem]
    presenters: Sequence[PresenterFacts]
    organizer_name: str
    organizer_email: str
    sessions_ahead: int


def gives_credit(credit: str) -> bool:
    """Whether a statement of credit promises any."""
    return bool(credit.strip()) and not credit.strip().casefold().startswith(NO_CREDIT.casefold().rstrip("."))


def asks_credit(wish: bool | None, credit: str) -> bool:
    """Whether a cohort asks what a certificate needs: as it wishes, or where its webinar promises credit."""
    return gives_credit(credit) if wish is None else wish


class _Timed(Protocol):
    """A line of an agenda, from a form or for a page."""

    @property
    def minutes(self) -> int: ...

    @property
    def is_break(self) -> bool: ...


def contact_minutes(agenda: Sequence[_Timed]) -> int:
    """Minutes of teaching: breaks are none (ACCME, ANCC and AOTA alike count only time spent learning)."""
    return sum(item.minutes for item in agenda if not item.is_break)


def contact_words(minutes: int) -> str:
    """Contact time as boards write it: "1.5 contact hours (90 minutes)"."""
    hours = f"{minutes / 60:.2f}".rstrip("0").rstrip(".")
    if minutes == 60:
        return _("1 contact hour (60 minutes)")
    return _("%(hours)s contact hours (%(minutes)s minutes)", hours=hours, minutes=minutes)


def missing(facts: PublishFacts) -> list[Missing]:
    """Everything to be added before publishing; nothing for a webinar that is ready."""
    return [*_of_any(facts), *(_of_credit(facts) if gives_credit(facts.credit) else ())]


def missing_for_credit(webinar: Any, presenters: Sequence[Any]) -> list[Missing]:
    """What a webinar lacks for the credit it promises, whatever its dates; nothing where it promises none."""
    facts = facts_of(webinar, None, presenters, 0)
    return list(_of_credit(facts)) if gives_credit(facts.credit) else []


def _of_any(facts: PublishFacts) -> Iterator[Missing]:
    if not facts.title:
        yield Missing("The webinar needs a title.", "webinar")
    if not facts.sessions_ahead:
        yield Missing("There is no session ahead. Add a date that lies in the future.", "timeline")
    if not facts.organizer_name or not facts.organizer_email:
        yield Missing("Write who organizes it, and an address that people can answer to.", "cohort")


def _of_credit(facts: PublishFacts) -> Iterator[Missing]:
    if not facts.outcomes:
        yield Missing("A CE event names at least one learning outcome.", "webinar")
    if not facts.level:
        yield Missing("A CE event says its level, such as introductory or intermediate.", "webinar")
    if not contact_minutes(facts.agenda):
        yield Missing("A CE event has a timed agenda: the contact hours are counted from it.", "webinar")
    if not facts.presenters:
        yield Missing("A CE event names who teaches.", "presenters")
    for presenter in facts.presenters:
        yield from _of_presenter(presenter)


def _of_presenter(presenter: PresenterFacts) -> Iterator[Missing]:
    name = presenter.name or "A presenter"
    if not presenter.bio:
        yield Missing(f"{name} has no bio yet.", "presenters")
    if not presenter.disclosure:
        yield Missing(
            f'{name} has not disclosed financial interests. Write "None." if there are none.', "presenters"
        )
    if not presenter.disclosure_other:
        yield Missing(
            f'{name} has not disclosed non-financial interests. Write "None." if there are none.', "presenters"
        )


def facts_of(webinar: Any, cohort: Any, presenters: Sequence[Any], sessions_ahead: int) -> PublishFacts:
    """The facts in rows or views that name things as the tables do."""
    return PublishFacts(
        title=webinar.title,
        credit=webinar.credit,
        outcomes=webinar.outcomes,
        level=webinar.level,
        agenda=agenda_of(webinar.agenda),
        presenters=[PresenterFacts(p.name, p.bio, p.disclosure, p.disclosure_other) for p in presenters],
        organizer_name=cohort.organizer_name if cohort else "",
        organizer_email=cohort.organizer_email if cohort else "",
        sessions_ahead=sessions_ahead,
    )


def agenda_of(stored: Sequence[Mapping[str, Any]]) -> list[AgendaItem]:
    """The agenda as it is stored (`models/webinar.py`)."""
    return [AgendaItem(entry["minutes"], entry["title"], entry["is_break"]) for entry in stored]
