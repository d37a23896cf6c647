"""The settings: where they come from, and what is said of wrong ones."""

import stat
import traceback
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

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
        ("MAIL_RATE", "-1", "greater than or equal to 0"),
        ("MAIL_RATE", "ten", "number"),
        ("DOMAIN_RATES", "gmail.com", "gmail.com=5,outlook.com=2"),
        ("DOMAIN_RATES", "gmail.com=0", "gmail.com=5,outlook.com=2"),
        ("DOMAIN_RATES", "gmail.com=5;web.de=2", "gmail.com=5,outlook.com=2"),
        ("DOMAIN_RATES", "gmail.com=5,Gmail.com=2", "named twice"),
        ("DKIM_KEY_FILE", "/nowhere/key", "cannot be read"),
        ("DKIM_KEY", "hidden", "no private key in PEM form"),
        ("DKIM_SELECTOR", "hub 2026", "as it stands in the DNS"),
        ("DKIM_SELECTOR", "hub", "DKIM_KEY and WEBINAR_HUB_DKIM_DOMAIN must be set too"),
        ("DKIM_DOMAIN", "https://example.org", "as it stands in the DNS"),
        ("DKIM_DOMAIN", "straße.example", "as it stands in the DNS"),
        ("DKIM_DOMAIN", "example.org.", "as it stands in the DNS"),
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


@pytest.fixture(scope="module")
def pem() -> str:
    key = rsa.generate_private_key(65537, 2048)
    return key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()).decode()


def test_a_signing_key_comes_from_a_file_or_on_one_line(
    pem: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("WEBINAR_HUB_DKIM_SELECTOR", "Hub2026")
    monkeypatch.setenv("WEBINAR_HUB_DKIM_DOMAIN", "mail.example.org")
    monkeypatch.setenv("WEBINAR_HUB_DKIM_KEY", pem.replace("\n", "\\n"))
    on_one_line = read_settings()
    monkeypatch.delenv("WEBINAR_HUB_DKIM_KEY")
    (tmp_path / "key").write_text(pem)
    monkeypatch.setenv("WEBINAR_HUB_DKIM_KEY_FILE", str(tmp_path / "key"))
    assert read_settings().dkim_key.strip() == on_one_line.dkim_key.strip() == pem.strip()
    assert read_settings().dkim_selector == "hub2026"


@pytest.mark.parametrize("missing", ["DKIM_SELECTOR", "DKIM_DOMAIN"])
def test_a_signing_key_alone_does_not_start(pem: str, monkeypatch: pytest.MonkeyPatch, missing: str) -> None:
    values = {"DKIM_KEY": pem, "DKIM_SELECTOR": "hub", "DKIM_DOMAIN": "example.org"}
    for name, value in values.items():
        if name != missing:
            monkeypatch.setenv(f"WEBINAR_HUB_{name}", value)
    with pytest.raises(ConfigError, match=f"WEBINAR_HUB_{missing} must be set too"):
        read_settings()


def test_a_wrong_signing_key_is_in_no_message(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WEBINAR_HUB_DKIM_KEY", "hidden")
    with pytest.raises(ConfigError) as refused:
        read_settings()
    assert "hidden" not in "".join(traceback.format_exception(refused.value))


def test_limits_that_are_left_empty_are_none(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("MAIL_RATE", "MAIL_BURST", "DOMAIN_RATES", "DAILY_LIMIT"):
        monkeypatch.setenv(f"WEBINAR_HUB_{name}", "")
    settings = read_settings()
    assert (settings.mail_rate, settings.mail_burst, settings.rates_by_domain, settings.daily_limit) == (
        0,
        1,
        {},
        0,
    )


def test_domains_are_read_as_people_write_them() -> None:
    assert read_settings(domain_rates=" Gmail.com = 5, web.de=0.5 ,*=20,").rates_by_domain == {
        "gmail.com": 5,
        "web.de": 0.5,
        "*": 20,
    }


def test_with_limits_a_lease_leaves_time_to_wait_for_a_slot() -> None:
    assert read_settings(lease=24, mail_timeout=20).lease == 24
    for limits in ({"mail_rate": 1}, {"domain_rates": "gmail.com=1"}):
        assert read_settings(lease=25, mail_timeout=20, **limits).lease == 25
        with pytest.raises(ConfigError, match="5 seconds longer than MAIL_TIMEOUT"):
            read_settings(lease=24, mail_timeout=20, **limits)
