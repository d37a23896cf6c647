"""How staff come in: devices that are signed in, links that open something once, codes that were used."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class SignIn(Base):
    """One browser in which an organizer is signed in; its cookie holds the token of which this is the hash."""

    __tablename__ = "sign_ins"

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # In words, such as "Safari on iPhone".
    device: Mapped[str] = mapped_column(String(60))
    # Shortened (`rules/devices.py`): to recognize it by, not to follow anybody with.
    network: Mapped[str] = mapped_column(String(45))
    began_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Written every few minutes, not with every page.
    seen_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Whether she asked to stay signed in on this device.
    stays: Mapped[bool] = mapped_column(default=False)


class OneTimeLink(Base):
    """A link that does one thing once; of what makes it unguessable only a hash is kept."""

    __tablename__ = "one_time_links"

    id: Mapped[int] = mapped_column(primary_key=True)
    purpose: Mapped[str] = mapped_column(String(20))
    token_hash: Mapped[str] = mapped_column(String(64), unique=True)
    # Nobody yet, for the link that makes the first owner.
    organizer_id: Mapped[int | None] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    # What it will do, where the purpose alone does not say it: the new address.
    detail: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class LastCode(Base):
    """The newest authenticator code an organizer has used, as its number since 1970: none counts twice."""

    __tablename__ = "last_codes"

    organizer_id: Mapped[int] = mapped_column(
        ForeignKey("organizers.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    counter: Mapped[int]
