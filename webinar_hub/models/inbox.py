"""How far a mailbox has been read."""

from sqlalchemy import BigInteger, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base


class InboxPosition(Base):
    """The last message looked at in a mailbox.

    UIDs only rise while UIDVALIDITY stays (RFC 9051 section 2.3.1.1), so one number says which messages are
    done, even where the mailbox takes no marks.
    """

    __tablename__ = "inbox_positions"

    mailbox: Mapped[str] = mapped_column(String(64), primary_key=True)
    uid_validity: Mapped[int] = mapped_column(BigInteger)
    last_uid: Mapped[int] = mapped_column(BigInteger, default=0)
