"""Each example mail byte for byte: a change of words, look or structure shows as a change of a file.

After a wanted change: `UPDATE_SNAPSHOTS=1 python -m pytest tests/documents/test_email_snapshots.py`, look at what
git shows, open the HTML (docs/email.md says how), commit the files.
"""

import os
from pathlib import Path

import pytest
from email_examples import LETTERS, written

SNAPSHOTS = Path(__file__).parent / "snapshots"


@pytest.mark.parametrize("name", LETTERS)
def test_the_mail_is_as_it_was(name: str) -> None:
    snapshot = SNAPSHOTS / f"{name}.eml"
    if os.environ.get("UPDATE_SNAPSHOTS"):
        snapshot.write_bytes(written(LETTERS[name]))
    assert written(LETTERS[name]) == snapshot.read_bytes()


def test_there_is_no_snapshot_of_a_mail_that_is_gone() -> None:
    assert {path.stem for path in SNAPSHOTS.glob("*.eml")} == set(LETTERS)
