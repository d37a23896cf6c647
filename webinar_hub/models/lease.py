"""Rows that several processes agree by: who leads the clock, and how often somebody has tried something."""

from datetime import datetime

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Lease(Base):
    """A role one process holds until a moment of the database's clock; `term` counts the holders."""

    __tablename__ = "leases"

    name: Mapped[str] = mapped_column(String(40), primary_key=True)
    owner: Mapped[str] = mapped_column(String(80))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
    term: Mapped[int] = mapped_column(default=1)


class Allowance(Base):
    """How often something was tried in the window that began at `since`: a shared, restart-proof rate limit."""

    __tablename__ = "allowances"

    name: Mapped[str] = mapped_column(String(120), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
    used: Mapped[int] = mapped_column(default=0)
