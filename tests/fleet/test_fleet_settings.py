"""What a fleet's processes say, in words, when they cannot run."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from webinar_hub.adapters.broker import Broker, BrokerAway
from webinar_hub.core.config import ConfigError

NOWHERE = "redis://:hidden@127.0.0.1:9/0"


def test_a_machine_without_celery_is_told_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "celery", None)
    with pytest.raises(ConfigError, match=r"pip install 'webinar-hub\[fleet\]'"):
        Broker(NOWHERE)


def test_a_broker_that_is_away_is_said_to_be_without_its_password() -> None:
    broker = Broker(NOWHERE)
    with pytest.raises(BrokerAway) as caught:
        broker.top_up(1, batch=1)
    broker.close()
    assert "hidden" not in str(caught.value)


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({}, "BROKER_URL is not set"),
        ({"BROKER_URL": NOWHERE}, "they need PostgreSQL"),
    ],
)
def test_a_celery_worker_that_cannot_run_says_why(tmp_path: Path, settings: dict[str, str], words: str) -> None:
    wanted = {"DATA_FOLDER": str(tmp_path), **settings}
    done = subprocess.run(
        [sys.executable, "-m", "celery", "-A", "webinar_hub.fleet", "worker"],
        env=os.environ | {f"WEBINAR_HUB_{name}": value for name, value in wanted.items()},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 1
    assert words in done.stderr
    assert "Traceback" not in done.stderr
    assert "hidden" not in done.stderr
