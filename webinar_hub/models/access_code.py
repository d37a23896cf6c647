"""Access codes of a cohort, and who came in with them; why they are kept readable: docs/decisions/0011."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, String, UniqueConstraint, false
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class AccessCode(Base):
    """A word that lets somebody sign up; `code` as it is compared (`rules/access.py`).

    `uses` is counted here, so that two who want the last one are told apart by the database.
    """

    __tablename__ = "access_codes"
    __table_args__ = (
        UniqueConstraint("cohort_id", "code"),
        CheckConstraint("uses >= 0", name="uses_not_negative"),
        CheckConstraint("max_uses IS NULL OR uses <= max_uses", name="not_overused"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    code: Mapped[str] = mapped_column(String(40))
    label: Mapped[str] = mapped_column(String(80), default="")
    max_uses: Mapped[int | None]
    uses: Mapped[int] = mapped_column(default=0)
    # Whether a place that was given back frees the use it cost.
    gives_back: Mapped[bool] = mapped_column(default=False, server_default=false())
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)


class CodeUse(Base):
    """One registration that came in with a code; `given_back_at` when its use was counted off again."""

    __tablename__ = "code_uses"
    __table_args__ = (
        UniqueConstraint("code_id", "registration_id"),
        Index("ix_code_uses_registration_id", "registration_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    code_id: Mapped[int] = mapped_column(ForeignKey("access_codes.id", ondelete="CASCADE"))
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    used_at: Mapped[datetime] = mapped_column(UtcDateTime)
    given_back_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
