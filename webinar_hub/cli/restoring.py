"""Brings a backup back: unpacked and checked in a folder of its own first, then put in place by renaming."""

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import Connection, inspect, select
from sqlalchemy.exc import DatabaseError

from webinar_hub.adapters.backup import BackupTrouble, archive, sqlite
from webinar_hub.adapters.backup.archive import DATABASES, KEY, Manifest
from webinar_hub.cli.confirming import ACTOR
from webinar_hub.cli.database_copies import connected, demand_equal, file_of, kind_of, restore_postgresql
from webinar_hub.cli.opening import elsewhere
from webinar_hub.core import clock
from webinar_hub.core.clock import lease_moment
from webinar_hub.core.config import Settings
from webinar_hub.core.db import transaction
from webinar_hub.models import Lease
from webinar_hub.queries import schema, tables
from webinar_hub.services import silencing


@dataclass(frozen=True, slots=True)
class Staged:
    """A backup that lies unpacked and checked beside what it is to replace."""

    folder: Path
    manifest: Manifest

    @property
    def database(self) -> Path:
        """The copy of the database."""
        return self.folder / DATABASES[self.manifest.database]


@contextmanager
def staged(settings: Settings, path: Path, *, replace: bool) -> Iterator[Staged]:
    """Look whether the backup may come here, then unpack and check it; what is here is not touched.

    Raises BackupTrouble for a damaged or foreign archive, a target that is not empty (without `replace`) or in use.
    """
    _demand_room(settings, replace=replace)
    _demand_fitting(settings, archive.manifest_of(path))
    settings.data_folder.mkdir(parents=True, exist_ok=True)
    folder = Path(mkdtemp(prefix=".restore-", dir=settings.data_folder))
    try:
        found = Staged(folder, archive.unpack(path, folder))
        if found.manifest.database == "sqlite":
            with connected(f"sqlite:///{found.database}") as connection:
                demand_equal(connection, found.manifest)
        yield found
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def waiting(found: Staged, now: datetime) -> tuple[int, int] | None:
    """How many messages and deliveries would be sent at once; None where it cannot be known beforehand."""
    if found.manifest.database != "sqlite":
        return None
    with connected(f"sqlite:///{found.database}") as connection:
        return tables.would_be_sent(connection, now)


def put_in_place(settings: Settings, found: Staged, silence_before: datetime | None) -> Path | None:
    """Make the backup what is here; the folder in which what was here before is kept, if there was anything.

    Materials have generated names, so those of the backup are added. The database changes by one rename, or in one
    transaction: a process killed on the way leaves either the old one or the new one. Raises BackupTrouble.
    """
    _demand_room(settings, replace=True)
    kept = settings.data_folder / f"before-restore-{clock.real_now():%Y%m%dT%H%M%S}"
    is_sqlite = found.manifest.database == "sqlite"
    if is_sqlite and silence_before:
        _silence(f"sqlite:///{found.database}", silence_before)
    _add_materials(found.folder / "materials", settings.materials_folder)
    _exchange(found.folder / KEY, settings.data_folder / KEY, kept)
    if is_sqlite:
        _set_aside_journals(file_of(settings.database), kept)
        _exchange(found.database, file_of(settings.database), kept)
    else:
        restore_postgresql(settings.database, found.database)
        with connected(settings.database) as connection:
            demand_equal(connection, found.manifest)
        if silence_before:
            _silence(settings.database, silence_before)
    return kept if kept.exists() else None


def _demand_room(settings: Settings, *, replace: bool) -> None:
    is_file = kind_of(settings.database) == "sqlite"
    if is_file and not file_of(settings.database).exists():
        return
    if is_file and sqlite.is_in_use(file_of(settings.database)):
        raise BackupTrouble("The database is in use. Stop the service and its workers first.")
    with connected(settings.database) as connection:
        if not is_file and inspect(connection).has_table(Lease.__tablename__):
            running = select(Lease.owner).where(Lease.until > lease_moment())
            if connection.scalar(running):
                raise BackupTrouble("A worker is running. Stop the service and its workers first.")
        if not replace and _holds_anything(connection):
            raise BackupTrouble("There is a database with data in it. To give it up for the backup, say --replace.")


def _holds_anything(connection: Connection) -> bool:
    try:
        return tables.holds_anything(connection)
    except DatabaseError:
        # Damaged, which is what backups are for; still nothing to throw away unasked.
        return True


def _demand_fitting(settings: Settings, manifest: Manifest) -> None:
    kind = kind_of(settings.database)
    if manifest.database != kind:
        raise BackupTrouble(
            f"The backup is of a {manifest.database} database, and WEBINAR_HUB_DATABASE_URL names a {kind} one."
        )
    with elsewhere("sqlite://") as app, app.app_context():
        if not schema.knows(manifest.schema):
            raise BackupTrouble(f"The backup was made by a newer version ({manifest.made_by}): install that first.")


def _silence(url: str, before: datetime) -> None:
    with elsewhere(url) as app, app.app_context(), transaction():
        silencing.silence(before, actor=ACTOR, now=clock.now())


def _add_materials(source: Path, target: Path) -> None:
    for path in sorted(source.glob("*/*")):
        place = target / path.parent.name / path.name
        place.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        _move(path, place)


def _exchange(new: Path, place: Path, kept: Path) -> None:
    """Put a file in place of another, which is kept; there is always one of them."""
    if not new.exists():
        return
    if place.exists():
        kept.mkdir(mode=0o700, exist_ok=True)
        shutil.copy2(place, kept / place.name)
    _move(new, place)


def _set_aside_journals(database: Path, kept: Path) -> None:
    """SQLite would write what a dead process left in them into the restored database."""
    for journal in (Path(f"{database}{ending}") for ending in ("-wal", "-shm", "-journal")):
        if journal.exists():
            kept.mkdir(mode=0o700, exist_ok=True)
            shutil.move(journal, kept / journal.name)


def _move(new: Path, place: Path) -> None:
    """Put a file where another may be, at one stroke, even onto another disk."""
    if new.stat().st_dev != place.parent.stat().st_dev:
        beside = place.with_name(f".{place.name}.restored")
        shutil.copy2(new, beside)
        new = beside
    os.replace(new, place)
    _make_durable(place.parent)


def _make_durable(folder: Path) -> None:
    """Have the disk know the folder's new entries."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
