"""`webinar-hub` called on the test's own database."""

from collections.abc import Callable

import pytest
from click.testing import CliRunner, Result
from flask import Flask

from webinar_hub.cli import hub
from webinar_hub.core.config import Settings

Run = Callable[..., Result]


@pytest.fixture
def run(app: Flask, settings: Settings, monkeypatch: pytest.MonkeyPatch, travel: object) -> Run:
    """Call a command; `answer` is what is typed."""
    monkeypatch.setenv("WEBINAR_HUB_DATA_FOLDER", str(settings.data_folder))
    monkeypatch.setenv("WEBINAR_HUB_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("WEBINAR_HUB_LOG_LEVEL", "error")

    def call(*arguments: object, answer: str = "") -> Result:
        return CliRunner().invoke(hub, [str(argument) for argument in arguments], input=answer)

    return call
