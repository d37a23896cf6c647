"""A single date of a series that somebody has opted out of, or come back to."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, func, select
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime
from webinar_hub.models.registration import Registration
from webinar_hub.models.session import Session


class SessionChoice(Base):
    """One registration and one session of its cohort; without a row she comes.

    The row stays when she comes back: `revision` is added to the SEQUENCE of her own entry, which may never fall.
    """

    __tablename__ = "session_choices"

    registration_id: Mapped[int] = mapped_column(
        ForeignKey("registrations.id", ondelete="CASCADE"), primary_key=True
    )
    session_id: Mapped[int] = mapped_column(
        ForeignKey("sessions.id", ondelete="CASCADE"), primary_key=True, index=True
    )
    out: Mapped[bool]
    revision: Mapped[int]
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


def own_revision() -> Any:
    """SQL: what her choices add to the SEQUENCE of an entry, asked beside Registration and Session."""
    hers = SessionChoice.registration_id == Registration.id, SessionChoice.session_id == Session.id
    asked = select(SessionChoice.revision).where(*hers).correlate(Registration, Session).scalar_subquery()
    return func.coalesce(asked, 0)


def has_opted_out(session: Any) -> Any:
    """SQL: whether a Registration has opted out of this session, which is an id or a column of ids."""
    hers = SessionChoice.registration_id == Registration.id, SessionChoice.session_id == session
    return select(SessionChoice.session_id).where(*hers, SessionChoice.out.is_(True)).exists()
