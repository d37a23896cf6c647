"""The file a backup is: a tar.gz that begins with a manifest, which holds the size and SHA-256 of everything in it.

Reading believes nothing: only names a backup can have are taken, each once, as plain files, of the size and with
the hash that the manifest says.
"""

import hashlib
import io
import json
import os
import re
import tarfile
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import IO, Any, BinaryIO

from webinar_hub.adapters.backup import BackupTrouble

FORMAT = 1
MANIFEST = "manifest.json"
DATABASES = {"sqlite": "database.sqlite", "postgresql": "database.pgdump"}
KEY = "secret-key"
_NAMES = re.compile(r"database\.(sqlite|pgdump)|secret-key|materials/[a-z0-9]{2}/[a-z0-9]{32}")
_LARGEST_MANIFEST = 200_000_000
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True)
class Content:
    """One file of a backup."""

    size: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a backup says of itself; `rows` by table, `made_at` as ISO text in UTC, `key` a fingerprint."""

    made_by: str
    made_at: str
    database: str
    schema: str
    rows: Mapping[str, int]
    key: str
    files: Mapping[str, Content]

    @property
    def moment(self) -> datetime:
        """When the copy of the database was made, aware."""
        return datetime.fromisoformat(self.made_at)


def fingerprint(key: str) -> str:
    """A few letters by which a signing key is known again, and from which it cannot be guessed."""
    return hashlib.sha256(b"webinar-hub backup:" + key.encode()).hexdigest()[:12]


def measured(path: Path) -> Content:
    """Size and hash of a file. Raises OSError."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
        return Content(file.tell(), digest)


def write(path: Path, manifest: Manifest, sources: Mapping[str, Path]) -> None:
    """Write the archive, readable by its owner only; it has its name when it is whole and on the disk."""
    part = path.with_name(f"{path.name}.part")
    try:
        handle = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(handle, "wb") as file:
            with tarfile.open(fileobj=file, mode="w:gz", compresslevel=6) as tar:
                text = json.dumps({"format": FORMAT} | asdict(manifest), indent=1).encode()
                _add(tar, MANIFEST, io.BytesIO(text), len(text))
                for name, source in sources.items():
                    with source.open("rb") as content:
                        _add(tar, name, content, manifest.files[name].size)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _add(tar: tarfile.TarFile, name: str, content: BinaryIO, size: int) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    tar.addfile(member, content)


def manifest_of(path: Path) -> Manifest:
    """What the archive says of itself, without unpacking it. Raises BackupTrouble."""
    with _opened(path) as tar:
        return _first(tar)


def unpack(path: Path, folder: Path) -> Manifest:
    """Unpack the whole archive into an empty folder, every hash checked. Raises BackupTrouble."""
    with _opened(path) as tar:
        manifest = _first(tar)
        missing = set(manifest.files)
        while member := tar.next():
            if member.name not in missing or not member.isreg():
                raise BackupTrouble(f"The archive holds {member.name[:80]!r}, which is not part of a backup.")
            missing.remove(member.name)
            _take(tar, member, folder / member.name, manifest.files[member.name])
        if missing:
            raise BackupTrouble(f"The archive is not whole: {sorted(missing)[0]} is missing.")
    return manifest


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r:gz") as tar:
            yield tar
    except FileNotFoundError as error:
        raise BackupTrouble(f"There is no file {path}.") from error
    except (tarfile.TarError, EOFError, zlib.error, OSError) as error:
        raise BackupTrouble(f"{path} cannot be unpacked: {error}.") from error


def _first(tar: tarfile.TarFile) -> Manifest:
    member = tar.next()
    content = tar.extractfile(member) if member and member.isreg() else None
    if member is None or member.name != MANIFEST or content is None or member.size > _LARGEST_MANIFEST:
        raise BackupTrouble("This is not a backup of Webinar Hub: it does not begin with a manifest.")
    try:
        return _read(json.loads(content.read()))
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BackupTrouble("The backup's manifest cannot be understood.") from error


def _read(told: dict[str, Any]) -> Manifest:
    """Raises KeyError, TypeError, ValueError or AttributeError for what is no manifest."""
    if told["format"] != FORMAT:
        raise BackupTrouble(
            "The backup was made by another version of Webinar Hub, in a form this one cannot read."
        )
    files = {name: Content(int(about["size"]), str(about["sha256"])) for name, about in told["files"].items()}
    database = str(told["database"])
    if not all(_NAMES.fullmatch(name) for name in files) or DATABASES[database] not in files:
        raise ValueError
    rows = {str(table): int(number) for table, number in told["rows"].items()}
    datetime.fromisoformat(told["made_at"]).utctimetuple()
    return Manifest(
        str(told["made_by"]), told["made_at"], database, str(told["schema"]), rows, str(told["key"]), files
    )


def _take(tar: tarfile.TarFile, member: tarfile.TarInfo, target: Path, expected: Content) -> None:
    content = tar.extractfile(member)
    if content is None or member.size != expected.size:
        raise BackupTrouble(f"{member.name} has another size than the manifest says: the backup is damaged.")
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
        digest = _copied(content, file)
        file.flush()
        os.fsync(file.fileno())
    if digest != expected.sha256:
        raise BackupTrouble(f"{member.name} is not what was backed up: the backup is damaged.")


def _copied(source: IO[bytes], target: BinaryIO) -> str:
    digest = hashlib.sha256()
    while piece := source.read(_PIECE):
        digest.update(piece)
        target.write(piece)
    return digest.hexdigest()
