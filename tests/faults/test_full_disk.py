"""No byte is free (F20) under the database, the materials, the log: refused in words, and then as before."""

import io
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from figures import Figures
from full_disk import SmallDisk, small_disk
from hub_processes import command_line, until
from ports import free_port
from seeding import Hub, installed
from smtp_server import SmtpServer
from sqlalchemy import func, select
from visiting import SUCCESS, visitor

from tests.databases import Empty
from webinar_hub.adapters.storage.local import LocalStorage
from webinar_hub.core.db import db
from webinar_hub.models import Person

PEOPLE = 24
BACK_WITHIN = 10.0


@pytest.fixture
def disk(tmp_path: Path) -> Iterator[SmallDisk]:
    with small_disk(tmp_path / "disk") as disk:
        yield disk


@pytest.fixture
def hub(sqlite: Empty, disk: SmallDisk, tmp_path: Path, smtp: SmtpServer) -> Iterator[Hub]:
    """An installation whose database is on the small disk."""
    with installed(sqlite(disk.folder), tmp_path, smtp) as hub:
        yield hub


def people(hub: Hub) -> int:
    """How many people the database knows."""
    with hub.looking():
        return db.session.scalar(select(func.count()).select_from(Person)) or 0


def test_a_full_disk_under_the_database(hub: Hub, disk: SmallDisk, smtp: SmtpServer, figures: Figures) -> None:
    """F20: 503 and nothing half done; with room again the same process signs up and sends, nobody restarts it."""
    port, log = free_port(), hub.folder / "serve.log"
    with command_line(["serve", "--port", str(port)], hub.environment, log):
        comer = visitor(hub, port)
        until(lambda: comer.load() == 200, seconds=60)
        assert comer.sign_up() == SUCCESS
        until(hub.settled, seconds=60)
        disk.fill()
        late = visitor(hub, port, "bea@example.net")
        late.load()
        assert [late.sign_up() for _ in range(3)] == [503] * 3
        assert people(hub) == 1
        disk.make_room()
        seconds = until(lambda: late.sign_up() == SUCCESS, seconds=60)
        until(lambda: hub.sent("confirmation") == 2, seconds=60)
        until(hub.settled, seconds=60)
    with closing(sqlite3.connect(disk.folder / "hub.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    figures.note_mails("F20", "disk of the database full", hub, [smtp], seconds=seconds, limit=BACK_WITHIN)
    hub.check_invariants()


@pytest.mark.faults
def test_a_full_disk_under_the_log(hub: Hub, tmp_path: Path, smtp: SmtpServer, figures: Figures) -> None:
    """F20: what cannot be written down is done all the same: pages answer, mails go out."""
    hub.people(PEOPLE)
    with small_disk(tmp_path / "logs", "64k") as disk:
        port, log = free_port(), disk.folder / "serve.log"
        with command_line(["serve", "--port", str(port)], hub.environment, log):
            comer = visitor(hub, port)
            until(lambda: comer.load() == 200, seconds=60)
            disk.fill()
            smtp.at("rcpt", "550 5.1.1 no such user", recipient="person3@example.net")
            hub.make_due()
            assert comer.sign_up() == SUCCESS
            until(lambda: hub.sent() == PEOPLE - 1, seconds=60)
            until(hub.settled, seconds=60)
            assert hub.states() == {"sent": PEOPLE - 1, "failed": 1}
            # Enough of them to see that no thread has died of its own log line.
            assert [comer.load() for _ in range(20)] == [200] * 20
    figures.note_mails("F20", "disk of the log full", hub, [smtp])
    hub.check_invariants()


def test_a_full_disk_under_the_materials(tmp_path: Path, figures: Figures) -> None:
    """F20: an upload that finds no room leaves nothing behind, not even a part; afterwards it works."""
    with small_disk(tmp_path / "media", "1m") as disk:
        storage = LocalStorage(disk.folder / "materials")
        storage.put(io.BytesIO(b"warm hands\n"), filename="first.txt")
        disk.fill()
        before = everything_in(disk.folder / "materials")
        with pytest.raises(OSError, match="No space left"):
            storage.put(io.BytesIO(b"words\n" * 50_000), filename="second.txt")
        assert everything_in(disk.folder / "materials") == before
        disk.make_room()
        stored = storage.put(io.BytesIO(b"words\n" * 50_000), filename="second.txt")
        with storage.open(stored.name) as file:
            assert len(file.read()) == stored.size == 300_000
    figures.note("F20", "disk of the materials full", lost=0, repeated=0)


def everything_in(folder: Path) -> list[Path]:
    """Every file below a folder."""
    return sorted(path for path in folder.rglob("*") if path.is_file())
