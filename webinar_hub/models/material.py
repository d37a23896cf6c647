"""A material: a file or link that a webinar gives away, with every version it ever had."""

from datetime import datetime

from sqlalchemy import ForeignKey, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from webinar_hub.core.db import Base, UtcDateTime


class Material(Base):
    """Something to download (it has versions) or to open elsewhere (it has a link)."""

    __tablename__ = "materials"
    __table_args__ = (UniqueConstraint("webinar_id", "key"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    webinar_id: Mapped[int] = mapped_column(ForeignKey("webinars.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    title: Mapped[str] = mapped_column(String(200))
    description: Mapped[str] = mapped_column(Text, default="")
    link: Mapped[str] = mapped_column(String(2000), default="")
    # Rises with every edit by a person, who says which one she has seen (`services/editing.py`).
    version: Mapped[int] = mapped_column(default=1, server_default="1")


class MaterialVersion(Base):
    """The bytes of a material as they were at one time, kept in storage under a generated name."""

    __tablename__ = "material_versions"
    __table_args__ = (UniqueConstraint("material_id", "number"),)

    id: Mapped[int] = mapped_column(primary_key=True)
    material_id: Mapped[int] = mapped_column(ForeignKey("materials.id", ondelete="CASCADE"))
    number: Mapped[int]
    stored_name: Mapped[str] = mapped_column(String(64))
    extension: Mapped[str] = mapped_column(String(10))
    media_type: Mapped[str] = mapped_column(String(100))
    size: Mapped[int]
    sha256: Mapped[str] = mapped_column(String(64))
    # What the file was made from (a hand-out's text), so that an unchanged source makes no new version.
    source_sha256: Mapped[str] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    # Who brought it, as the audit log names her; "" where that was not written down.
    added_by: Mapped[str] = mapped_column(String(80), default="", server_default="")


class HandoutText(Base):
    """The Markdown that a version was printed from, so that it can be written on."""

    __tablename__ = "handout_texts"

    material_version_id: Mapped[int] = mapped_column(
        ForeignKey("material_versions.id", ondelete="CASCADE"), primary_key=True
    )
    markdown: Mapped[str] = mapped_column(Text)


class LooseFile(Base):
    """A file in storage that no version claims: an upload under way, or one whose material was deleted.

    The name is written down before the first byte is, so a process that dies in between leaves nothing behind that
    nobody knows of (`services/materials.py`).
    """

    __tablename__ = "loose_files"

    stored_name: Mapped[str] = mapped_column(String(64), primary_key=True)
    since: Mapped[datetime] = mapped_column(UtcDateTime)
