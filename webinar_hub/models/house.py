"""What an owner has set for the whole installation, and its logo; the rules are in `rules/house.py`."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class HouseSettings(Base):
    """The one row of settings; `stored` has only what was ever changed."""

    __tablename__ = "house_settings"

    id: Mapped[int] = mapped_column(primary_key=True)
    stored: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    version: Mapped[int] = mapped_column(default=0)
    changed_at: Mapped[datetime] = mapped_column(UtcDateTime)


class HouseLogo(Base):
    """A logo under the name of its content, so that a page kept somewhere still finds the one it was made with."""

    __tablename__ = "house_logos"

    digest: Mapped[str] = mapped_column(String(16), primary_key=True)
    content: Mapped[bytes] = mapped_column(LargeBinary)
    added_at: Mapped[datetime] = mapped_column(UtcDateTime)
