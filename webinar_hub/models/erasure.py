"""That somebody asked for her data to be deleted, how far that has come, and whom no file brings back unseen."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce

OPEN = text("state IN ('asked', 'waiting', 'leaving')")


class Erasure(Base):
    """asked (a mail asks whether it was she) → waiting (she can take it back) → leaving (farewells go) → done.

    Once it is done nothing here names her: `person_id` is gone with her, `reference` is what evidence that has to
    be kept stands under, "" where nothing is kept.
    """

    __tablename__ = "erasures"
    __table_args__ = (
        CheckConstraint("state IN ('asked', 'waiting', 'leaving', 'done', 'taken back')", name="state_known"),
        CheckConstraint("state NOT IN ('waiting', 'leaving') OR due_at IS NOT NULL", name="waiting_has_moment"),
        # One at a time: two clicks are one wish.
        Index("uq_erasures_open", "person_id", unique=True, sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_erasures_due_at", "due_at", sqlite_where=OPEN, postgresql_where=OPEN),
        Index("ix_erasures_person_id", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int | None] = mapped_column(ForeignKey("people.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(20), default="asked")
    # As the audit log names whoever asked: herself, or somebody of the staff for her.
    asked_by: Mapped[str] = mapped_column(String(80))
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # The half of the link in the mail that proves that it was she.
    nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    # When it begins, and after that how long it waits for farewells to be sent.
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    reference: Mapped[str] = mapped_column(String(20), default="")


class ErasedAddress(Base):
    """An address that must not come back by a file: only a keyed hash of it (`core/tokens.py`)."""

    __tablename__ = "erased_addresses"

    fingerprint: Mapped[str] = mapped_column(String(64), primary_key=True)
    erased_at: Mapped[datetime] = mapped_column(UtcDateTime)
