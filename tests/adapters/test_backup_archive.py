"""The file a backup is: whole when written, and believed in nothing when read."""

import io
import json
import tarfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from webinar_hub.adapters.backup import BackupTrouble, archive
from webinar_hub.adapters.backup.archive import Manifest, measured

MATERIAL = "materials/ab/" + "0123456789abcdef" * 2
CONTENTS = {"database.sqlite": b"rows" * 5000, "secret-key": b"key", MATERIAL: b"warm hands"}


def sources(folder: Path) -> dict[str, Path]:
    for number, content in enumerate(CONTENTS.values()):
        (folder / f"source-{number}").write_bytes(content)
    return {name: folder / f"source-{number}" for number, name in enumerate(CONTENTS)}


def manifest(files: dict[str, Path]) -> Manifest:
    return Manifest(
        made_by="webinar-hub 1",
        made_at="2026-11-24T18:00:00+00:00",
        database="sqlite",
        schema="abc",
        rows={"people": 2},
        key="f00",
        files={name: measured(path) for name, path in files.items()},
    )


@pytest.fixture
def written(tmp_path: Path) -> Path:
    files = sources(tmp_path)
    archive.write(tmp_path / "hub.tar.gz", manifest(files), files)
    return tmp_path / "hub.tar.gz"


def test_what_was_written_is_what_is_read(written: Path, tmp_path: Path) -> None:
    there = archive.unpack(written, tmp_path / "out")
    assert there == archive.manifest_of(written)
    assert there.rows == {"people": 2}
    assert there.moment.year == 2026
    for name, content in CONTENTS.items():
        path = tmp_path / "out" / name
        assert path.read_bytes() == content
        assert path.stat().st_mode & 0o077 == 0, "nobody else may read it"
    assert written.stat().st_mode & 0o077 == 0
    assert not written.with_name("hub.tar.gz.part").exists()


def test_a_disk_that_fills_up_leaves_no_file(tmp_path: Path) -> None:
    files = sources(tmp_path)
    made = manifest(files)
    files["secret-key"] = tmp_path / "gone"
    with pytest.raises(OSError, match="gone"):
        archive.write(tmp_path / "hub.tar.gz", made, files)
    assert not list(tmp_path.glob("hub*"))


@pytest.mark.parametrize("cut", [0, 10, 200, -40])
def test_half_a_file(written: Path, tmp_path: Path, cut: int) -> None:
    written.write_bytes(written.read_bytes()[:cut])
    with pytest.raises(BackupTrouble):
        archive.unpack(written, tmp_path / "out")


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 a zip", b"<html>not found</html>"])
def test_something_else(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x").write_bytes(content)
    with pytest.raises(BackupTrouble):
        archive.manifest_of(tmp_path / "x")
    with pytest.raises(BackupTrouble, match="no file"):
        archive.manifest_of(tmp_path / "nowhere")


def forged(path: Path, told: Any, *members: tuple[tarfile.TarInfo, bytes]) -> Path:
    """An archive that anybody could have made."""
    text = json.dumps(told).encode()
    first = tarfile.TarInfo("manifest.json")
    first.size = len(text)
    with tarfile.open(path, "w:gz") as tar:
        for member, content in ((first, text), *members):
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return path


def told(name: str, content: bytes, **changes: Any) -> dict[str, Any]:
    about = archive.hashlib.sha256(content).hexdigest()
    files = {"database.sqlite": {"size": 4, "sha256": archive.hashlib.sha256(b"rows").hexdigest()}}
    files[name] = {"size": len(content), "sha256": about}
    return {
        "format": 1, "made_by": "x", "made_at": "2026-11-24T18:00:00+00:00", "database": "sqlite", "schema": "s",
        "rows": {}, "key": "k", "files": files,
    } | changes  # fmt: skip


@pytest.mark.parametrize(
    "name", ["../../evil", "/etc/cron.d/evil", "materials/../../evil", "secret-key/../evil", "webinar-hub.db", ""]
)
def test_a_name_that_leads_out_is_refused(tmp_path: Path, name: str) -> None:
    member = tarfile.TarInfo(name)
    path = forged(tmp_path / "x.tar.gz", told(name, b"evil"), (member, b"evil"))
    with pytest.raises(BackupTrouble):
        archive.unpack(path, tmp_path / "deep" / "out")
    assert not [found for found in tmp_path.rglob("*evil*")]


def link(member: tarfile.TarInfo) -> None:
    member.type, member.linkname = tarfile.SYMTYPE, "/etc/passwd"


def device(member: tarfile.TarInfo) -> None:
    member.type = tarfile.CHRTYPE


@pytest.mark.parametrize("make", [link, device])
def test_only_plain_files(tmp_path: Path, make: Callable[[tarfile.TarInfo], None]) -> None:
    member = tarfile.TarInfo("secret-key")
    make(member)
    path = forged(tmp_path / "x.tar.gz", told("secret-key", b""), (member, b""))
    with pytest.raises(BackupTrouble, match="not part"):
        archive.unpack(path, tmp_path / "out")


def test_twice_the_same_name_too_large_or_changed(tmp_path: Path) -> None:
    def member() -> tarfile.TarInfo:
        return tarfile.TarInfo("secret-key")

    about = told("secret-key", b"key")
    for number, members in enumerate(([b"key", b"key"], [b"key" * 1000], [b"kez"])):
        path = forged(tmp_path / f"{number}.tar.gz", about, *((member(), content) for content in members))
        with pytest.raises(BackupTrouble, match=r"not part|damaged"):
            archive.unpack(path, tmp_path / f"out-{number}")
    assert (tmp_path / "out-1" / "secret-key").exists() is False


@pytest.mark.parametrize(
    "changes",
    [{"format": 2}, {"format": None}, {"files": []}, {"files": {}}, {"rows": {"people": "many"}}, {"made_at": ""},
     {"database": "oracle"}, {"database": "postgresql"}],
)  # fmt: skip
def test_a_manifest_that_makes_no_sense(tmp_path: Path, changes: dict[str, Any]) -> None:
    path = forged(tmp_path / "x.tar.gz", told("secret-key", b"key") | changes)
    with pytest.raises(BackupTrouble):
        archive.unpack(path, tmp_path / "out")
    for nonsense in ([], "text", None, 7):
        with pytest.raises(BackupTrouble):
            archive.manifest_of(forged(tmp_path / "y.tar.gz", nonsense))
