"""What the pages show, as small frozen values; the queries next door fill them in, templates only read them.

All moments are aware UTC; a page turns them into the cohort's and the person's wall time.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from webinar_hub.core.language import gettext as _
from webinar_hub.rules.access import Visibility
from webinar_hub.rules.cohort_file import NO_CREDIT
from webinar_hub.rules.places import GONE, HOPES
from webinar_hub.rules.publishing import contact_minutes, contact_words, gives_credit

SessionState = Literal["upcoming", "join_open", "live", "over", "cancelled"]


@dataclass(frozen=True, slots=True)
class SessionView:
    """A session anywhere on a page. `join_opens_at` is when its button comes alive."""

    id: int
    public_id: str
    number: int
    title: str
    summary: str
    starts_at: datetime
    ends_at: datetime
    join_opens_at: datetime
    state: SessionState


@dataclass(frozen=True, slots=True)
class MaterialView:
    """A released material; `size` in bytes and `extension` without dot are None for a link."""

    id: int
    title: str
    description: str
    link: str
    extension: str | None
    size: int | None


@dataclass(frozen=True, slots=True)
class DropView:
    """A bonus on the trail. A locked surprise has no title, note or materials; a locked bonus no materials."""

    id: int
    public_id: str
    title: str
    note: str
    surprise: bool
    release_at: datetime
    released: bool
    materials: tuple[MaterialView, ...]
    # So many days after each one comes in; None for one that opens to all at one moment.
    own_days: int | None = None


@dataclass(frozen=True, slots=True)
class CohortView:
    """A cohort on a public page. `seats_left` is None without a limit; `closed_because` is "" while open.

    `waits` says that all one can have at the moment is a place in line. `needs_code`: only with an invitation
    or a code; `has_codes`: there is one that could be typed.
    """

    public_id: str
    key: str
    title: str
    zone: str
    sessions: tuple[SessionView, ...]
    next_session: SessionView | None
    drops: tuple[DropView, ...]
    capacity: int | None
    seats_left: int | None
    closed_because: str
    waits: bool = False
    needs_approval: bool = False
    needs_code: bool = False
    has_codes: bool = False
    takes_groups: bool = False
    group_hold_hours: int | None = None


@dataclass(frozen=True, slots=True)
class WebinarCard:
    """A webinar on the home page, with the cohort that comes next."""

    slug: str
    title: str
    summary: str
    cohort: CohortView | None


@dataclass(frozen=True, slots=True)
class HomeView:
    """The home page: the next live session anywhere first."""

    next_up: WebinarCard | None
    webinars: tuple[WebinarCard, ...]


@dataclass(frozen=True, slots=True)
class PresenterView:
    """Somebody who teaches."""

    name: str
    credentials: str
    bio: str
    disclosure: str
    disclosure_other: str = ""


@dataclass(frozen=True, slots=True)
class AgendaLine:
    """`minutes` of the live hour."""

    minutes: int
    title: str
    is_break: bool


@dataclass(frozen=True, slots=True)
class WebinarView:
    """A webinar's public page; `description` is Markdown, `faq` pairs of question and answer."""

    slug: str
    title: str
    summary: str
    description: str
    audience: str
    level: str
    credit: str
    outcomes: tuple[str, ...]
    agenda: tuple[AgendaLine, ...]
    faq: tuple[tuple[str, str], ...]
    next_step_text: str
    next_step_url: str
    presenters: tuple[PresenterView, ...]
    organizer_name: str
    cohorts: tuple[CohortView, ...]
    past_cohorts: tuple[CohortView, ...]
    visibility: Visibility = "listed"

    def is_by_invitation(self, cohort: CohortView) -> bool:
        """Whether nobody signs up for this cohort of it without an invitation or a code."""
        return cohort.needs_code or self.visibility == "invitation"

    @property
    def credit_words(self) -> str:
        """What is said of credit: the organizer's words, or, where there is none, ours in the reader's language."""
        return _("No CE credit.") if self.credit == NO_CREDIT else self.credit

    @property
    def contact(self) -> str:
        """The contact time of a webinar that gives credit, in words: boards count it from the agenda; or ""."""
        minutes = contact_minutes(self.agenda)
        return contact_words(minutes) if minutes and gives_credit(self.credit) else ""


@dataclass(frozen=True, slots=True)
class PersonView:
    """Whose page it is. `feed_url` is None until she asks for a calendar subscription.

    `wants_news` says that she agreed to be told of other webinars, and still does.
    """

    id: int
    name: str
    email: str
    zone: str
    feed_url: str | None
    wants_news: bool
    profession: str = ""
    language: str = "en"


@dataclass(frozen=True, slots=True)
class RegistrationView:
    """One place of hers, or the way to one: the cohort's trail, and what she wants to be sent.

    `position` is her number on the waitlist, 0 outside of it, `offer_until` the end of the offer she has.
    """

    id: int
    public_id: str
    state: str
    webinar_slug: str
    webinar_title: str
    organizer_name: str
    organizer_email: str
    cohort: CohortView
    cohort_cancelled: bool
    wants_reminders: bool
    wants_bonuses: bool
    attended: frozenset[int]
    next_step_text: str
    next_step_url: str
    # The sessions that her calendar has said no to, at the time they now have.
    declined: frozenset[int] = frozenset()
    position: int = 0
    offer_until: datetime | None = None
    reason: str = ""
    seat_kept: bool = False
    # Until when she may change by herself, whether that is over, and to whom she offers her seat ("": to nobody).
    changes_close_at: datetime | None = None
    changes_closed: bool = False
    offered_to: str = ""
    offer_ends: datetime | None = None
    # The sessions she has opted out of: the next one of `cohort` is the next she comes to.
    opted_out: frozenset[int] = frozenset()

    @property
    def hopes(self) -> bool:
        """Whether it is no place yet, and may still become one."""
        return self.state in HOPES

    @property
    def is_gone(self) -> bool:
        """Whether she gave it back, or was not given it."""
        return self.state in GONE

    @property
    def has_seat_ahead(self) -> bool:
        """Whether she has a seat in a cohort that still has something ahead, if she comes to it or not."""
        ahead = any(session.state in ("upcoming", "join_open", "live") for session in self.cohort.sessions)
        return self.state == "confirmed" and not self.cohort_cancelled and ahead

    @property
    def meant(self) -> tuple[SessionView, ...]:
        """The sessions that take place and that she means to come to, or came to all the same."""
        kept = [session for session in self.cohort.sessions if session.state != "cancelled"]
        return tuple(s for s in kept if s.id not in self.opted_out or s.id in self.attended)

    @property
    def can_leave(self) -> bool:
        """Whether she may give her seat back, or hand it on."""
        return self.has_seat_ahead and not self.changes_closed


@dataclass(frozen=True, slots=True)
class MyPageView:
    """Everything of one person, the registration whose session comes next first."""

    person: PersonView
    registrations: tuple[RegistrationView, ...]


@dataclass(frozen=True, slots=True)
class JoinView:
    """The join page of one session. `embed_url` is None where the provider cannot be embedded.

    `seconds_to_open` is 0 once the button works; `joined` says that she has pressed it.
    """

    registration: RegistrationView
    session: SessionView
    provider_name: str
    watch_url: str
    embed_url: str | None
    frame_source: str | None
    seconds_to_open: int
    joined: bool


@dataclass(frozen=True, slots=True)
class MailChoices:
    """Which mails of one place she wants, on the page that has them all."""

    public_id: str
    webinar_title: str
    cohort_title: str
    wants_reminders: bool
    wants_bonuses: bool


@dataclass(frozen=True, slots=True)
class UnsubscribeView:
    """What the unsubscribe page shows before anything is changed; the address is shown in part only."""

    webinar_title: str
    masked_email: str
    wants_reminders: bool
    wants_bonuses: bool
    language: str = "en"


@dataclass(frozen=True, slots=True)
class NoNewsView:
    """What the page shows that ends news; the address is shown in part only."""

    masked_email: str
    wants_news: bool
    language: str = "en"
