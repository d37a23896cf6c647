"""A person: one per e-mail address, without an account; her places in cohorts are registrations."""

from datetime import datetime
from typing import Any

from sqlalchemy import Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.search_words import LONGEST, search_text
from webinar_hub.core.tokens import nonce


def _search(context: Any) -> str:
    row = context.get_current_parameters()
    return search_text(row.get("name", ""), row.get("email", ""))


class Person(Base):
    """Somebody who signed up; `email_key` is her address as it is compared, `email` as she wrote it."""

    __tablename__ = "people"
    __table_args__ = (
        # In the order of names, and whole to be looked through.
        Index("ix_people_search", "search", "id"),
        # A handful among a hundred thousand, and asked for each time somebody looks whom to call.
        Index(
            "ix_people_suppressed",
            "id",
            sqlite_where=text("suppressed_at IS NOT NULL"),
            postgresql_where=text("suppressed_at IS NOT NULL"),
        ),
        # No number is given out twice, even where the newest row is deleted: others remember it (the log, bounces).
        {"sqlite_autoincrement": True},
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    profession: Mapped[str] = mapped_column(String(40))
    zone: Mapped[str] = mapped_column(String(64))
    language: Mapped[str] = mapped_column(String(10), default="en")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Since when we know that mail to the address is read by whoever wrote it down.
    proven_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # A new nonce ends every personal link sent so far.
    link_nonce: Mapped[str] = mapped_column(String(32), default=nonce)
    # Empty until she asks for a calendar subscription; a new one ends the old address.
    feed_nonce: Mapped[str | None] = mapped_column(String(32))
    suppressed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    suppression_reason: Mapped[str | None] = mapped_column(String(300))
    # What came back before this moment no longer counts against her address.
    suppression_lifted_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # What she is found by (`core/search_words.py`); whoever changes name or address changes this too.
    search: Mapped[str] = mapped_column(String(LONGEST), default=_search, server_default="")
