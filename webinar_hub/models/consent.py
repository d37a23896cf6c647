"""A consent: what a person agreed to beyond what she signed up for, in which words, when and where."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Consent(Base):
    """One box ticked; its words never change, so that it can be shown later exactly as it was given.

    Valid until it is withdrawn; ticking the box again is a new row.
    """

    __tablename__ = "consents"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    topic: Mapped[str] = mapped_column(String(40))
    words: Mapped[str] = mapped_column(Text)
    page: Mapped[str] = mapped_column(String(200))
    # The network address she came from; only where the owner wants it kept.
    network: Mapped[str] = mapped_column(String(64), default="", server_default="")
    # Whose bonus mails it is about; None for what concerns all of her places.
    registration_id: Mapped[int | None] = mapped_column(
        ForeignKey("registrations.id", ondelete="SET NULL"), index=True
    )
    given_at: Mapped[datetime] = mapped_column(UtcDateTime)
    withdrawn_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
