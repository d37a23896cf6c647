"""The power fails while SQLite writes (F21): strace ends the process at its n-th fsync, as a cable would."""

import os
import re
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from figures import Figures
from seeding import Hub, installed
from smtp_server import SmtpServer
from sqlalchemy import select

from tests.databases import Empty
from webinar_hub.core.db import db
from webinar_hub.models import Delivery, Person, Registration

STRACE = shutil.which("strace")
# Signs people up, one transaction each, and says so after each: what it has said must never be lost.
SIGN_UP = """
import os
from webinar_hub.app import create_app
from webinar_hub.core import clock
from webinar_hub.core.db import transaction
from webinar_hub.services import registrations
app = create_app()
with app.app_context():
    for n in range(40):
        form = registrations.SignUp("Robin", f"n{n}@example.net", "OT", "UTC", "", "/")
        with transaction():
            registrations.sign_up(
                os.environ["COHORT"], form, network="192.0.2.1", per_network=1000, now=clock.now()
            )
        os.write(1, f"n{n}@example.net\\n".encode())
"""

pytestmark = pytest.mark.skipif(STRACE is None, reason="needs strace")


def run(hub: Hub, *options: str) -> subprocess.CompletedProcess[str]:
    """Sign people up under strace."""
    environment = os.environ | hub.environment | {"COHORT": hub.cohort_public_id()}
    command = [str(STRACE), "-f", "-qq", *options, sys.executable, "-c", SIGN_UP]
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, check=False)


@pytest.fixture
def hub(sqlite: Empty, tmp_path: Path, smtp: SmtpServer) -> Iterator[Hub]:
    with installed(sqlite(tmp_path), tmp_path, smtp) as hub:
        yield hub


@pytest.mark.parametrize(
    "at", [3, *(pytest.param(n, marks=pytest.mark.faults) for n in (1, 2, 4, 7, 12, 20, 31, 40))]
)
def test_what_was_acknowledged_survives_a_power_cut(hub: Hub, tmp_path: Path, figures: Figures, at: int) -> None:
    """F21: killed at its n-th fsync, the file is whole and holds everybody who was told so."""
    done = run(hub, "-e", "trace=fsync,fdatasync", "-e", f"inject=fsync,fdatasync:signal=KILL:when={at}")
    acknowledged = done.stdout.split()
    assert len(acknowledged) < 40
    with closing(sqlite3.connect(tmp_path / "hub.db")) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    with hub.looking():
        there = set(db.session.scalars(select(Person.email)))
        registrations = set(db.session.scalars(select(Registration.id)))
        confirmed = set(db.session.scalars(select(Delivery.registration_id).where(Delivery.kind == "confirmation")))
    assert registrations == confirmed
    figures.note("F21", "power cut at the n-th fsync of SQLite", lost=len(set(acknowledged) - there), repeated=0)


def test_nothing_is_acknowledged_before_it_is_on_the_disk(hub: Hub, tmp_path: Path) -> None:
    """F21: between the last write to the log of the database and the word to the client lies an fsync of it.

    A killed process leaves its writes in the kernel; only this shows that a cut cable would leave them on the disk.
    """
    trace = tmp_path / "trace"
    done = run(hub, "-y", "-e", "trace=write,pwrite64,fsync,fdatasync", "-o", str(trace))
    assert len(done.stdout.split()) == 40, done.stderr
    unsynced, acknowledgements = False, 0
    for line in trace.read_text().splitlines():
        call = re.search(r"(\w+)\((\d+)<([^>]*)>", line)
        if call is None:
            continue
        name, number, path = call.groups()
        if path.endswith("hub.db-wal"):
            unsynced = name in ("write", "pwrite64")
        elif number == "1" and name == "write" and "@example.net" in line:
            acknowledgements += 1
            assert not unsynced, line
    assert acknowledgements == 40
