"""Every setting of the service, read once from the environment; nothing else reads it."""

import os
import re
import secrets
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

PREFIX = "WEBINAR_HUB_"
SECRETS = ("SECRET_KEY", "SECRET_KEY_OLD", "DATABASE_URL", "MAIL", "DKIM_KEY", "METRICS_TOKEN")
_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
DNS_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
POSTGRES_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")


_preset: dict[str, Any] = {}


class ConfigError(Exception):
    """The environment holds a setting the service cannot run with; `problems` are in plain words."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__("; ".join(problems))
        self.problems = problems


class Settings(BaseSettings):
    """The settings, each with a default that runs on one machine (SQLite, worker in the process).

    Times are seconds unless the name says otherwise. An environment variable is the name in capitals
    behind `WEBINAR_HUB_`; the secret ones may instead be given as a file: `WEBINAR_HUB_SECRET_KEY_FILE`.
    """

    model_config = SettingsConfigDict(env_prefix=PREFIX, extra="ignore", hide_input_in_errors=True)

    data_folder: Path = Path("instance")
    database_url: str = ""
    base_url: str = "http://127.0.0.1:8000"
    secret_key: str = ""
    secret_key_old: str = ""

    mail: str = "console:"
    mail_sender: str = ""
    dkim_key: str = ""
    dkim_selector: str = ""
    dkim_domain: str = ""
    connections: int = Field(default=4, ge=1, le=64)
    mail_timeout: float = Field(default=20.0, ge=1, le=120)
    lease: float = Field(default=45.0, ge=2, le=600)
    tick: float = Field(default=0.5, ge=0.05, le=60)
    leader_lease: float = Field(default=6.0, ge=1, le=60)

    web_threads: int = Field(default=8, ge=1, le=64)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    sign_ups_per_hour: int = Field(default=300, ge=1)
    link_days: int = Field(default=400, ge=1)
    upload_limit: int = Field(default=200_000_000, ge=1)

    log_format: Literal["json", "text"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_folder: str = ""
    metrics_token: str = ""
    demo: bool = False

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("write it like https://webinars.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("mail_sender")
    @classmethod
    def _sender_is_an_address(cls, value: str) -> str:
        if value and (parseaddr(value)[1] != value or "@" not in value):
            raise ValueError("write a bare address like hello@example.org")
        return value

    @field_validator("dkim_key")
    @classmethod
    def _dkim_key_can_sign(cls, value: str) -> str:
        if not value:
            return value
        from webinar_hub.core.signing_key import read_signing_key  # noqa: PLC0415  slow import

        # Where a setting can only be one line, its line ends are written as \n.
        pem = value.replace("\\n", "\n")
        read_signing_key(pem)
        return pem

    @field_validator("dkim_selector", "dkim_domain")
    @classmethod
    def _dkim_name_is_in_the_dns(cls, value: str) -> str:
        if value and not DNS_NAME.fullmatch(value):
            raise ValueError("write it as it stands in the DNS, like hub2026 or example.org")
        return value.lower()

    @model_validator(mode="after")
    def _dkim_is_whole(self) -> Self:
        """A key without the place where receivers find its other half would make every signature wrong."""
        parts = {"DKIM_KEY": self.dkim_key, "DKIM_SELECTOR": self.dkim_selector, "DKIM_DOMAIN": self.dkim_domain}
        missing = [f"{PREFIX}{name}" for name, value in parts.items() if not value]
        if 0 < len(missing) < len(parts):
            raise ValueError(f"{' and '.join(missing)} must be set too, or mails cannot be signed")
        return self

    @model_validator(mode="after")
    def _lease_outlives_the_timeout(self) -> Self:
        """A lease shorter than a mail's time-out would let two workers send the same mail."""
        if self.lease <= self.mail_timeout:
            raise ValueError("LEASE must be longer than MAIL_TIMEOUT, or a slow mail is sent twice")
        return self

    @cached_property
    def database(self) -> str:
        """The SQLAlchemy URL; PostgreSQL is always spoken through psycopg 3."""
        for scheme in POSTGRES_SCHEMES:
            if self.database_url.startswith(scheme):
                return "postgresql+psycopg://" + self.database_url.removeprefix(scheme)
        return self.database_url or f"sqlite:///{self.data_folder.resolve() / 'webinar-hub.db'}"

    @cached_property
    def keys(self) -> list[str]:
        """The signing keys, oldest first as itsdangerous wants them; the last one signs.

        Without a configured key one is made and kept in the data folder, readable by its owner only.
        """
        current = self.secret_key or self._kept_key()
        return [key for key in (self.secret_key_old, current) if key]

    @property
    def host(self) -> str:
        """The public host name."""
        return urlsplit(self.base_url).hostname or "localhost"

    @property
    def is_https(self) -> bool:
        """Whether people reach the service by https, so that cookies may demand it."""
        return self.base_url.startswith("https://")

    @property
    def materials_folder(self) -> Path:
        """Where local storage keeps files; never below the web root."""
        return self.data_folder / "materials"

    @property
    def mail_address(self) -> str:
        """The mail transport's URL; the demo keeps every mail in its built-in mailbox."""
        return f"mailbox:{self.mailbox_folder.resolve()}" if self.mail == "mailbox:" else self.mail

    @property
    def mail_kind(self) -> str:
        """The way out for mail in one word, such as "smtp"."""
        return self.mail.partition(":")[0]

    @property
    def mailbox_folder(self) -> Path:
        """Where the built-in mailbox keeps its mails."""
        return self.data_folder / "mailbox"

    @property
    def clock_file(self) -> Path:
        """Where the demo keeps how far its clock has been moved."""
        return self.data_folder / "demo-clock"

    def _kept_key(self) -> str:
        path = self.data_folder / "secret-key"
        self.data_folder.mkdir(parents=True, exist_ok=True)
        try:
            handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError:
            return path.read_text().strip()
        with os.fdopen(handle, "w") as file:
            file.write(key := secrets.token_urlsafe(48))
        return key


def _secrets_from_files() -> dict[str, Any]:
    """Secrets named as files. Raises ConfigError for a file that cannot be read or a name given twice."""
    found: dict[str, Any] = {}
    for name in SECRETS:
        variable = f"{PREFIX}{name}"
        path = os.environ.get(f"{variable}_FILE")
        if path is None:
            continue
        if variable in os.environ:
            raise ConfigError([f"{variable} and {variable}_FILE are both set: keep one."])
        try:
            found[name.lower()] = Path(path).read_text().strip()
        except OSError as error:
            raise ConfigError([f"{variable}_FILE: {path} cannot be read ({error.strerror})."]) from error
    return found


def _in_plain_words(error: ValidationError) -> list[str]:
    problems = []
    for item in error.errors():
        name = PREFIX + str(item["loc"][0]).upper() if item["loc"] else "Settings"
        problems.append(f"{name}: {re.sub('^Value error, ', '', item['msg'])}.")
    return problems


def share_metrics() -> Path | None:
    """The folder in which the processes of this machine count together, made ready, or None without one.

    prometheus-client knows of it only by a variable of its own.
    """
    if not (folder := read_settings().metrics_folder):
        return None
    path = Path(folder).resolve()
    path.mkdir(parents=True, exist_ok=True)
    os.environ["PROMETHEUS_MULTIPROC_DIR"] = str(path)
    return path


def preset(**values: Any) -> None:
    """Let these values win over the environment in this process from now on: the demo's."""
    _preset.update(values)


def demo_values() -> dict[str, Any]:
    """What makes a process one of the demo's: everything in one folder, mails into the mailbox, a movable clock."""
    return {
        "demo": True,
        "data_folder": read_settings().data_folder / "demo",
        "database_url": "",
        "mail": "mailbox:",
        "mail_sender": "",
        "log_format": "text",
        "log_level": "warning",
    }


def read_settings(**overrides: Any) -> Settings:
    """The settings of this process; `overrides` win over the environment.

    Raises ConfigError naming each variable that is wrong and what to write instead.
    """
    try:
        return Settings(**(_secrets_from_files() | _preset | overrides))
    except ValidationError as error:
        raise ConfigError(_in_plain_words(error)) from error
