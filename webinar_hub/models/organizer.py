"""The staff: who may sign in to the studio, with which role, and by which means."""

from collections.abc import Iterable
from datetime import datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import (
    CheckConstraint,
    ForeignKey,
    Index,
    LargeBinary,
    String,
    Text,
    TypeDecorator,
    UnicodeText,
    text,
)
from sqlalchemy.ext.mutable import MutableList
from sqlalchemy.orm import Mapped, mapped_column, relationship

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.core.tokens import nonce

ROLES = "role IN ('owner', 'organizer', 'presenter', 'registration desk', 'CE reviewer', 'read-only')"


if TYPE_CHECKING:
    from flask_security import UserMixin
else:

    class _OtherThanObject:
        """Python lets a class change its bases only where `object` is not the only one."""

    class UserMixin(_OtherThanObject):
        """Keeps the place of Flask-Security's, which takes a long time to load and serves no registrant."""


def let_them_sign_in(mixin: type) -> None:
    """Make organizers the users that Flask-Security works with; the studio does so when it is loaded."""
    UserMixin.__bases__ = (mixin,)


class _Words(TypeDecorator[list[str]]):
    """Words in one column, with commas between, as Flask-Security keeps them; but nothing stays nothing."""

    impl = UnicodeText
    cache_ok = True

    def process_bind_param(self, value: Iterable[str] | None, dialect: Any) -> str | None:
        """The words between commas."""
        return None if value is None else ",".join(value)

    def process_result_value(self, value: str | None, dialect: Any) -> list[str] | None:
        """The list of words."""
        return None if value is None else value.split(",") if value else []


class Organizer(Base, UserMixin):
    """A member of the staff; the column names below `password` are those that Flask-Security reads."""

    __tablename__ = "organizers"

    id: Mapped[int] = mapped_column(primary_key=True)
    email: Mapped[str] = mapped_column(String(254), unique=True)
    name: Mapped[str] = mapped_column(String(120))
    zone: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Empty until she has chosen one: an invitation makes the row, her first visit the password.
    password: Mapped[str | None] = mapped_column(String(255))
    active: Mapped[bool] = mapped_column(default=True)
    # A new one ends every session of hers at once.
    fs_uniquifier: Mapped[str] = mapped_column(String(64), unique=True, default=nonce)
    tf_primary_method: Mapped[str | None] = mapped_column(String(64))
    tf_totp_secret: Mapped[str | None] = mapped_column(String(255))
    us_totp_secrets: Mapped[str | None] = mapped_column(Text)
    us_phone_number: Mapped[str | None] = mapped_column(String(128), unique=True)
    fs_webauthn_user_handle: Mapped[str | None] = mapped_column(String(64), unique=True)  # type: ignore[assignment]
    mf_recovery_codes: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(_Words()))

    webauthn: Mapped[list["Passkey"]] = relationship(  # type: ignore[assignment]
        back_populates="user", cascade="all, delete"
    )
    memberships: Mapped[list["Membership"]] = relationship(cascade="all, delete-orphan", lazy="selectin")

    @property
    def roles(self) -> list[Any]:  # type: ignore[override]
        """Nothing: pages ask for permissions, see `web/studio/access.py`."""
        return []


class Membership(Base):
    """A role of one organizer, for one webinar or, without one, for all."""

    __tablename__ = "memberships"
    __table_args__ = (
        CheckConstraint(ROLES, name="role_known"),
        # NULL differs from NULL in a unique constraint, so "everywhere" needs an index of its own.
        Index("uq_memberships_of_webinar", "organizer_id", "webinar_id", unique=True),
        Index(
            "uq_memberships_everywhere",
            "organizer_id",
            unique=True,
            sqlite_where=text("webinar_id IS NULL"),
            postgresql_where=text("webinar_id IS NULL"),
        ),
    )

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"))
    webinar_id: Mapped[int | None] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"), index=True)
    role: Mapped[str] = mapped_column(String(20))


class Passkey(Base):
    """A passkey of an organizer, in the columns that Flask-Security reads."""

    __tablename__ = "passkeys"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"), index=True)
    credential_id: Mapped[bytes] = mapped_column(LargeBinary(1024), unique=True)
    public_key: Mapped[bytes] = mapped_column(LargeBinary)
    sign_count: Mapped[int] = mapped_column(default=0)
    transports: Mapped[list[str] | None] = mapped_column(MutableList.as_mutable(_Words()))
    backup_state: Mapped[bool]
    device_type: Mapped[str] = mapped_column(String(64))
    extensions: Mapped[str | None] = mapped_column(String(255))
    lastuse_datetime: Mapped[datetime] = mapped_column(UtcDateTime)
    name: Mapped[str] = mapped_column(String(64))
    usage: Mapped[str] = mapped_column(String(64))

    user: Mapped[Organizer] = relationship(back_populates="webauthn")

    def get_user_mapping(self) -> dict[str, int]:
        """By what Flask-Security finds whose it is."""
        return {"id": self.user_id}
