"""What the folder on disk must do besides: modes, a full disk, what a dead process left."""

import io
import os
import stat
from pathlib import Path

import pytest

from webinar_hub.adapters.storage.local import LocalStorage


def test_files_and_folders_are_for_the_owner_only(tmp_path: Path) -> None:
    storage = LocalStorage(tmp_path)
    name = storage.put(io.BytesIO(b"%PDF-1.7"), filename="x.pdf").name
    path = tmp_path / name[:2] / name
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700


@pytest.mark.parametrize("step", ["fsync", "replace"])
def test_a_full_disk_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, step: str) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, step, full)
    with pytest.raises(OSError, match="No space left"):
        LocalStorage(tmp_path).put(io.BytesIO(b"%PDF-1.7"), filename="x.pdf")
    assert [path for path in tmp_path.rglob("*") if path.is_file()] == []
