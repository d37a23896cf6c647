"""Turns the one mail setting into an open way out and into words for the screen; the ways out live next door."""

import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from urllib.parse import SplitResult, parse_qsl, quote, unquote, urlsplit

from webinar_hub.adapters.mail import MailTransport
from webinar_hub.adapters.mail.console import ConsoleTransport
from webinar_hub.adapters.mail.mailbox import MailboxTransport
from webinar_hub.adapters.mail.providers.setting import FORMS, describe_provider, read_provider
from webinar_hub.adapters.mail.smtp import SmtpTransport
from webinar_hub.adapters.mail.smtp_connection import Security, SmtpServer
from webinar_hub.core.config import Settings
from webinar_hub.rules.example_people import CROWD

if TYPE_CHECKING:
    from webinar_hub.adapters.mail.providers.transport import ProviderTransport

EXAMPLES = (
    "smtp://user:password@host:587?security=starttls, smtps://host, mailbox:/folder, console: or, of a provider, "
    + ", ".join(FORMS.values())
)

_PORTS: dict[Security, int] = {"none": 25, "starttls": 587, "tls": 465}
_HOST = re.compile(r"[A-Za-z0-9._:-]+")


@dataclass(frozen=True, slots=True)
class _SmtpSetting:
    server: SmtpServer
    local_hostname: str | None


def open_configured(settings: Settings) -> MailTransport:
    """The way out that the settings ask for; with a DKIM key, what goes out by SMTP is signed (providers sign).

    Raises ValueError like `open_transport`.
    """
    if settings.demo and isinstance(folder := _parsed(settings.mail_address, settings.mail_timeout), Path):
        return MailboxTransport(folder, crowd=CROWD)
    transport = open_transport(settings.mail_address, timeout=settings.mail_timeout)
    if not settings.dkim_key or not isinstance(transport, SmtpTransport):
        return transport
    from webinar_hub.adapters.mail.signing import Signer, SigningTransport  # noqa: PLC0415  slow import

    return SigningTransport(Signer(settings.dkim_key, settings.dkim_selector, settings.dkim_domain), transport)


def open_transport(url: str, *, timeout: float = 20.0, stream: TextIO | None = None) -> MailTransport:
    """Make the transport that a setting names; nothing is connected yet.

    `smtp://` uses STARTTLS when there is a password or the port is 587, unless `security=` says otherwise;
    `timeout` is seconds, for each answer of the server and for one mail as a whole: a worker's lease is made to
    outlive it. `stream` is where `console:` writes.
    Raises ValueError in plain words that never repeat the setting, which may hold a password.
    """
    setting = _parsed(url, timeout)
    if isinstance(setting, _SmtpSetting):
        return _smtp_transport(setting, timeout)
    if isinstance(setting, SplitResult):
        return _provider(setting, timeout)
    if isinstance(setting, Path):
        return MailboxTransport(setting)
    return ConsoleTransport(stream)


def trouble_with(url: str, *, timeout: float = 20.0) -> str | None:
    """Sign in without sending anything, and say in plain words what stands in the way; None when nothing does.

    `timeout` is seconds. Raises ValueError like `open_transport`.
    """
    setting = _parsed(url, timeout)
    if isinstance(setting, _SmtpSetting):
        return _told_and_closed(_smtp_transport(setting, timeout))
    return _told_and_closed(_provider(setting, timeout)) if isinstance(setting, SplitResult) else None


def _told_and_closed(transport: "SmtpTransport | ProviderTransport") -> str | None:
    try:
        return transport.trouble()
    finally:
        transport.close()


def _smtp_transport(setting: _SmtpSetting, timeout: float) -> SmtpTransport:
    return SmtpTransport(setting.server, local_hostname=setting.local_hostname, longest_send=timeout)


def _provider(setting: SplitResult, timeout: float) -> "ProviderTransport":
    from webinar_hub.adapters.mail.providers.transport import ProviderTransport  # noqa: PLC0415  slow import

    return ProviderTransport(read_provider(setting), longest_send=timeout)


def describe(url: str) -> str:
    """Write the setting again with the password hidden; ValueError like `open_transport`."""
    setting = _parsed(url, timeout=20.0)
    if isinstance(setting, Path):
        return f"mailbox:{setting}"
    if isinstance(setting, SplitResult):
        return describe_provider(setting)
    if setting is None:
        return "console:"
    server = setting.server
    login = f"{quote(server.user)}:***@" if server.user is not None else ""
    host = f"[{server.host}]" if ":" in server.host else server.host
    scheme, ending = ("smtps", "") if server.security == "tls" else ("smtp", f"?security={server.security}")
    return f"{scheme}://{login}{host}:{server.port}{ending}"


def signs_itself(url: str) -> bool:
    """Whether what goes out by this setting is signed by a provider, and not here; ValueError like `describe`."""
    return isinstance(_parsed(url, timeout=20.0), SplitResult)


def _parsed(url: str, timeout: float) -> _SmtpSetting | SplitResult | Path | None:
    """The parts of the setting: those of a provider's are read later, None is the console."""
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018  reading it checks it
    except ValueError:
        parts = SplitResult("", "", "", "", "")
    if parts.scheme in ("smtp", "smtps"):
        return _smtp(parts, timeout)
    if parts.scheme in FORMS:
        return parts
    if parts.scheme == "mailbox" and parts.path and not (parts.netloc or parts.query or parts.fragment):
        return Path(unquote(parts.path))
    if url == "console:":
        return None
    raise ValueError(f"The mail setting is not understood. It looks like {EXAMPLES}")


def _smtp(parts: SplitResult, timeout: float) -> _SmtpSetting:
    if parts.path not in ("", "/") or parts.fragment or not _HOST.fullmatch(parts.hostname or ""):
        raise ValueError(
            "The mail setting has no usable host. Characters such as / ? # @ in a password are written as %XX"
        )
    options = _options(parts.query)
    security = _security(parts, options.get("security"))
    server = SmtpServer(
        host=parts.hostname or "",
        port=parts.port or _PORTS[security],
        security=security,
        user=unquote(parts.username) if parts.username else None,
        password=None if parts.password is None else unquote(parts.password),
        timeout=_seconds(options.get("timeout"), timeout),
    )
    if (server.user is None) != (server.password is None):
        raise ValueError("The mail setting has a user name without a password, or a password without a user name")
    return _SmtpSetting(server, options.get("hostname"))


def _options(query: str) -> dict[str, str]:
    options = dict(parse_qsl(query, keep_blank_values=True))
    if not options.keys() <= {"security", "timeout", "hostname"}:
        # The unknown word is not repeated: it may be the rest of a password with a question mark in it.
        raise ValueError("In the mail setting only security, timeout and hostname may follow the question mark")
    return options


def _security(parts: SplitResult, asked: str | None) -> Security:
    if parts.scheme == "smtps":
        if asked not in (None, "tls"):
            raise ValueError("In the mail setting smtps:// means security=tls; use smtp:// for anything else")
        return "tls"
    if asked is None:
        return "starttls" if parts.password is not None or parts.port == 587 else "none"
    if asked not in _PORTS:
        raise ValueError("In the mail setting security is one of none, starttls and tls")
    return asked


def _seconds(asked: str | None, otherwise: float) -> float:
    if asked is None:
        return otherwise
    if not re.fullmatch(r"[0-9]{1,2}(\.[0-9])?", asked) or not 1 <= float(asked) <= 30:
        raise ValueError("In the mail setting timeout is a number of seconds from 1 to 30")
    return float(asked)
