"""A webinar: what it is about, whoever attends and whenever; its dated runs are cohorts."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, CheckConstraint, ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce


class Webinar(Base):
    """The words of a webinar's page. `agenda` holds {minutes, title, is_break}, `faq` {question, answer}."""

    __tablename__ = "webinars"
    __table_args__ = (
        CheckConstraint("visibility IN ('listed', 'unlisted', 'invitation')", name="visibility_known"),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    slug: Mapped[str] = mapped_column(String(80), unique=True)
    title: Mapped[str] = mapped_column(String(200))
    summary: Mapped[str] = mapped_column(String(500))
    description: Mapped[str] = mapped_column(Text)
    audience: Mapped[str] = mapped_column(String(300), default="")
    level: Mapped[str] = mapped_column(String(60), default="")
    credit: Mapped[str] = mapped_column(String(500))
    outcomes: Mapped[list[str]] = mapped_column(JSON, default=list)
    agenda: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)
    faq: Mapped[list[dict[str, str]]] = mapped_column(JSON, default=list)
    next_step_text: Mapped[str] = mapped_column(String(300), default="")
    next_step_url: Mapped[str] = mapped_column(String(2000), default="")
    # Who finds it: everybody ("listed"), whoever has its address ("unlisted"), the same by invitation only.
    visibility: Mapped[str] = mapped_column(String(12), default="listed", server_default="listed")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")

    presenters: Mapped[list["Presenter"]] = relationship(
        order_by="Presenter.position", cascade="all, delete-orphan"
    )


class Presenter(Base):
    """Somebody who teaches in a webinar, and what she discloses about her interests."""

    __tablename__ = "presenters"
    __table_args__ = (UniqueConstraint("webinar_id", "position"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"))
    position: Mapped[int]
    name: Mapped[str] = mapped_column(String(120))
    credentials: Mapped[str] = mapped_column(String(120), default="")
    bio: Mapped[str] = mapped_column(Text, default="")
    # Financial interests and the others are disclosed apart; "" means not asked yet, "None." that there are none.
    disclosure: Mapped[str] = mapped_column(Text, default="")
    disclosure_other: Mapped[str] = mapped_column(Text, default="", server_default="")
    # With an address she gets her own invites and start link (`services/presenters.py`).
    email: Mapped[str] = mapped_column(String(254), default="", server_default="")
    # The revocable half of her start link.
    link_nonce: Mapped[str] = mapped_column(String(32), default=nonce, server_default="")
