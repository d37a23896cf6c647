"""The machine's clock jumps while mails are on their way (F17): libfaketime moves it under a real worker's feet."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from figures import Figures
from hub_processes import command_line, logged, until
from seeding import DAY, HOUR, Hub
from smtp_server import SmtpServer
from sqlalchemy import update

from webinar_hub.core.db import transaction
from webinar_hub.models import Broadcast

PEOPLE = 24
LIBRARY = next(Path("/usr/lib").glob("*/faketime/libfaketime.so.1"), None)
TO_2038 = datetime(2038, 1, 20, tzinfo=UTC) - datetime.now(UTC)

pytestmark = pytest.mark.skipif(LIBRARY is None, reason="needs libfaketime")


@dataclass(frozen=True, slots=True)
class FakeClock:
    """The clock of every process that runs in `environment`."""

    file: Path

    @property
    def environment(self) -> dict[str, str]:
        return {
            "LD_PRELOAD": str(LIBRARY), "FAKETIME_TIMESTAMP_FILE": str(self.file), "FAKETIME_NO_CACHE": "1",
            "DONT_FAKE_MONOTONIC": "1", "FAKETIME_DONT_RESET": "1",
        }  # fmt: skip

    def jump(self, by: timedelta) -> None:
        """Put it forward or back against real time."""
        new = self.file.with_suffix(".new")
        new.write_text(f"{by.total_seconds():+.0f}s\n")
        new.replace(self.file)


@contextmanager
def jumping_worker(hub: Hub) -> Iterator[FakeClock]:
    """A worker whose clock is right, until it jumps."""
    fake = FakeClock(hub.folder / "faketime")
    fake.jump(timedelta(0))
    log = hub.folder / "jumping.log"
    patient = {"WEBINAR_HUB_LEASE": "45", "WEBINAR_HUB_MAIL_TIMEOUT": "20"}
    with command_line(["worker"], hub.environment | patient | fake.environment, log):
        until(lambda: logged(log, "worker started"), seconds=60)
        yield fake


@pytest.mark.parametrize(
    "jump",
    [
        pytest.param(HOUR, id="forward"),
        pytest.param(-HOUR, id="back", marks=pytest.mark.faults),
        pytest.param(TO_2038, id="2038", marks=pytest.mark.faults),
    ],
)
def test_a_clock_that_jumps_while_mails_are_on_the_wire(
    hub: Hub, smtp: SmtpServer, figures: Figures, jump: timedelta, request: pytest.FixtureRequest
) -> None:
    """F17: nothing comes twice, and what is due by the new time goes out at once."""
    hub.people(PEOPLE)
    hub.make_due()
    with jumping_worker(hub) as fake:
        smtp.at("dot", lambda: time.sleep(0.2), times=2 * PEOPLE)
        until(lambda: len(smtp.stored) >= 4, seconds=60)
        fake.jump(jump)
        # Far in the future its sense has passed, and what is not on the wire any more expires.
        until(lambda: hub.sent() + hub.states()["expired"] == PEOPLE, seconds=60)
        smtp.behave()
        before = hub.sent()
        make_due_by(hub, datetime.now(UTC) + jump)
        seconds = until(lambda: hub.sent() == before + PEOPLE, seconds=120)
    figures.note_mails("F17", f"clock jumps, {request.node.callspec.id}", hub, [smtp], seconds=seconds, limit=5)


def make_due_by(hub: Hub, moment: datetime) -> None:
    """Bring the reminder of two days to this moment; it makes sense for a day."""
    with hub.app.app_context(), transaction() as session:
        session.execute(
            update(Broadcast)
            .where(Broadcast.lead_minutes == 2 * DAY // timedelta(minutes=1), Broadcast.session_id == 2)
            .values(state="planned", due_at=moment, expires_at=moment + DAY)
        )
