"""What the studio shows of a webinar's library: its materials, where they are used, and their versions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import String, func, literal, select

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.core.db import db
from webinar_hub.core.errors import NotFound
from webinar_hub.models import (
    Cohort,
    Download,
    Drop,
    DropMaterial,
    HandoutText,
    LooseFile,
    Material,
    MaterialVersion,
    Organizer,
    Webinar,
)
from webinar_hub.queries.cohorts import latest_versions


@dataclass(frozen=True, slots=True)
class Use:
    """A drop that a material is in; `released` by now."""

    drop: str
    drop_public_id: str
    cohort: str
    cohort_key: str
    release_at: datetime
    zone: str
    released: bool


@dataclass(frozen=True, slots=True)
class LibraryLine:
    """A material in the library; extension, size and moment are those of its newest version, None for a link."""

    id: int
    title: str
    description: str
    link: str
    extension: str | None
    size: int | None
    number: int | None
    added_at: datetime | None
    taken: int
    uses: tuple[Use, ...]


@dataclass(frozen=True, slots=True)
class LibraryHead:
    """Whose library it is."""

    webinar_id: int
    slug: str
    title: str


@dataclass(frozen=True, slots=True)
class VersionLine:
    """A file as it was at one time; `by` is who brought it, in words."""

    number: int
    extension: str
    media_type: str
    size: int
    sha256: str
    added_at: datetime
    by: str
    taken: int


@dataclass(frozen=True, slots=True)
class MaterialPage:
    """Everything of one material, the newest version first; `version` is what an edit form carries.

    `is_handout` says that its newest version was printed from a text that can be changed.
    """

    id: int
    title: str
    description: str
    link: str
    version: int
    uses: tuple[Use, ...]
    versions: tuple[VersionLine, ...]
    is_handout: bool

    @property
    def taken(self) -> int:
        """How often any version was taken."""
        return sum(line.taken for line in self.versions)


@dataclass(frozen=True, slots=True)
class KeptFile:
    """One version's bytes, and the name it is saved under."""

    file: StoredFile
    title: str
    extension: str


def library_head(slug: str) -> LibraryHead:
    """Raises NotFound."""
    row = db.session.execute(select(Webinar.id, Webinar.slug, Webinar.title).where(Webinar.slug == slug)).first()
    if row is None:
        raise NotFound()
    return LibraryHead(*row)


def library(webinar: int, now: datetime) -> list[LibraryLine]:
    """The materials of a webinar by title; three statements."""
    newest = latest_versions()
    rows = db.session.execute(
        select(Material, newest.c.extension, newest.c.size, newest.c.number, newest.c.created_at)
        .outerjoin(newest, newest.c.material_id == Material.id)
        .where(Material.webinar_id == webinar)
        .order_by(func.lower(Material.title), Material.id)
    ).all()
    uses, taken = _uses(webinar, now), _taken(webinar)
    return [
        LibraryLine(
            row.id,
            row.title,
            row.description,
            row.link,
            extension,
            size,
            number,
            added_at,
            taken.get(row.id, 0),
            uses.get(row.id, ()),
        )
        for row, extension, size, number, added_at in rows
    ]


def material_page(webinar: int, material: int, now: datetime) -> MaterialPage:
    """One material with its history; three statements. Raises NotFound."""
    row = db.session.scalars(
        select(Material).where(Material.id == material, Material.webinar_id == webinar)
    ).first()
    if row is None:
        raise NotFound()
    uses = _uses(webinar, now, material).get(material, ())
    lines, has_text = _version_lines(material)
    return MaterialPage(row.id, row.title, row.description, row.link, row.version, uses, lines, has_text)


def kept_file(webinar: int, material: int, number: int) -> KeptFile:
    """One version of a file of this webinar. Raises NotFound."""
    row = db.session.execute(
        select(MaterialVersion, Material.title)
        .join(Material, Material.id == MaterialVersion.material_id)
        .where(Material.webinar_id == webinar, Material.id == material, MaterialVersion.number == number)
    ).first()
    if row is None:
        raise NotFound()
    version, title = row
    file = StoredFile(version.stored_name, version.size, version.sha256, version.media_type)
    return KeptFile(file, title, version.extension)


def handout_text(webinar: int, material: int) -> str:
    """The Markdown of a hand-out's newest version. Raises NotFound for what was not written here."""
    newest = latest_versions()
    text: str | None = db.session.scalar(
        select(HandoutText.markdown)
        .join(newest, newest.c.id == HandoutText.material_version_id)
        .join(Material, Material.id == newest.c.material_id)
        .where(Material.webinar_id == webinar, Material.id == material)
    )
    if text is None:
        raise NotFound()
    return text


def loose_files(before: datetime, at_most: int) -> Sequence[str]:
    """Names of files that nobody has claimed since then, the oldest first.

    A webinar that was copied in the moment a material was deleted still has the bytes.
    """
    claimed = select(MaterialVersion.id).where(MaterialVersion.stored_name == LooseFile.stored_name).exists()
    wanted = select(LooseFile.stored_name).where(LooseFile.since < before, ~claimed).order_by(LooseFile.since)
    return db.session.scalars(wanted.limit(at_most)).all()


def _uses(webinar: int, now: datetime, material: int | None = None) -> dict[int, tuple[Use, ...]]:
    rows = (
        select(
            DropMaterial.material_id,
            Drop.title,
            Drop.public_id,
            Cohort.title,
            Cohort.key,
            Drop.release_at,
            Drop.zone,
        )
        .join(Drop, Drop.id == DropMaterial.drop_id)
        .join(Cohort, Cohort.id == Drop.cohort_id)
        .where(Cohort.webinar_id == webinar)
        .order_by(Drop.release_at, Drop.id)
    )
    if material is not None:
        rows = rows.where(DropMaterial.material_id == material)
    found: dict[int, tuple[Use, ...]] = {}
    for id_, drop, drop_id, cohort, key, release_at, zone in db.session.execute(rows):
        use = Use(drop, drop_id, cohort, key, release_at, zone, release_at <= now)
        found[id_] = (*found.get(id_, ()), use)
    return found


def _taken(webinar: int) -> dict[int, int]:
    """How often each material was taken, in any version and cohort."""
    of_webinar = select(MaterialVersion.id).join(Material).where(Material.webinar_id == webinar)
    counted = (
        select(Download.material_version_id, func.count().label("times"))
        .where(Download.material_version_id.in_(of_webinar))
        .group_by(Download.material_version_id)
        .subquery()
    )
    rows = db.session.execute(
        select(MaterialVersion.material_id, func.sum(counted.c.times))
        .join(counted, counted.c.material_version_id == MaterialVersion.id)
        .group_by(MaterialVersion.material_id)
    )
    return {material: int(number) for material, number in rows}


def _version_lines(material: int) -> tuple[tuple[VersionLine, ...], bool]:
    """The history, the newest first, and whether that one was printed from a text."""
    taken = (
        select(func.count())
        .where(Download.material_version_id == MaterialVersion.id)
        .correlate(MaterialVersion)
        .scalar_subquery()
    )
    who = select((literal("organizer:") + Organizer.id.cast(String)).label("actor"), Organizer.name).subquery()
    rows = db.session.execute(
        select(
            MaterialVersion,
            func.coalesce(who.c.name, MaterialVersion.added_by),
            taken,
            HandoutText.material_version_id.is_not(None),
        )
        .outerjoin(who, who.c.actor == MaterialVersion.added_by)
        .outerjoin(HandoutText, HandoutText.material_version_id == MaterialVersion.id)
        .where(MaterialVersion.material_id == material)
        .order_by(MaterialVersion.number.desc())
    ).all()
    lines = tuple(
        VersionLine(
            row.number, row.extension, row.media_type, row.size, row.sha256, row.created_at, by or "", number
        )
        for row, by, number, _ in rows
    )
    return lines, bool(rows and rows[0][3])
