"""The settings: where they come from, and what is said of wrong ones."""

import stat
from pathlib import Path

import pytest

from webinar_hub.core.config import ConfigError, read_settings


def test_everything_has_a_default_that_runs(tmp_path: Path) -> None:
    settings = read_settings(data_folder=tmp_path)
    assert settings.database == f"sqlite:///{tmp_path}/webinar-hub.db"
    assert settings.mail_address == "console:"


@pytest.mark.parametrize("scheme", ["postgres://", "postgresql://", "postgresql+psycopg://"])
def test_postgresql_is_spoken_through_psycopg_3(scheme: str) -> None:
    assert read_settings(database_url=f"{scheme}u@h/d").database == "postgresql+psycopg://u@h/d"


def test_a_key_is_made_once_and_kept_from_others(tmp_path: Path) -> None:
    first = read_settings(data_folder=tmp_path).keys
    assert read_settings(data_folder=tmp_path).keys == first
    assert len(first[0]) >= 48
    assert stat.S_IMODE((tmp_path / "secret-key").stat().st_mode) == 0o600


def test_the_newest_key_signs_and_the_old_one_is_still_read() -> None:
    assert read_settings(secret_key="new", secret_key_old="old").keys == ["old", "new"]


def test_a_secret_may_come_from_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "key").write_text("from the file\n")
    monkeypatch.setenv("WEBINAR_HUB_SECRET_KEY_FILE", str(tmp_path / "key"))
    assert read_settings().secret_key == "from the file"
    monkeypatch.setenv("WEBINAR_HUB_SECRET_KEY", "twice")
    with pytest.raises(ConfigError, match="keep one"):
        read_settings()


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("BASE_URL", "webinars.example", "https://"),
        ("BASE_URL", "https://x.example/path", "without a path"),
        ("MAIL_SENDER", "Mara <m@x.example>", "bare address"),
        ("CONNECTIONS", "many", "integer"),
        ("LEASE", "10", "longer than MAIL_TIMEOUT"),
        ("SECRET_KEY_FILE", "/nowhere/key", "cannot be read"),
        ("BROKER_URL", "kafka://broker", "redis://host"),
        ("BROKER_URL", "redis://broker", "they need PostgreSQL"),
        ("REDIS_URL", "host:6379", "redis://:password@host"),
    ],
)
def test_a_wrong_setting_is_named_with_the_remedy(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, words: str
) -> None:
    monkeypatch.setenv(f"WEBINAR_HUB_{name}", value)
    with pytest.raises(ConfigError, match=words):
        read_settings()
