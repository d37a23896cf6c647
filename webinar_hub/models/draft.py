"""A draft: what somebody has typed into a form of the studio and not saved yet, so that nothing is lost."""

from datetime import datetime

from sqlalchemy import JSON, ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Draft(Base):
    """The fields of one form of one organizer, as they were typed: pairs of name and text, in their order."""

    __tablename__ = "drafts"
    __table_args__ = (UniqueConstraint("organizer_id", "form"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    organizer_id: Mapped[int] = mapped_column(ForeignKey("organizers.id", ondelete="CASCADE"))
    # Which form it is: "webinar:baby-massage", "cohort:january", "quick-create".
    form: Mapped[str] = mapped_column(String(120))
    fields: Mapped[list[list[str]]] = mapped_column(JSON)
    saved_at: Mapped[datetime] = mapped_column(UtcDateTime)
