"""The library of a webinar: files and links with their versions; which drop they are in is said in drops.py.

A file lies in storage before its row is here. So its name is written down first (`expect_file`), and whatever no
row has claimed a day later is removed (`worker/tidying.py`): nothing is left that nobody knows of.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, select

from webinar_hub.adapters.storage import StoredFile
from webinar_hub.core.db import db
from webinar_hub.core.errors import Conflict, NotFound
from webinar_hub.models import (
    Cohort,
    Download,
    Drop,
    DropMaterial,
    HandoutText,
    LooseFile,
    Material,
    MaterialVersion,
)
from webinar_hub.rules.material import free_key
from webinar_hub.services import audit, editing


@dataclass(frozen=True, slots=True)
class Words:
    """What people read of a material; `link` is "" for a file."""

    title: str
    description: str = ""
    link: str = ""


@dataclass(frozen=True, slots=True)
class Bytes:
    """A file that lies in storage; `source_sha256` is of what it was made from, "" where that is itself.

    `markdown` is the text of a hand-out.
    """

    stored: StoredFile
    extension: str
    source_sha256: str = ""
    markdown: str = ""


def expect_file(name: str, *, now: datetime) -> None:
    """Write down that a file of this name is about to come in."""
    db.session.add(LooseFile(stored_name=name, since=now))


def forget_file(name: str) -> None:
    """It did not come in, or was removed."""
    db.session.execute(delete(LooseFile).where(LooseFile.stored_name == name))


def add_file(webinar: int, words: Words, file: Bytes, *, actor: str, now: datetime) -> Material:
    """A new material with its first version."""
    material = _new(webinar, words)
    version = add_version(material, file, actor=actor, now=now)
    audit.note(
        actor, "material.added", _subject(material), now=now,
        after={"title": words.title, "sha256": version.sha256, "size": version.size},
    )  # fmt: skip
    return material


def add_link(webinar: int, words: Words, *, actor: str, now: datetime) -> Material:
    """A new material that is somewhere else."""
    material = _new(webinar, words)
    audit.note(actor, "material.added", _subject(material), now=now, after=_told(material))
    return material


def replace(webinar: int, material: int, file: Bytes, *, actor: str, now: datetime) -> MaterialVersion:
    """A new version of a file; those before stay. Raises NotFound, Conflict for a link and for the same bytes."""
    row = find(webinar, material)
    if row.link:
        raise Conflict("This is a link and not a file. Add the file as a new material.")
    before = _latest(row)
    if before is not None and before.sha256 == file.stored.sha256:
        raise Conflict("This is the very file that is there already, so there is no new version.")
    version = add_version(row, file, actor=actor, now=now)
    row.version += 1
    audit.note(
        actor, "material.replaced", _subject(row), now=now,
        before=_told_version(before), after=_told_version(version),
    )  # fmt: skip
    return version


def add_version(material: Material, file: Bytes, *, actor: str, now: datetime) -> MaterialVersion:
    """The file becomes what people get from now on; it is not loose any more."""
    latest = _latest(material)
    version = MaterialVersion(
        material_id=material.id,
        number=latest.number + 1 if latest else 1,
        stored_name=file.stored.name,
        extension=file.extension,
        media_type=file.stored.media_type,
        size=file.stored.size,
        sha256=file.stored.sha256,
        source_sha256=file.source_sha256 or file.stored.sha256,
        created_at=now,
        added_by=actor,
    )
    db.session.add(version)
    forget_file(file.stored.name)
    db.session.flush()
    if file.markdown:
        db.session.add(HandoutText(material_version_id=version.id, markdown=file.markdown))
    return version


def go_back(webinar: int, material: int, number: int, *, actor: str, now: datetime) -> MaterialVersion:
    """Make an earlier version the newest one again: it comes as a version of its own, so the history stays true.

    Raises NotFound, Conflict for the one that is the newest already.
    """
    row = find(webinar, material)
    latest, wanted = _latest(row), _version(row, number)
    if latest is None or latest.number == wanted.number:
        raise Conflict(f"Version {number} is what people get already.")
    stored = StoredFile(wanted.stored_name, wanted.size, wanted.sha256, wanted.media_type)
    text = db.session.get(HandoutText, wanted.id)
    file = Bytes(stored, wanted.extension, wanted.source_sha256, text.markdown if text else "")
    again = add_version(row, file, actor=actor, now=now)
    row.version += 1
    audit.note(
        actor, "material.went_back", _subject(row), now=now,
        before=_told_version(latest), after=_told_version(again) | {"same_as": number},
    )  # fmt: skip
    return again


def describe(webinar: int, material: int, words: Words, seen: int, *, actor: str, now: datetime) -> Material:
    """Change what people read of it. Raises NotFound, EditedMeanwhile, Conflict for a file turned into a link."""
    row = find(webinar, material)
    if bool(row.link) != bool(words.link):
        raise Conflict("A file cannot become a link, nor a link a file: add it as a new material.")
    before = _told(row)
    editing.edit(row, seen)
    row.title, row.description, row.link = words.title, words.description, words.link
    audit.note(actor, "material.described", _subject(row), now=now, before=before, after=_told(row))
    return row


def remove(webinar: int, material: int, *, actor: str, now: datetime) -> None:
    """Take it out of the library, with all its versions.

    Raises NotFound, and Conflict while a drop uses it or where somebody has taken it: that record must stay true.
    """
    row = find(webinar, material)
    uses = uses_of(row)
    if uses:
        raise Conflict(f"It is still in {' and in '.join(uses)}. Take it out there first, then delete it here.")
    taken = times_taken(row)
    if taken:
        raise Conflict(
            f"It was taken {taken} {'time' if taken == 1 else 'times'}, and the record of who has what must stay "
            "true, so it stays in the library. Out of every bonus, nobody sees it any more."
        )
    of_it = MaterialVersion.material_id == row.id
    for name in _files_of_its_own(row):
        forget_file(name)
        expect_file(name, now=now)
    audit.note(actor, "material.deleted", _subject(row), now=now, before=_told(row))
    db.session.execute(delete(MaterialVersion).where(of_it))
    db.session.delete(row)


def _files_of_its_own(material: Material) -> Sequence[str]:
    """The files no other material has: a copied webinar shares the bytes of the one it was copied from."""
    others = select(MaterialVersion.stored_name).where(MaterialVersion.material_id != material.id)
    names = select(MaterialVersion.stored_name).where(
        MaterialVersion.material_id == material.id, MaterialVersion.stored_name.not_in(others)
    )
    return db.session.scalars(names.distinct()).all()


def find(webinar: int, material: int) -> Material:
    """A material of this webinar, locked for a change. Raises NotFound."""
    wanted = select(Material).where(Material.id == material, Material.webinar_id == webinar)
    row = db.session.scalars(wanted.with_for_update()).first()
    if row is None:
        raise NotFound("This material is not in the library any more.")
    return row


def uses_of(material: Material) -> list[str]:
    """The drops it is in, in words."""
    rows = db.session.execute(
        select(Drop.title, Cohort.title)
        .join(DropMaterial, DropMaterial.drop_id == Drop.id)
        .join(Cohort, Cohort.id == Drop.cohort_id)
        .where(DropMaterial.material_id == material.id)
        .order_by(Drop.release_at, Drop.id)
    )
    return [f"“{drop}” ({cohort})" for drop, cohort in rows]


def times_taken(material: Material) -> int:
    """How often any of its versions was taken."""
    taken: int | None = db.session.scalar(
        select(func.count())
        .select_from(Download)
        .join(MaterialVersion, MaterialVersion.id == Download.material_version_id)
        .where(MaterialVersion.material_id == material.id)
    )
    return taken or 0


def _new(webinar: int, words: Words) -> Material:
    taken = db.session.scalars(select(Material.key).where(Material.webinar_id == webinar)).all()
    key = free_key(words.title, "material", set(taken))
    material = Material(
        webinar_id=webinar, key=key, title=words.title, description=words.description, link=words.link
    )
    db.session.add(material)
    db.session.flush()
    return material


def _latest(material: Material) -> MaterialVersion | None:
    of_it = select(MaterialVersion).where(MaterialVersion.material_id == material.id)
    return db.session.scalars(of_it.order_by(MaterialVersion.number.desc()).limit(1)).first()


def _version(material: Material, number: int) -> MaterialVersion:
    wanted = (MaterialVersion.material_id == material.id, MaterialVersion.number == number)
    row = db.session.scalars(select(MaterialVersion).where(*wanted)).first()
    if row is None:
        raise NotFound("There is no such version.")
    return row


def _subject(material: Material) -> str:
    return f"material:{material.id}"


def _told(material: Material) -> dict[str, str]:
    return {"title": material.title, "description": material.description, "link": material.link}


def _told_version(version: MaterialVersion | None) -> dict[str, object]:
    if version is None:
        return {}
    return {"number": version.number, "sha256": version.sha256, "size": version.size}
