"""What the staff keeps about a person: tags, notes, and that two of them turned out to be one."""

from datetime import datetime

from sqlalchemy import ForeignKey, Index, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class PersonTag(Base):
    """One word about one person."""

    __tablename__ = "person_tags"
    __table_args__ = (
        UniqueConstraint("person_id", "word"),
        Index("ix_person_tags_word_person_id", "word", "person_id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"))
    word: Mapped[str] = mapped_column(String(40))
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)


class PersonNote(Base):
    """What somebody of the staff wrote down about her; `author` is her name as it was then."""

    __tablename__ = "person_notes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    author: Mapped[str] = mapped_column(String(120))
    text: Mapped[str] = mapped_column(Text)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)


class MergedPerson(Base):
    """`person_id` is the same woman as `into_id`, with an address she no longer uses here.

    The row in `people` stays: mails were sent to that address, and her old links lead on to the one that is kept.
    """

    __tablename__ = "merged_people"

    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), primary_key=True)
    into_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    merged_at: Mapped[datetime] = mapped_column(UtcDateTime)
