"""How far the nightly clean-up of one kind of data is: announced, allowed, and when it was done last."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Purge(Base):
    """One row per kind of `rules/retention.py`; `days` is the period that was announced.

    A shorter period is announced anew, because it takes what nobody has agreed to yet.
    """

    __tablename__ = "purges"

    kind: Mapped[str] = mapped_column(String(40), primary_key=True)
    days: Mapped[int]
    announced_at: Mapped[datetime] = mapped_column(UtcDateTime)
    confirmed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    # The night it goes through, or went through last, and how many went in it so far.
    began_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    number: Mapped[int] = mapped_column(default=0)
