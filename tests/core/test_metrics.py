"""Counting: several processes of a machine add up, and counting a mail is never noticed."""

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from webinar_hub.core import log, metrics

COUNT = """
import sys
from webinar_hub.core import metrics
for _ in range(int(sys.argv[1])):
    metrics.record_mail("smtp", "sent", "250 2.0.0 taken", 0.02)
metrics.record_rescues(2)
"""
READ = "from webinar_hub.core import metrics; print(metrics.page([]).decode())"


def run(folder: Path, code: str, *arguments: str) -> str:
    environment = os.environ | {"WEBINAR_HUB_METRICS_FOLDER": str(folder)}
    done = subprocess.run(
        [sys.executable, "-c", code, *arguments], env=environment, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_processes_that_share_a_folder_add_up(tmp_path: Path) -> None:
    folder = tmp_path / "made" / "when needed"
    for mails in ("3", "4"):
        run(folder, COUNT, mails)
    page = run(folder, READ)
    assert 'webinar_hub_mails_total{code="2xx",outcome="sent",transport="smtp"} 7.0' in page
    assert 'webinar_hub_mail_seconds_bucket{le="0.025",transport="smtp"} 7.0' in page
    assert "webinar_hub_lease_rescues_total 4.0" in page


@pytest.mark.parametrize(
    ("reply", "code"),
    [
        ("250 2.0.0 Ok", "2xx"),
        ("451 4.7.1 greylisted", "4xx"),
        ("550 5.1.1 nobody of that name", "5xx"),
        ("202 Accepted", "2xx"),
        ("5500 was not a code", "none"),
        ("The mail server closed the connection", "none"),
        ("", "none"),
        ("٢٥٠ taken", "none"),
    ],
)
def test_a_reply_counts_by_the_class_of_its_code(reply: str, code: str) -> None:
    assert metrics.code_class(reply) == code


def test_a_reading_becomes_a_line_whatever_its_label_holds() -> None:
    reading = metrics.Reading("things", "Things.", {('a "b"\n',): 2.0}, ("kind",))
    assert r'webinar_hub_things{kind="a \"b\"\n"} 2.0' in metrics.page([reading]).decode()


def test_a_count_that_fails_harms_nothing_and_is_said_once(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def full(*_: str) -> None:
        raise OSError("No space left on device")

    log.configure("warning", as_json=True)
    monkeypatch.setattr(metrics, "_meter", full)
    for _ in range(3):
        metrics.record_mail("smtp", "sent", "250 taken", 0.02)
        metrics.record_request("GET", "/", 200, 0.1)
    lines = [line for line in capsys.readouterr().err.splitlines() if "No space left" in line]
    assert len(lines) == 2


def test_counting_a_mail_costs_microseconds() -> None:
    metrics.record_mail("smtp", "sent", "250 taken", 0.02)
    began = time.process_time()
    for _ in range(2000):
        metrics.record_mail("smtp", "sent", "250 taken", 0.02)
    # Two microseconds were measured; a mail takes thousands.
    assert (time.process_time() - began) / 2000 < 20e-6
