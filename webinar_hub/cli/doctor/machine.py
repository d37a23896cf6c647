"""Has this machine room, may we write where we must, and does it know the world's time zones?"""

import importlib.metadata
import re
import shutil
import tempfile
import zoneinfo
from collections.abc import Iterator
from pathlib import Path

from webinar_hub.core import clock
from webinar_hub.core.config import Settings
from webinar_hub.rules import checkup
from webinar_hub.rules.checkup import Finding


def disk(settings: Settings) -> Iterator[Finding]:
    """Room where the data folder is."""
    usage = shutil.disk_usage(settings.data_folder)
    yield checkup.room(usage.free, usage.total)


def folders(settings: Settings) -> Iterator[Finding]:
    """Whether we may write where we must."""
    needed = [settings.data_folder, settings.materials_folder]
    if settings.metrics_folder:
        needed.append(Path(settings.metrics_folder))
    closed = [folder for folder in needed if not _may_write(folder)]
    for folder in closed:
        words = f"{folder.resolve()} cannot be written to."
        yield Finding("folders", "broken", words, "Give it to the user the service runs as.")
    if not closed:
        yield Finding("folders", "ok", "The data folder can be written to.")


def _may_write(folder: Path) -> bool:
    """A folder that is not there yet is made when it is needed, so its parent counts."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    try:
        with tempfile.TemporaryFile(dir=folder):
            return True
    except OSError:
        return False


def zones() -> Iterator[Finding]:
    """How old the time-zone database is that local times are worked out from: the system's comes first."""
    system = next((Path(path) for path in zoneinfo.TZPATH if Path(path, "UTC").exists()), None)
    version = _system_version(system) if system else importlib.metadata.version("tzdata")
    yield checkup.zones_age(version, clock.real_now().date(), from_system=system is not None)


def _system_version(folder: Path) -> str:
    for name in ("tzdata.zi", "+VERSION"):
        try:
            with (folder / name).open() as file:
                found = re.search(r"\d{4}[a-z]", file.readline())
        except (OSError, UnicodeDecodeError):
            continue
        if found:
            return found[0]
    return ""
