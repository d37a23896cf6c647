"""Rows by which all processes keep the mail server's limits together: the next free slot of each bucket."""

from sqlalchemy import JSON, Double, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base


class Pace(Base):
    """A bucket: the installation's, a domain's, the day's quota, or the next look at a server that is down.

    `rules/pacing.py` says what the numbers mean. Moments are seconds since 1970 on the database's clock, because
    they are reckoned with and never shown.
    """

    __tablename__ = "paces"

    name: Mapped[str] = mapped_column(String(300), primary_key=True)
    next_at: Mapped[float] = mapped_column(Double, default=0.0)
    used: Mapped[int] = mapped_column(default=0)
    # Where the lines of mails end that wait for this domain, by priority; for the day's quota, what went each hour.
    lines: Mapped[dict[str, float]] = mapped_column(JSON, default=dict)
