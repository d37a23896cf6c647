"""Every setting of the service, read once from the environment; nothing else reads it."""

import os
import re
import secrets
from email.utils import parseaddr
from functools import cached_property
from pathlib import Path
from typing import Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from webinar_hub.core.clock import LONGEST_LEADER_LEASE, LONGEST_LEASE
from webinar_hub.core.language import DEFAULT, languages
from webinar_hub.core.return_address import LONGEST_LOCAL_PART

PREFIX = "WEBINAR_HUB_"
SECRETS = (
    "SECRET_KEY", "SECRET_KEY_OLD", "DATABASE_URL", "MAIL", "DKIM_KEY", "METRICS_TOKEN",
    "INBOX", "WEBHOOK_POSTMARK", "WEBHOOK_MAILGUN", "WEBHOOK_SENDGRID",
    "BROKER_URL", "REDIS_URL", "S3_KEY", "S3_SECRET",
)  # fmt: skip
BROKERS = ("redis://", "rediss://", "amqp://", "amqps://")
_LABEL = "[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
DNS_NAME = re.compile(rf"{_LABEL}(?:\.{_LABEL})*")
POSTGRES_SCHEMES = ("postgresql://", "postgres://", "postgresql+psycopg://")
# A domain as the DNS writes it, or a star for all others; mails a second.
DOMAIN_RATE = re.compile(r"(?P<domain>\*|[a-z0-9-]+(\.[a-z0-9-]+)+)\s*=\s*(?P<rate>\d{1,6}(\.\d{1,6})?)")
# What a mail may wait in a sender's hands before it is sent, and a little more, in seconds.
WAIT_FOR_A_SLOT = 5.0


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
    return_address: str = ""
    inbox: str = ""
    webhook_postmark: str = ""
    webhook_mailgun: str = ""
    webhook_sendgrid: str = ""
    webhook_ses_topic: str = ""
    connections: int = Field(default=4, ge=1, le=64)
    mail_timeout: float = Field(default=20.0, ge=1, le=120)
    lease: float = Field(default=45.0, ge=2, le=LONGEST_LEASE)
    tick: float = Field(default=0.5, ge=0.05, le=60)
    leader_lease: float = Field(default=6.0, ge=1, le=LONGEST_LEADER_LEASE)

    mail_rate: float = Field(default=0.0, ge=0, le=100_000)
    mail_burst: int = Field(default=1, ge=1, le=100_000)
    domain_rates: str = ""
    daily_limit: int = Field(default=0, ge=0)

    broker_url: str = ""
    redis_url: str = ""
    fleet_tasks: int = Field(default=32, ge=1, le=1000)

    web_threads: int = Field(default=8, ge=1, le=64)
    trusted_proxies: int = Field(default=0, ge=0, le=5)
    sign_ups_per_hour: int = Field(default=300, ge=1)
    fill_seconds: float = Field(default=2.0, ge=0, le=60)
    link_days: int = Field(default=400, ge=1)
    materials: str = ""
    s3_key: str = ""
    s3_secret: str = ""
    approve_above: int = Field(default=500, ge=0)
    upload_limit: int = Field(default=200_000_000, ge=1)

    log_format: Literal["json", "text"] = "json"
    log_level: Literal["debug", "info", "warning", "error"] = "info"
    metrics_folder: str = ""
    metrics_token: str = ""
    language: str = DEFAULT
    demo: bool = False

    @field_validator("base_url")
    @classmethod
    def _base_url_is_an_origin(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/") or parts.query:
            raise ValueError("write it like https://webinars.example.org, without a path")
        return f"{parts.scheme}://{parts.netloc}"

    @field_validator("mail_rate", "mail_burst", "daily_limit", mode="before")
    @classmethod
    def _nothing_is_the_default(cls, value: Any, info: ValidationInfo) -> Any:
        return cls.model_fields[info.field_name or ""].default if value == "" else value

    @field_validator("language")
    @classmethod
    def _language_is_spoken(cls, value: str) -> str:
        if value not in languages():
            raise ValueError(f"there is a catalog only for {', '.join(languages())}")
        return value

    @field_validator("domain_rates")
    @classmethod
    def _domain_rates_are_understood(cls, value: str) -> str:
        _rates_by_domain(value)
        return value

    @field_validator("mail_sender", "return_address")
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

    @field_validator("return_address")
    @classmethod
    def _return_address_has_room(cls, value: str) -> str:
        local = value.partition("@")[0]
        if "+" in local or len(local) > LONGEST_LOCAL_PART or not value.isascii():
            raise ValueError(
                f"write at most {LONGEST_LOCAL_PART} plain characters without + before the @, like "
                "returns@example.org: a + and a signature are added for each mail"
            )
        return value

    @field_validator("broker_url")
    @classmethod
    def _broker_is_known(cls, value: str) -> str:
        if value and not value.startswith(BROKERS):
            raise ValueError("write it like redis://host:6379/0 or amqp://user:password@host/vhost")
        return value

    @field_validator("redis_url")
    @classmethod
    def _redis_is_redis(cls, value: str) -> str:
        if value and not value.startswith(("redis://", "rediss://")):
            raise ValueError("write it like redis://:password@host:6379/1")
        return value

    @model_validator(mode="after")
    def _a_fleet_shares_its_database(self) -> Self:
        """SQLite is a file on one machine: the fleet's other machines could not see what is due."""
        if self.broker_url and self.database.startswith("sqlite"):
            raise ValueError(
                "BROKER_URL is for a fleet of machines, and they need PostgreSQL: set DATABASE_URL too"
            )
        return self

    @model_validator(mode="after")
    def _lease_outlives_the_timeout(self) -> Self:
        """A lease shorter than a mail's time-out would let two workers send the same mail."""
        if self.lease <= self.mail_timeout:
            raise ValueError("LEASE must be longer than MAIL_TIMEOUT, or a slow mail is sent twice")
        if (self.mail_rate or self.domain_rates) and self.lease < self.mail_timeout + WAIT_FOR_A_SLOT:
            raise ValueError(
                f"with a limit for mails LEASE must be {WAIT_FOR_A_SLOT:g} seconds longer than MAIL_TIMEOUT,"
                " because a mail may wait for its slot"
            )
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
    def rates_by_domain(self) -> dict[str, float]:
        """Mails a second by recipients' domain, `*` for each that is not named."""
        return _rates_by_domain(self.domain_rates)

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
    def staff_sender(self) -> str:
        """The address that mails to staff come from."""
        has_name = not re.fullmatch(r"[\d.]+|.*:.*", self.host)
        return self.mail_sender or f"webinar-hub@{self.host if has_name else 'localhost'}"

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


def _rates_by_domain(text: str) -> dict[str, float]:
    """What `gmail.com=5, *=20` says. Raises ValueError in plain words."""
    rates: dict[str, float] = {}
    for part in filter(None, map(str.strip, text.split(","))):
        found = DOMAIN_RATE.fullmatch(part.lower())
        if not found or not float(found["rate"]):
            raise ValueError(f"{part!r} is not understood; write it like gmail.com=5,outlook.com=2,*=20")
        if found["domain"] in rates:
            raise ValueError(f"{found['domain']} is named twice")
        rates[found["domain"]] = float(found["rate"])
    return rates


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
        "broker_url": "",
        "redis_url": "",
        "materials": "",
        "mail": "mailbox:",
        "mail_sender": "",
        "mail_rate": 0,
        "domain_rates": "",
        "daily_limit": 0,
        "return_address": "",
        "inbox": "",
        "webhook_postmark": "",
        "webhook_mailgun": "",
        "webhook_sendgrid": "",
        "webhook_ses_topic": "",
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
