"""Flower, Celery's own dashboard, works with the fleet as it is."""

import os
import subprocess
import sys
from contextlib import suppress
from typing import Any

import pytest
import requests
from fleet_processes import celery_worker
from hub_processes import kill_group, until
from ports import free_port
from seeding import Hub
from smtp_server import SmtpServer

from tests.loopback_redis import PASSWORD, Redis

LOGIN = ("ops", "only-here")


@pytest.mark.faults
def test_flower_shows_the_workers_and_what_they_did(hub: Hub, smtp: SmtpServer, broker: Redis) -> None:
    address = f"http://127.0.0.1:{(port := free_port())}"
    options = ["--address=127.0.0.1", f"--port={port}", f"--basic-auth={':'.join(LOGIN)}"]
    log = hub.folder / "flower.log"
    with log.open("ab") as output:
        flower = subprocess.Popen(
            [sys.executable, "-m", "celery", "-A", "webinar_hub.fleet", "flower", *options],
            env={**os.environ, **hub.environment},
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    try:
        with celery_worker("one", hub.environment, hub.folder) as worker:
            worker.ready()
            until(lambda: "one@hub" in ask(f"{address}/api/workers?refresh=1"), seconds=40)
            hub.people(30)
            hub.worker().ready()
            hub.make_due()
            until(hub.settled, seconds=30)
            until(lambda: done(ask(f"{address}/api/tasks")), seconds=20)
            assert requests.get(f"{address}/api/workers", timeout=10).status_code == 401
            for page in ("api/workers?refresh=1", "workers", "broker", "worker/one@hub"):
                assert PASSWORD not in requests.get(f"{address}/{page}", auth=LOGIN, timeout=10).text, page
    finally:
        kill_group(flower)
    assert PASSWORD not in log.read_text()


def ask(address: str) -> dict[str, Any]:
    """What Flower's API answers, or nothing while it starts."""
    with suppress(requests.RequestException):
        answer = requests.get(address, auth=LOGIN, timeout=10)
        if answer.status_code == 200:
            found: dict[str, Any] = answer.json()
            return found
    return {}


def done(tasks: dict[str, Any]) -> bool:
    """Whether a ticket has been worked off."""
    return any(task["name"] == "webinar_hub.drain" and task["state"] == "SUCCESS" for task in tasks.values())
