"""The audit log: who changed what, when; rows are added, never changed."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class AuditEntry(Base):
    """One change, in the terms of the field; `detail` holds before and after."""

    __tablename__ = "audit_entries"
    __table_args__ = (
        # The log is read newest first, often for one person or one kind of change.
        Index("ix_audit_entries_actor_id", "actor", "id"),
        Index("ix_audit_entries_action_id", "action", "id"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)
    actor: Mapped[str] = mapped_column(String(80))
    action: Mapped[str] = mapped_column(String(60))
    subject: Mapped[str] = mapped_column(String(120), index=True)
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)


class AuditLink(Base):
    """An entry's place in the chain: `digest` covers it and the digest before (`rules/audit_chain.py`)."""

    __tablename__ = "audit_links"

    entry_id: Mapped[int] = mapped_column(ForeignKey("audit_entries.id"), primary_key=True)
    position: Mapped[int] = mapped_column(unique=True)
    digest: Mapped[str] = mapped_column(String(64))


class AuditHead(Base):
    """How far the chain has come: the one row that whoever adds to it holds until the commit.

    What lies before `begins_after` has been purged; `begin` is the digest that the first entry left goes on from.
    """

    __tablename__ = "audit_head"

    id: Mapped[int] = mapped_column(primary_key=True)
    position: Mapped[int] = mapped_column(default=0)
    digest: Mapped[str] = mapped_column(String(64), default="")
    begins_after: Mapped[int] = mapped_column(default=0, server_default="0")
    begin: Mapped[str] = mapped_column(String(64), default="", server_default="")


class AuditCheck(Base):
    """One look through the whole chain; `fault` says where it is broken, "" for nowhere."""

    __tablename__ = "audit_checks"

    id: Mapped[int] = mapped_column(primary_key=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    position: Mapped[int]
    digest: Mapped[str] = mapped_column(String(64))
    fault: Mapped[str] = mapped_column(String(300), default="")
