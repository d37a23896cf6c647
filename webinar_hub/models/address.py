"""A person's change of address: the one she wishes for and has not proven, and those that were hers before."""

from datetime import datetime

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce as new_nonce


class AddressWish(Base):
    """The one change of address that waits for its proof; it goes when it is proven, taken back or too old."""

    __tablename__ = "address_wishes"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    email_key: Mapped[str] = mapped_column(String(254))
    # The revocable half of the link that proves it, sent to the new address.
    nonce: Mapped[str] = mapped_column(String(32), default=new_nonce)
    # And of the one that stops it, sent to the old address.
    stop_nonce: Mapped[str] = mapped_column(String(32), default=new_nonce)
    # Whether the address of her calendar subscription stays what it is.
    keeps_feed: Mapped[bool] = mapped_column(default=True)
    asked_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)


class FormerAddress(Base):
    """An address she had here: what comes back about mails that were sent to it is not held against her."""

    __tablename__ = "former_addresses"

    id: Mapped[int] = mapped_column(primary_key=True)
    person_id: Mapped[int] = mapped_column(ForeignKey("people.id", ondelete="CASCADE"), index=True)
    email: Mapped[str] = mapped_column(String(254))
    until: Mapped[datetime] = mapped_column(UtcDateTime)
