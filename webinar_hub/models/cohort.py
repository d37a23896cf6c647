"""A cohort: one dated run of a webinar, with its zone, its places and what it sends when."""

from datetime import datetime

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, false, true
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import public_id


class Cohort(Base):
    """A run of a webinar. A one-off webinar is a cohort with one session."""

    __tablename__ = "cohorts"
    __table_args__ = (
        CheckConstraint("seats_taken >= 0", name="seats_not_negative"),
        CheckConstraint("capacity IS NULL OR seats_taken <= capacity", name="not_oversold"),
        CheckConstraint("state IN ('draft', 'open', 'cancelled')", name="state_known"),
        CheckConstraint("proof_of_work IN ('', 'never', 'attack', 'always')", name="proof_of_work_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id"), index=True)
    key: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    zone: Mapped[str] = mapped_column(String(64))
    state: Mapped[str] = mapped_column(String(20), default="open")
    organizer_name: Mapped[str] = mapped_column(String(120))
    organizer_email: Mapped[str] = mapped_column(String(254))
    capacity: Mapped[int | None]
    seats_taken: Mapped[int] = mapped_column(default=0)
    enrolment_opens_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    enrolment_closes_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    late_join: Mapped[str] = mapped_column(String(40), default="all past drops")
    livestream_url: Mapped[str] = mapped_column(String(2000), default="")
    # Where a presenter's start link leads; without one, where everybody goes.
    host_url: Mapped[str] = mapped_column(String(2000), default="", server_default="")
    # Whether a calendar that declines every session ahead gives the place back.
    declined_frees_seat: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Who comes when all seats are taken waits, and for how many minutes a free one is held for her.
    has_waitlist: Mapped[bool] = mapped_column(default=False, server_default=false())
    offer_minutes: Mapped[int] = mapped_column(default=720, server_default="720")
    # Whether the organizer decides on each one, and decides again when she changes what she wrote.
    needs_approval: Mapped[bool] = mapped_column(default=False, server_default=false())
    approval_again: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Double opt-in: nobody has a place before she has shown that the address is hers.
    proves_address: Mapped[bool] = mapped_column(default=False, server_default=false())
    # When whoever signs up has her browser work for it: never, while under attack, always, or "" as for the house.
    proof_of_work: Mapped[str] = mapped_column(String(10), default="", server_default="")
    # Whether people are asked what a certificate needs; None: where the webinar promises credit.
    asks_credit: Mapped[bool | None]
    # Until then she may change, leave and hand on by herself; None: while a session is ahead.
    changes_close_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Nobody signs up without an invitation or an access code; and whether there is a code at all to ask for.
    needs_code: Mapped[bool] = mapped_column(default=False, server_default=false())
    has_codes: Mapped[bool] = mapped_column(default=False, server_default=false())
    # Whether a manager may sign up her people, and for how many hours their seats are kept; None: not at all.
    takes_groups: Mapped[bool] = mapped_column(default=True, server_default=true())
    group_hold_hours: Mapped[int | None]
    # At which hours of her own day somebody is written to who has not chosen herself, in minutes after midnight:
    # bonuses at one hour (None: when they open), nothing that can wait outside a window, or on a weekend.
    bonus_at: Mapped[int | None]
    write_from: Mapped[int] = mapped_column(default=0, server_default="0")
    write_until: Mapped[int] = mapped_column(default=1440, server_default="1440")
    weekdays_only: Mapped[bool] = mapped_column(default=False, server_default=false())
    # What the plan needs: how long before a session to remind (minutes), and what follows the last one.
    reminder_minutes: Mapped[list[int]] = mapped_column(JSON, default=list)
    announces_live: Mapped[bool] = mapped_column(default=True)
    thank_you_minutes: Mapped[int | None]
    welcome_note: Mapped[str] = mapped_column(Text, default="")
    thank_you_note: Mapped[str] = mapped_column(Text, default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Put away when all is over: it is in no list of the public, and sends nothing more.
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")
