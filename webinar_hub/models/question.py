"""What a cohort asks whoever signs up, the files that answer it, and what a license says of a person."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Select, String, UniqueConstraint, false, select
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import public_id


class AskedQuestion(Base):
    """One question of a cohort, or the heading of a section; what it may say is decided in `rules/questions.py`.

    Answers lie in `Registration.answers` under its `key`, which it keeps for ever, also in copies of the cohort.
    """

    __tablename__ = "questions"
    __table_args__ = (UniqueConstraint("cohort_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    cohort_id: Mapped[int] = mapped_column(ForeignKey("cohorts.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    position: Mapped[int]
    kind: Mapped[str] = mapped_column(String(20))
    label: Mapped[str] = mapped_column(String(200))
    hint: Mapped[str] = mapped_column(String(300), default="")
    required: Mapped[bool] = mapped_column(default=False, server_default=false())
    choices: Mapped[list[str]] = mapped_column(JSON, default=list)
    # {"of": an earlier question's key, "profession" or "credit", "is": [values]}; empty for always.
    show_if: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    # No longer asked; what was answered stays to be read.
    archived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    @classmethod
    def of_cohort(cls, cohort: int) -> Select["AskedQuestion"]:
        """Every question of a cohort in its order, archived ones too."""
        return select(cls).where(cls.cohort_id == cohort).order_by(cls.position, cls.id)


class CreditDetails(Base):
    """What a board wants on a certificate: one row per person, and only of those who want CE credit."""

    __tablename__ = "credit_details"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    # As on the license; "" where that is the name she is greeted by.
    legal_name: Mapped[str] = mapped_column(String(120), default="")
    licence_number: Mapped[str] = mapped_column(String(40), default="")
    licence_place: Mapped[str] = mapped_column(String(60), default="")
    asha_number: Mapped[str] = mapped_column(String(8), default="")
    nbcot_number: Mapped[str] = mapped_column(String(10), default="")
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class AnswerFile(Base):
    """A file somebody answered with; its bytes lie in storage, and only staff who may see people get them."""

    __tablename__ = "answer_files"
    __table_args__ = (UniqueConstraint("registration_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    public_id: Mapped[str] = mapped_column(String(16), unique=True, default=public_id)
    registration_id: Mapped[int] = mapped_column(ForeignKey("registrations.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(150))
    extension: Mapped[str] = mapped_column(String(10))
    stored_name: Mapped[str] = mapped_column(String(40))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
