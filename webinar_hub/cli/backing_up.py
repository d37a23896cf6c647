"""Makes a backup and proves that it can be restored, by restoring it into a place of its own."""

import os
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from flask import Flask

from webinar_hub import __version__
from webinar_hub.adapters.backup import BackupTrouble, archive
from webinar_hub.adapters.backup.archive import DATABASES, KEY, Manifest
from webinar_hub.cli.database_copies import (
    connected,
    copy,
    demand_equal,
    restore_postgresql,
    scratch_postgresql,
)
from webinar_hub.core import clock
from webinar_hub.core.config import Settings


def make(app: Flask, target: Path, *, verify: bool) -> Manifest:
    """Write a backup to `target`, which has its name only when it is whole and, if wanted, proven.

    Raises BackupTrouble; then there is no file.
    """
    settings: Settings = app.extensions["settings"]
    unproven = target.with_name(f"{target.name}.unproven")
    try:
        with TemporaryDirectory(prefix=".webinar-hub-", dir=target.parent) as folder:
            manifest = _write(app, settings, Path(folder), unproven)
        if verify:
            _prove(settings, unproven)
        os.replace(unproven, target)
    except OSError as error:
        raise BackupTrouble(f"The backup cannot be written to {target.parent}: {error.strerror}.") from error
    finally:
        unproven.unlink(missing_ok=True)
    return manifest


def _write(app: Flask, settings: Settings, folder: Path, target: Path) -> Manifest:
    moment = clock.real_now().isoformat(timespec="seconds")
    copied = copy(app, settings.database, folder)
    # Materials never change once they are stored, so what the database speaks of is there when it has been copied.
    sources = {DATABASES[copied.kind]: copied.path, **_materials(settings), **_key(settings)}
    manifest = Manifest(
        made_by=f"webinar-hub {__version__}",
        made_at=moment,
        database=copied.kind,
        schema=copied.schema,
        rows=copied.rows,
        key=archive.fingerprint(settings.keys[-1]),
        files={name: archive.measured(path) for name, path in sources.items()},
    )
    archive.write(target, manifest, sources)
    return manifest


def _materials(settings: Settings) -> Mapping[str, Path]:
    """What local storage holds; parts of uploads under way are left out."""
    folder = settings.materials_folder
    found = sorted(path for path in folder.glob("??/*") if path.is_file() and not path.suffix)
    return {f"materials/{path.relative_to(folder).as_posix()}": path for path in found}


def _key(settings: Settings) -> Mapping[str, Path]:
    """The key where the data folder keeps it; one that is set as a variable is the operator's to keep."""
    return {} if settings.secret_key else {KEY: settings.data_folder / KEY}


def _prove(settings: Settings, path: Path) -> None:
    with TemporaryDirectory(prefix=".webinar-hub-", dir=path.parent) as folder:
        manifest = archive.unpack(path, Path(folder))
        database = Path(folder, DATABASES[manifest.database])
        if manifest.database == "sqlite":
            with connected(f"sqlite:///{database}") as connection:
                demand_equal(connection, manifest)
            return
        with scratch_postgresql(settings.database) as url:
            restore_postgresql(url, database)
            with connected(url) as connection:
                demand_equal(connection, manifest)
